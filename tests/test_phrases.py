"""Noun phrases: what an instruction acts on, against a table written by hand."""

import sys
from types import SimpleNamespace

import pytest

from maskedit_helpers import phrases
from maskedit_helpers.errors import KitError
from maskedit_helpers.phrases import PLACE, RESULT, THING, read_instruction
from maskedit_helpers.pocket.grammar import HOVER, NIGHT, RECOLOUR, ROBOT, SHIRT, SNOW

TABLE = {  # instruction: what is to be looked for
    "make the shirt red": ["the shirt"],
    "the hat should be green": ["the hat"],
    "Make The Man's Hat Blue!": ["the man's hat"],
    "turn the red car next to the tree into a bus": ["the red car"],
    "make the woman's jacket red leather": ["the woman's jacket"],
    "make the woman\u2019s jacket red leather": ["the woman's jacket"],
    "add sunglasses to the man": ["the man"],
    "put a hat on the dog": ["the dog"],
    "put the cat in a box": ["the cat"],
    "give the man a beard": ["the man"],
    "give me a red hat": ["the hat"],
    "make it an orange hat": ["the hat"],
    "make it a robot dog": ["the dog"],
    "have the dog wear a hat": ["the dog"],
    "remove the hat from the man": ["the hat"],
    "replace the mountains with a city skyline": ["the mountains"],
    "cover the roof with snow": ["the roof"],
    "change the color of the car to red": ["the car"],
    "change the car's color to red": ["the car"],
    "make the roof of the house green": ["the roof of the house"],
    "make the coffee cup blue": ["the coffee cup"],
    "make the old wooden door behind the man a glass door": ["the old wooden door"],
    "make the dog in front of the house black": ["the dog"],
    "make the dog look like a robot": ["the dog"],
    "make the man older": ["the man"],
    "make her hair blonde": ["her hair"],
    "make the building taller": ["the building"],
    "make the dress red": ["the dress"],
    "brighten the sky": ["the sky"],
    "the sky should be full of stars": ["the sky"],
    "turn cars into boats": ["cars"],
    "turn the gold into silver": ["the gold"],
    "make the shirt and the hat red": ["the shirt", "the hat"],
    "make the sky purple and the grass blue": ["the sky", "the grass"],
    "turn the dog into a cat and the car into a bus": ["the dog", "the car"],
    "what would the house look like in winter": ["the house"],
    "make it red": [],
    "make it all black": [],
    "make it look like a watercolor painting": [],
    "turn it into a cartoon": [],
    "blur the background": [],
    "sharpen the image": [],
    "add fireworks": [],
    "put it on a beach": [],
}


@pytest.mark.parametrize("instruction", TABLE)
def test_what_is_looked_for(instruction):
    assert [p.sought for p in read_instruction(instruction, spacy=False).candidates] == TABLE[instruction]


@pytest.mark.parametrize(("templates", "things"), [
    (RECOLOUR, ("shirt", "hat", "dog", "car", "ball", "house", "tree")), (SHIRT, ("shirt",)), (ROBOT, ("dog",)),
    (HOVER, ("car",)), (NIGHT + SNOW, (None,))])
def test_the_grammar_of_the_picture_book(templates, things):
    for thing in things:
        for template in templates:
            reading = read_instruction(template.format(o=thing, c="orange", a="an", m="white leather"), spacy=False)
            heads = [p.head for p in reading.candidates]
            if template == "make it a glowing hovercraft":  # the one that names its target nowhere
                assert heads == ["hovercraft"]
            else:
                assert heads == ([thing] if thing else []), template


def test_roles_and_places_in_the_text():
    text = "turn the red car next to the tree into a bus"
    read = read_instruction(text, spacy=False)
    assert [(p.text, p.role) for p in read.phrases] == [
        ("the red car", THING), ("the tree", PLACE), ("a bus", RESULT)]
    assert all(text[p.start:p.end] == p.text for p in read.phrases)


@pytest.mark.parametrize(("instruction", "remade"), [
    ("turn the car next to the tree into a bus", ["the car"]), ("make the dog a robot", ["the dog"]),
    ("replace the dog with a robot", ["the dog"]), ("turn the shirt into red leather", []),
    ("give the man a beard", []), ("turn the day into night", []), ("make it a red shirt", []),
    ("turn the dog into a cat and make the car red", ["the dog"])])
def test_what_becomes_another_thing(instruction, remade):
    assert [p.sought for p in read_instruction(instruction, spacy=False).phrases if p.remade] == remade


@pytest.mark.parametrize(("instruction", "says"), [
    ("make it a snowy day", "'a snowy day' is the whole picture"),
    ("turn the day into night", "'the day' is the whole picture"), ("what if it were snowing", "no noun"),
    ("add fireworks", "'fireworks' is new, and nothing says where")])
def test_the_whole_picture_has_its_reason(instruction, says):
    reading = read_instruction(instruction, spacy=False)
    assert not reading.candidates and says in reading.why


@pytest.mark.parametrize("nothing", ["", "   ", None])
def test_nothing_is_refused(nothing):
    with pytest.raises(KitError, match="empty"):
        read_instruction(nothing)


@pytest.fixture
def no_memory():
    """Forget whether spaCy was there, before and after."""
    phrases._spacy.cache_clear()
    yield
    phrases._spacy.cache_clear()


def test_spacys_phrases_are_taken_where_it_is_installed(monkeypatch, no_memory):
    """A stand-in with spaCy's interface that splits otherwise than the rules do."""
    text = "paint it like the oak tree house and the car blue"
    chunks = [SimpleNamespace(start_char=text.index(part), end_char=text.index(part) + len(part),
                              root=SimpleNamespace(pos_="PRON" if part == "it" else "NOUN"))
              for part in ("it", "the oak tree", "the car blue")]
    monkeypatch.setitem(sys.modules, "spacy", SimpleNamespace(
        util=SimpleNamespace(is_package=lambda name: name == "en_core_web_sm"),
        load=lambda name: lambda text: SimpleNamespace(noun_chunks=chunks)))
    assert [(p.text, p.head) for p in read_instruction(text).phrases] == [("the oak tree", "tree"), ("the car", "car")]
    assert [p.text for p in read_instruction(text, spacy=False).phrases] == ["the oak tree house", "the car"]


@pytest.mark.parametrize("module", [None, SimpleNamespace(util=SimpleNamespace(is_package=lambda name: False))])
def test_without_spacy_or_its_model_the_rules_serve(monkeypatch, no_memory, module):
    monkeypatch.setitem(sys.modules, "spacy", module)
    assert [p.sought for p in read_instruction("make the shirt red").candidates] == ["the shirt"]
