"""A list of instructions as people write them, each with what it is done to: right on nine of ten, and where wrong,
not in silence."""

from pathlib import Path

import pytest

from maskedit_helpers.language import english
from maskedit_helpers.language.phrases import read_instruction

LINES = [line.split("\t") for line in Path(__file__).with_name("instructions.tsv").read_text().splitlines()
         if not line.startswith("#")]
READERS = [False, pytest.param("auto", marks=pytest.mark.skipif(
    english.model() is None, reason="needs spaCy's English model: maskedit fetch english"))]


def expected(phrases):
    return [] if phrases == "-" else phrases.split(" + ")


def test_the_list_is_long_and_says_each_thing_once():
    texts = [text for _, text, _ in LINES]
    assert len(texts) == len(set(texts)) >= 150


@pytest.mark.parametrize("spacy", READERS)
def test_nine_of_ten_are_right_and_the_others_are_not_wrong_in_silence(spacy):
    readings = {text: read_instruction(text, spacy=spacy) for _, text, _ in LINES}
    wrong = {text: [p.sought for p in readings[text].candidates] for _, text, phrases in LINES
             if [p.sought for p in readings[text].candidates] != expected(phrases)}
    assert len(wrong) <= 0.1 * len(LINES), wrong
    silent = {text: found for text, found in wrong.items() if found and not readings[text].note}
    assert not silent, silent  # without candidates it is the whole picture, which always says so


@pytest.mark.parametrize("spacy", READERS)
def test_notes_are_for_what_is_doubtful(spacy):
    """Who doubts everything is never wrong in silence either."""
    clear = [read_instruction(text, spacy=spacy) for _, text, phrases in LINES if phrases != "-" and "+" not in phrases]
    assert sum(bool(reading.note) for reading in clear) <= 0.15 * len(clear)


@pytest.mark.parametrize("kind", sorted({kind for kind, _, _ in LINES}))
def test_no_kind_of_instruction_is_left_behind(kind):
    lines = [(text, expected(phrases)) for one, text, phrases in LINES if one == kind]
    right = [[p.sought for p in read_instruction(text, spacy=False).candidates] == found for text, found in lines]
    assert sum(right) >= 0.75 * len(right)
