"""What an instruction speaks of: its noun phrases, and which of them name a thing to edit.

Grounded-Instruct-Pix2Pix (Shagidanov et al. 2024) takes all noun phrases of an instruction as candidates and lets CLIP
choose. But "turn the red car next to the tree into a bus" speaks of three things and acts on one. So each phrase gets
a role (`clauses`): thing, place or result.

Candidates are the things. Where something is added, they are what it is added to ("put a hat on the dog"). Where the
thing is only "it", they are the results, sought by their main noun: "it" in "make it a red shirt" is a shirt, which
need not be red yet. What has no place in a picture, the day or the whole scene, stands for all of it, and so does what
nobody could look for: "her".

Words are told apart by `tagging`, by its lists and by where a word stands. What the lists don't know is spaCy's to say
where it is installed with its small English model (`english`), otherwise it is taken for a noun. Where the reading is
a guess, it says so: `Reading.note`.
"""

from dataclasses import dataclass, replace

from ..errors import KitError
from ..language.chunks import chunked, completed
from ..language.clauses import RESULT, THING, roles, stands_for_all, with_their_places
from ..language.doubts import doubts
from ..language.tagging import tag
from ..language.words import IT, NOWHERE, PICTURES, WHOLE
from ..pictures.prompts import says_something
from . import english

RULES = "rules"


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


@dataclass(frozen=True, repr=False)
class Reading:
    """An instruction as it was understood; prints as a table.

    phrases: all, in order. candidates: those that name what to edit. why: in words, how the candidates were found;
    where there are none, why the whole picture is meant. note: what is doubtful about it, "" where nothing is. reader:
    who told words apart, "rules" or "spaCy ... with ...".
    """

    instruction: str
    phrases: list
    candidates: list
    why: str
    note: str
    reader: str

    def __repr__(self):
        lines = [f"{self.instruction!r}, read by {self.reader}: {self.why}"]
        sought = {(p.start, p.end): p.sought for p in self.candidates}
        width = max((len(p.text) for p in self.phrases), default=0)
        for p in self.phrases:
            found = sought.get((p.start, p.end))
            lines.append(f"    {p.text:{width}}  {p.role:6}{f'  <- look for {found!r}' if found else ''}".rstrip())
        return "\n".join([*lines, f"    note: {self.note}"] if self.note else lines)


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
    if not says_something(instruction):
        raise KitError(f"instruction {instruction!r} is empty; say what to change, as in 'make the shirt red'")
    text = instruction.replace("\u2019", "'")
    language = english.model() if spacy == "auto" else None
    doc = language(text) if language else None
    words = tag(text, english.parts(doc) if language else None)
    items, split = completed(chunked(words))
    named = with_their_places(roles(items))
    whole = [stands_for_all(one, following) and not (one.removed and one.item.head in PICTURES)
             for one, following in zip(named, [*named[1:], None])]
    phrases = [_phrase(text, one) for one in named if not one.pronoun]
    candidates, why = _candidates(text, named, whole)
    note = doubts(words, named, candidates, split, english.heads(doc) if language else None)
    return Reading(instruction, phrases, candidates, why, note, english.reader() if language else RULES)


def _phrase(text, named):
    sought, head = named.item.sought(text)
    return Phrase(text[named.item.start:named.item.end], head, named.role, sought.lower(), named.item.start,
                  named.item.end, named.remade and named.role == THING)


def _candidates(text, named, whole):
    """(the phrases to choose from, why)"""
    meant = [(one, all_of_it) for one, all_of_it in zip(named, whole) if one.role == THING or one.goal]
    found = [_phrase(text, one) for one, all_of_it in meant
             if not (one.pronoun or all_of_it or one.goal and one.item.head in NOWHERE | WHOLE)]
    if found:
        things = any(one.role == THING for one, _ in meant if not one.pronoun)
        return found, "what the instruction acts on" if things else "where something is added"
    persons = [one.pronoun for one, _ in meant if one.pronoun and one.pronoun not in IT]
    if persons:
        return [], f"{persons[0]!r} names nobody who could be looked for"
    alls = [one for one, all_of_it in zip(named, whole) if all_of_it]
    if any(one.role == THING for one in alls):
        return [], f"{_phrase(text, alls[0]).text!r} is the whole picture"
    beside = [one for one in named if one.beside]
    if beside:
        where = "him or her" if beside[0].pronoun else _phrase(text, beside[0]).text
        return [], f"what is new comes beside {where!r} and not onto it"
    results = [one for one in named if one.role == RESULT and not one.pronoun]
    if results and not alls:
        one = results[0]
        if not one.cue and (one.verb == "make" and one.item.first in ("a", "an") or not one.verb and len(named) == 1):
            phrase = replace(_phrase(text, one), sought=f"the {one.item.head}")
            return [phrase], f"only the result is named, so {phrase.sought!r} is looked for"
        return [], f"{_phrase(text, one).text!r} is new, and nothing says where it goes"
    return [], f"{_phrase(text, alls[0]).text!r} is the whole picture" if alls else "no noun says what to edit"
