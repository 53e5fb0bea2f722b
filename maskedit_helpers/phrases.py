"""What an instruction speaks of: its noun phrases, and which of them name a thing to edit.

Grounded-Instruct-Pix2Pix (Shagidanov et al. 2024) takes all noun phrases of an instruction as candidates and lets CLIP
choose. But "turn the red car next to the tree into a bus" speaks of three things and acts on one. So each phrase gets
a role here, from the word before it:

    thing    what is acted on: "the red car", the object of the verb, or what should be otherwise
    place    where it is: "the tree", after next to, behind, in ...
    result   what it becomes or what is new: "a bus", after into, to, as, were ..., or as a second object

Candidates are the things. Where something is added, they are the places ("put a hat on the dog"). Where the thing is
only "it", they are the results, sought by their main noun: "it" in "make it a red shirt" is a shirt, which need not be
red yet. And what has no place in a picture, the day or the whole scene, stands for all of it.

The noun phrases themselves are spaCy's where it is installed with its small English model, otherwise those of a few
rules and the word lists of `words.py`.
"""

import functools
import re
from dataclasses import dataclass, replace

from .errors import KitError
from .words import (
    ADDING,
    ATTRIBUTES,
    BECOMING,
    CLAUSES,
    DETERMINERS,
    NAMING,
    NEW,
    NOT_NOUNS,
    OBJECTS,
    PLACES,
    REPLACING,
    VERBS,
    WHOLE,
    describes,
)

THING, PLACE, RESULT = "thing", "place", "result"
SPACY_MODEL = "en_core_web_sm"


@dataclass(frozen=True)
class Phrase:
    """One noun phrase. text: as it is written. head: its main noun, in lower case. role: "thing", "place" or "result".

    sought: the words to look for in the picture. start, end: its place in the instruction, characters. remade: it is to
    become another thing ("turn the car into a bus"), so that all of it is meant and not the part that would be painted.
    """

    text: str
    head: str
    role: str
    sought: str
    start: int
    end: int
    remade: bool = False


@dataclass(frozen=True)
class Reading:
    """An instruction as it was understood. phrases: all, in order. candidates: those that name what to edit.

    why: in words, how the candidates were found; where there are none, why the whole picture is meant.
    """

    phrases: list
    candidates: list
    why: str


def read_instruction(instruction, spacy="auto"):
    """The phrases of an instruction and which of them name what it acts on.

    Parameters
    ----------
    instruction : str
    spacy : "auto" or False
        False uses the rules even where spaCy is installed.

    Returns
    -------
    Reading

    Raises
    ------
    KitError
        An empty instruction.
    """
    if not isinstance(instruction, str) or not instruction.strip():
        raise KitError(f"instruction {instruction!r} is empty; say what to change, as in 'make the shirt red'")
    text = instruction.replace("\u2019", "'")
    language = _spacy() if spacy == "auto" else None
    spans = _spacy_spans(language, text) if language else _rule_spans(text)
    phrases, adding = _with_roles(text, _joined(text, spans))
    return Reading(phrases, *_candidates(phrases, adding))


def _candidates(phrases, adding):
    """(the phrases to choose from, why)"""
    placed = [p for p in phrases if p.head not in WHOLE]
    of = {role: [p for p in placed if p.role == role] for role in (THING, PLACE, RESULT)}
    whole = [p for p in phrases if p.head in WHOLE]
    if of[THING]:
        return of[THING], "what the instruction acts on"
    if any(p.role == THING for p in whole):
        return [], f"{whole[0].text!r} is the whole picture"
    if adding and of[PLACE] and any(p.role == RESULT for p in phrases):
        return of[PLACE], "where something is added"
    if adding and of[RESULT]:
        return [], f"{of[RESULT][0].text!r} is new, and nothing says where it goes"
    if of[RESULT] and not whole:
        found = [replace(p, sought=f"the {p.head}") for p in of[RESULT]]
        return found, f"only the result is named, so {found[0].sought!r} is looked for"
    return [], f"{whole[0].text!r} is the whole picture" if whole else "no noun says what to edit"


def _with_roles(text, spans):
    """([Phrase], does the instruction add something?)"""
    phrases, before, adding, verb, previous = [], 0, False, "", None
    for start, end, head, sought in spans:
        words = re.findall(r"[a-z']+|,", text[before:start].lower())
        verbs = [i for i, word in enumerate(words) if word in VERBS]
        if _ends_in_verb(words, not phrases) and _first(text[start:end]) in DETERMINERS:
            verbs.append(len(words) - 1)
        if verbs:
            verb, previous, words = words[verbs[-1]], None, words[verbs[-1] + 1:]
        adding |= verb in ADDING and not OBJECTS & set(words)  # "give me a red hat" adds none
        definite = _is_definite(text[start:end])
        previous = _role(words, previous, verb, definite)
        phrases.append(Phrase(text[start:end], head, previous, sought.lower(), start, end))
        before = end
        if previous == RESULT and head not in WHOLE and verb not in ADDING:
            for i in [i for i, p in enumerate(phrases) if p.role == THING][-1:]:
                phrases[i] = replace(phrases[i], remade=True)
    return phrases, adding


def _ends_in_verb(words, begins):
    """An unknown word where a clause begins is a verb if a determiner follows: "brighten the sky"."""
    return bool(words) and words[-1] not in NOT_NOUNS and (words[-2] in CLAUSES if words[1:] else begins)


def _role(words, previous, verb, definite):
    """The role of a phrase. words: those before it, since the last verb or phrase. previous: role of that phrase."""
    cues = set(words)
    if cues & PLACES and not (verb in REPLACING and words[-1] == "with"):
        if words[-1] == "to" or not cues & BECOMING:  # "next to", but not "red to" or "in front into"
            return PLACE
    if "to" in cues and verb in ADDING:
        return PLACE
    if "with" in cues:
        return PLACE if definite and verb not in REPLACING else RESULT
    if cues & BECOMING or cues & OBJECTS:
        return RESULT
    if previous is None:
        return RESULT if verb in ADDING and not definite else THING
    if cues & {"and", "or", ","}:
        return THING if definite and previous == RESULT else previous
    return RESULT  # a second object: "make the dog a robot"


def _is_definite(phrase):
    """Does it name what is there already? "the dog", "her hat", "the man's hat" do, "a dog" and "dogs" do not."""
    return _first(phrase) in DETERMINERS - NEW or "'s " in phrase or "s' " in phrase


def _first(phrase):
    return phrase.lower().split()[0]


def _joined(text, spans):
    """(start, end, head, what to look for) of phrases with what belongs to them.

    "The roof of the house" is one phrase, and so is the colour of a car, which means the car.
    """
    joined = []
    for start, end, head in spans:
        sought = text[start:end]
        if head in ATTRIBUTES and (owner := re.match(r"(.*?(\w+))'", sought)):
            sought, head = owner[1], owner[2].lower()
        if joined and re.fullmatch(r" +of +", text[joined[-1][1]:start]):
            start, _, part, _ = joined.pop()
            if part not in ATTRIBUTES:
                sought, head = text[start:end], part
        joined.append((start, end, head, sought))
    return joined


def _rule_spans(text):
    """(start, end, head) of noun phrases: a determiner, what describes, one noun or a row of them."""
    words = [(m[0].lower(), m.start(), m.end()) for m in re.finditer(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?|[,.;:!?]", text)]
    spans, i = [], 0
    while i < len(words):
        first = i
        while i < len(words) and words[i][0] in DETERMINERS:
            i += 1
        described = i
        while i < len(words) and _describes(words[i][0]):
            i += 1
        nouns = i
        while i < len(words) and _is_noun(words[i][0]):
            i += 1
        if i == nouns and words[described - 1][0] in NAMING and described > first:
            if i < len(words) and words[i][0] in VERBS:
                i += 1  # "the dress", "the colour": elsewhere verbs
        else:
            described = nouns  # "paint it gold": but in "melt the gold" it is the noun
        if i == described:
            i = max(i, first + 1)
        elif first == nouns and _starts_clause(words, first) and i < len(words) and words[i][0] in DETERMINERS:
            continue  # a verb we don't know: "brighten the sky"
        else:
            spans.append((words[first][1], words[i - 1][2], words[i - 1][0]))
    return spans


def _starts_clause(words, i):
    return i == 0 or words[i - 1][0] in CLAUSES


def _describes(word):
    """An adjective or an owner, which a noun may follow."""
    return word not in NOT_NOUNS and (describes(word) or word.endswith(("'s", "s'")))


def _is_noun(word):
    return word[0].isalpha() and word not in NOT_NOUNS | DETERMINERS and not describes(word)


@functools.cache
def _spacy():
    """spaCy's small English model, or None where it is not installed. Nothing is downloaded."""
    try:
        import spacy
    except ImportError:
        return None
    return spacy.load(SPACY_MODEL) if spacy.util.is_package(SPACY_MODEL) else None


def _spacy_spans(language, text):
    """(start, end, head) as `_rule_spans`; without pronouns, and without what comes after the noun."""
    spans = []
    for chunk in language(text).noun_chunks:
        words = list(re.finditer(r"\S+", text[chunk.start_char:chunk.end_char]))
        while len(words) > 1 and describes(words[-1][0].lower()) and _is_noun(words[-2][0].lower()):
            words.pop()  # "the car blue", in "paint the car blue"
        if chunk.root.pos_ != "PRON":
            spans.append((chunk.start_char, chunk.start_char + words[-1].end(), words[-1][0].lower()))
    return spans
