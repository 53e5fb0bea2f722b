"""The words of an instruction: where each stands, and what kinds there are."""

import re
from dataclasses import dataclass

from .words import IT, MANY, OWNERS, PERSONS, VERBS

# Kinds of words. INNER: a verb that says what the thing does ("make the dog run"). QUOTE: words in quotation marks.
DET, ADJ, NOUN, VERB, INNER, PREP, PRON = "det", "adj", "noun", "verb", "inner", "prep", "pron"
AUX, PART, CONJ, STOP, ADV, QUOTE, ASK, REL = "aux", "part", "conj", "stop", "adv", "quote", "ask", "rel"

_TOKEN = re.compile("|".join((
    r'"[^"]*"', r"\u201c[^\u201d]*\u201d", r"(?<!\w)'[^']+'(?!\w)",
    *(rf"{many.replace(' ', chr(92) + 's+')}(?![\w'-])" for many in MANY),
    r"[^\W_]+(?:['-][^\W_]+)*'?", r"[,.;:!?]")), re.IGNORECASE)


@dataclass
class Word:
    """One word, or several that count as one. word: in lower case. start, end: characters. kind: see above.

    base: of a verb its plain form. guessed: neither the lists nor a parser knew it.
    """

    word: str
    start: int
    end: int
    kind: str = ""
    base: str = ""
    guessed: bool = False


def split(text):
    """The words of a text in order, kinds still empty: list of Word."""
    return [Word(" ".join(m[0].lower().split()), m.start(), m.end()) for m in _TOKEN.finditer(text)]


def plain_form(word):
    """ "removing" -> "remove", "putting" -> "put"; None where it is no such form of a listed verb."""
    if not word.endswith("ing"):
        return None
    stem = word[:-3]
    return next((verb for verb in (stem, stem + "e", stem[:-1]) if verb in VERBS), None)


def is_owner(word):
    """ "her", "the man's": what follows belongs to it."""
    return word in OWNERS or word.endswith(("'s", "s'")) and word not in IT | PERSONS
