"""spaCy's part in reading an instruction: on its own `Doc`s, annotated by hand, for its model is not to be had here."""

import functools
import random
import sys

import pytest

from maskedit_helpers.language import english
from maskedit_helpers.language.phrases import read_instruction

spacy = pytest.importorskip("spacy")

# word/part of speech/relation/head, as the model writes them; heads count from 0.
PARSED = {
    "make/VERB/ROOT/0 the/DET/det/2 shirt/NOUN/nsubj/3 red/ADJ/ccomp/0": ["the shirt"],
    "paint/VERB/ROOT/0 the/DET/det/2 fence/NOUN/dobj/0 chartreuse/ADJ/oprd/0": ["the fence"],
    "turn/VERB/ROOT/0 the/DET/det/2 lampshade/NOUN/dobj/0 ecru/ADJ/oprd/0": ["the lampshade"],
    "dye/VERB/ROOT/0 the/DET/det/2 llama/NOUN/nmod/3 fuchsia/NOUN/dobj/0": ["the llama fuchsia"],
    "give/VERB/ROOT/0 the/DET/det/2 dog/NOUN/dative/0 wings/NOUN/dobj/0": ["the dog"],
    "take/VERB/ROOT/0 off/ADP/prt/0 his/PRON/poss/3 glasses/NOUN/dobj/0": ["his glasses"],
    "put/VERB/ROOT/0 a/DET/det/2 hat/NOUN/dobj/0 on/ADP/prep/0 the/DET/det/5 dog/NOUN/pobj/3": ["the dog"],
    "give/VERB/ROOT/0 her/PRON/dative/0 a/DET/det/4 red/ADJ/amod/4 hat/NOUN/dobj/0": [],
    "turn/VERB/ROOT/0 her/PRON/dobj/0 into/ADP/prep/0 a/DET/det/4 zombie/NOUN/pobj/2": [],
    "make/VERB/ROOT/0 the/DET/det/2 gnome/NOUN/nsubj/3 somersault/VERB/ccomp/0": ["the gnome"],
    # as a parser of news reads them: a noun phrase of two nouns; an auxiliary; a verb without its particle
    "blur/NOUN/compound/1 faces/NOUN/ROOT/1": ["faces"],
    "paint/VERB/ROOT/0 the/DET/det/2 watering/NOUN/nsubj/4 can/AUX/aux/4 blue/VERB/ccomp/0": ["the watering can"],
    "turn/VERB/ROOT/0 off/ADP/prep/0 the/DET/det/3 lights/NOUN/pobj/1": ["the lights"],
    "recolor/PROPN/ROOT/0 the/DET/det/2 t-shirt/NOUN/appos/0 teal/PROPN/appos/2": ["the t-shirt"],
}


VOCABULARY = spacy.blank("en").vocab


@functools.cache
def document(line):
    words, parts, relations, heads = zip(*(word.rsplit("/", 3) for word in line.split()))
    return spacy.tokens.Doc(VOCABULARY, words=words, pos=parts, deps=relations,
                            heads=[int(head) for head in heads], spaces=[True] * (len(words) - 1) + [False])


@pytest.fixture
def parsing(monkeypatch):
    """The model answers with the documents above."""
    documents = {doc.text: doc for doc in map(document, PARSED)}
    monkeypatch.setattr(english, "model", lambda: documents.__getitem__)
    return documents


@pytest.mark.parametrize("line", PARSED)
def test_what_is_looked_for_with_a_parser(parsing, line):
    reading = read_instruction(document(line).text)
    assert [p.sought for p in reading.candidates] == PARSED[line]
    assert reading.reader == f"spaCy {spacy.__version__.rsplit('.', 1)[0]} with en_core_web_sm"
    assert f"read by {reading.reader}" in repr(reading)


@pytest.mark.parametrize("text", ["paint the fence chartreuse", "turn the lampshade ecru"])
def test_the_parser_knows_words_that_the_lists_do_not(parsing, text):
    found = [[p.sought for p in read_instruction(text, spacy=way).candidates] for way in ("auto", False)]
    assert found[0] != found[1] and read_instruction(text, spacy=False).reader == "rules"


def test_where_the_parser_sees_no_such_thing_there_is_a_note(parsing):
    assert "the parser sees no thing 'can'" in read_instruction("paint the watering can blue").note
    assert not read_instruction("paint the watering can blue", spacy=False).note
    assert not read_instruction("paint the fence chartreuse").note


def test_a_parser_has_no_say_in_what_the_lists_know(monkeypatch):
    """Whatever it says of these words, they are read as before."""
    texts = ["give her a red hat", "take off the red hat", "make it all black", "turn it off", "give it to him",
             "put it in front of the old stone building", "make this bigger and open it", "make him smile"]
    r = random.Random(0)
    for text in texts:
        without = read_instruction(text, spacy=False)
        for _ in range(20):
            said = {end: r.choice(("adj", "noun", "verb", "adv")) for end in range(len(text) + 1)}
            said = {end: part for end, part in said.items() if text[:end].split()[-1:] not in ([], ["hat"])}
            monkeypatch.setattr(english, "model", lambda: lambda text: text)
            monkeypatch.setattr(english, "parts", lambda doc, said=said: said)
            monkeypatch.setattr(english, "heads", lambda doc: set(range(len(doc) + 1)))
            read = read_instruction(text)
            assert (read.phrases, read.candidates, read.note) == (without.phrases, without.candidates, without.note)


def test_parts_and_heads_are_spacys_own():
    doc = document("make/VERB/ROOT/0 the/DET/det/3 old/ADJ/amod/3 dogs/NOUN/nsubj/4 really/ADV/advmod/5 "
                   "sad/ADJ/ccomp/0")
    assert english.parts(doc) == {4: "verb", 12: "adj", 17: "noun", 24: "adv", 28: "adj"}
    assert english.heads(doc) == {17}


@pytest.fixture
def no_memory():
    """Forget whether the model was there, before and after."""
    english.model.cache_clear()
    yield
    english.model.cache_clear()


def test_without_the_model_spacy_is_not_even_imported(monkeypatch, no_memory):
    """It takes a second, for nothing."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "spacy", None)
    reading = read_instruction("make the shirt red")
    assert [p.sought for p in reading.candidates] == ["the shirt"] and reading.reader == "rules"


def test_with_the_model_but_without_spacy_the_rules_serve(monkeypatch, no_memory):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "spacy", None)
    assert read_instruction("make the shirt red").reader == "rules"


def test_the_model_is_loaded_once(monkeypatch, no_memory):
    loaded = []
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setattr(spacy, "load", lambda name: loaded.append(name) or document)
    assert english.model() is english.model() is document and loaded == ["en_core_web_sm"]
