"""Noun phrases: what an instruction acts on, against a table written by hand."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskedit_helpers.errors import KitError
from maskedit_helpers.language.clauses import PLACE, RESULT, THING
from maskedit_helpers.language.phrases import read_instruction
from maskedit_helpers.picturebook.grammar import HOVER, NIGHT, RECOLOUR, ROBOT, SHIRT, SNOW
from maskedit_helpers.pictures.prompts import says_something

TABLE = {  # instruction: what is to be looked for
    "give the dog wings": ["the dog"],
    "get rid of the tree": ["the tree"],
    "pick up the ball": ["the ball"],
    "cut down the tree": ["the tree"],
    "turn off the lights": ["the lights"],
    "turn the lights off": ["the lights"],
    "take off his glasses": ["his glasses"],
    "blur faces": ["faces"],
    "paint the watering can blue": ["the watering can"],
    "make the swimming pool frozen": ["the swimming pool"],
    "make the stop sign say hello": ["the stop sign"],
    "turn the traffic light green": ["the traffic light"],
    "paint the door light green": ["the door"],
    "add a hat to the dog and a scarf to the cat": ["the dog", "the cat"],
    "change the man's shirt to blue and his trousers to green": ["the man's shirt", "his trousers"],
    "make the painting on the wall a mirror": ["the painting"],
    "make the snow on the roof blue": ["the snow"],
    "change the time on the clock to noon": ["the clock"],
    "change the background to a beach": ["the background"],
    "give her hair a blue tint": ["her hair"],
    "make her smile bigger": ["her smile"],
    "what would he look like without his glasses": ["his glasses"],
    "give him a beard and make the sky red": ["the sky"],
    "what would she look like with a beard?": [],
    "give him a beard": [],
    "give her a red hat": [],
    "give her curly hair": [],
    "make her smile": [],
    "turn her into a zombie": [],
    "put a hat on him": [],
    "add a dog next to the bench": [],
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
    "blur the background": ["the background"],
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


@pytest.mark.parametrize("instruction", ["what would she look like with a beard?", "give her a red hat",
                                         "turn her into a zombie", "make them dance", "put a hat on him"])
def test_nobody_looks_for_a_pronoun(instruction):
    assert "names nobody who could be looked for" in read_instruction(instruction, spacy=False).why


@pytest.mark.parametrize(("instruction", "note"), [
    ("make the shirt and the hat red", "'the shirt', 'the hat' are all meant, but only one is masked"),
    ("make it a red shirt", "nothing says that 'the shirt' is there already"),
    ("change the background to a beach", "hard to find"),
    ("make the dog somersault", "nothing but its place says that 'dog' is a thing of its own"),
    ("embiggen faces", "'embiggen' is taken for what is to be done"),
    ("a hat on the dog", "no verb says what is to be done"),
    ("make the dog red but not its tail", "what 'but' rules out is not understood"),
    ("give him a hat and make the sky red", "'him' names nobody"),
    ("remove the quux flurb zap", "is taken for one thing"),
    ("make the shirt red", ""), ("turn the red car next to the tree into a bus", ""), ("put a hat on the dog", "")])
def test_what_is_doubtful_has_a_note(instruction, note):
    found = read_instruction(instruction, spacy=False).note
    assert note in found and bool(note) == bool(found)


def test_a_reading_prints_who_read_and_what_is_sought():
    lines = repr(read_instruction("make the shirt and the hat red", spacy=False)).splitlines()
    assert lines[0] == "'make the shirt and the hat red', read by rules: what the instruction acts on"
    assert [" ".join(line.split()) for line in lines[1:3]] == [
        "the shirt thing <- look for 'the shirt'", "the hat thing <- look for 'the hat'"]
    assert lines[3].startswith("    note: ") and len(lines) == 4


WORDS = sorted({word for text in TABLE for word in text.lower().split()} | {"'", '"a', "b\"", ",", ".", "of", "7"})


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(min_size=1, max_size=60), st.lists(st.sampled_from(WORDS), min_size=1).map(" ".join)))
def test_whatever_is_said_is_read_and_phrases_stand_where_they_say(text):
    if not says_something(text):
        return
    reading = read_instruction(text, spacy=False)
    straight = text.replace("\u2019", "'")
    assert all(straight[p.start:p.end] == p.text and p.sought for p in reading.phrases)
    assert reading.why and {p.start for p in reading.candidates} <= {p.start for p in reading.phrases}
