"""Which noun phrase of an instruction has which role: the verb, the words before the phrase, and its turn decide.

    thing    what is acted on: "the red car", the object of the verb, or what should be otherwise
    place    where it is: "the tree", after next to, behind, in ...
    result   what it becomes or what is new: "a bus", after into, to, as, were ..., or as a second object

A pronoun has a role like any other phrase, "her" in "give her a red hat" is what is acted on. And "and" begins anew
where what follows has a lot of its own: "change his shirt to blue and his trousers to green".
"""

from dataclasses import dataclass

from ..language.chunks import Chunk
from ..language.tokens import ADJ, AUX, CONJ, INNER, PART, PREP, PRON, QUOTE, REL, STOP, VERB
from .words import (
    ADDING,
    ATTRIBUTES,
    BACKGROUND,
    BECOMING,
    BESIDE,
    CAUSING,
    EXCESS,
    GIVING,
    INSTEAD,
    KEEPING,
    NEW,
    NEWCOMERS,
    NOWHERE,
    ON,
    REMOVING,
    REPLACING,
    SPEAKERS,
    TAKEN_WITH,
    WANTING,
    WHOLE,
)

THING, PLACE, RESULT = "thing", "place", "result"
SWAPPING = REPLACING - {"cover", "fill", "wrap", "surround", "decorate", "coat"}
STAYING = REMOVING | REPLACING - {"wrap"} | CAUSING | {"move"}  # with these verbs "a cat on the mat" is there already
PRAISE = {"nice", "nicer", "better", "cool", "good", "great", "cute", "beautiful"}


@dataclass
class Named:
    """A chunk or a pronoun with its role.

    goal: something new is added to it. beside: something new is added beside it. cue: the word that gave the role.
    verb: that of its clause. remade: see `phrases.Phrase`. removed: it is to go.
    """

    item: object
    role: str
    cue: str = ""
    verb: str = ""
    goal: bool = False
    beside: bool = False
    remade: bool = False
    removed: bool = False

    @property
    def pronoun(self):
        return "" if isinstance(self.item, Chunk) else self.item.word


def roles(items):
    """[Named] of the chunks and pronouns among `items`, in order."""
    reader = _Reader(items)
    for i, item in enumerate(items):
        reader.take(i, item)
    return reader.named


class _Reader:
    """Goes from left to right and knows what the clause has had already."""

    def __init__(self, items):
        self.items, self.named = items, []
        self._begin("")

    def _begin(self, verb):
        self.verb, self.removing, self.adding = verb, verb in REMOVING, verb in ADDING
        self._anew()

    def _anew(self):
        """The same verb, with a new object."""
        self.object, self.filled, self.cues, self.since = False, False, [], len(self.named)

    def take(self, i, item):
        if item.kind == STOP:
            self._begin("")
        elif item.kind == VERB:
            self._begin(item.base)
        elif item.kind == PART:
            self.removing |= item.word in TAKEN_WITH.get(self.verb, ())
            self.adding |= self.verb == "put"
        elif isinstance(item, Chunk) or item.kind == PRON:
            self._name(i, item)
        else:
            self.filled |= self.object and item.kind in (ADJ, QUOTE, INNER)
            self.cues.append(item)

    def _name(self, i, item):
        if item.kind == PRON and item.word == "there":
            self.adding = True
            return
        if item.kind == PRON and item.word in SPEAKERS and self.verb in GIVING | {"show"}:
            self.verb = "make"  # "give me a red hat": the hat is to be red
            self.object = True
            return
        named = self._role(i, item)
        named.verb, named.removed = self.verb, self.removing
        self.named.append(named)
        self.object, self.cues = True, []

    def _role(self, i, item):
        words = [cue for cue in self.cues if cue.kind in (PREP, INNER, REL, CONJ)]
        cue = words[-1] if words else None
        definite = item.word not in NEWCOMERS if item.kind == PRON else item.definite
        if cue is not None and cue.kind == CONJ and self.object:
            if not (self.filled and self._has_its_own(i)):
                return self._as_before(item, definite)
            self._anew()
        elif cue is not None and cue.kind == PREP:
            self.filled = True
            return self._after_preposition(i, item, cue.word, definite)
        elif cue is not None and cue.kind in (INNER, REL) and (self.object or self.adding):
            return self._after_inner(item, cue, definite)
        if self.object:
            self.filled = True
            return self._result(item, "")
        return self._first(i, item, definite)

    def _first(self, i, item, definite):
        """The object of the verb, or the subject where there is none."""
        rest = self._rest(i)
        if item.kind != PRON and item.first in EXCESS:
            return Named(item, THING, removed=True)
        if self.verb in KEEPING:
            return Named(item, PLACE, cue="kept")
        self.adding |= not definite and self._is_new(item, rest)
        if self.verb in GIVING:
            two = rest and (isinstance(rest[0], Chunk) or rest[0].kind in (PRON, ADJ))
            self.adding = not two
            return Named(item, THING if two or definite else RESULT)
        if self.adding and not definite:
            return Named(item, RESULT)
        if not self.verb and not definite and any(getattr(other, "word", "") in PRAISE for other in rest):
            return Named(item, RESULT)  # "a yellow kettle would be nicer"
        return Named(item, THING)

    def _is_new(self, item, rest):
        """Does the verb bring it in, though it is none of adding? "I want a cat", "tie a ribbon around the tree"."""
        words = {getattr(other, "word", "") for other in rest}
        if not self.verb:
            return not any(other.kind in (INNER, AUX) for other in rest)  # "a hat on the dog"
        if self.verb in WANTING:
            return self.verb == "have" or not ("to" in words or any(other.kind in (INNER, ADJ) for other in rest))
        changed = any(other.kind == ADJ for other in rest) or words & BECOMING or self.verb in STAYING
        return item.kind != PRON and item.first in NEW and bool(words & ON - BECOMING) and not changed

    def _after_preposition(self, i, item, cue, definite):
        if cue in INSTEAD:
            return Named(item, THING, cue)
        if cue == "without":
            if definite:
                for named in self.named[self.since:]:
                    named.role = PLACE
                return Named(item, THING, cue, removed=True)
            return Named(item, RESULT, cue)
        new = any(named.role == RESULT for named in self.named[self.since:])
        if self.adding and cue in BECOMING | {"for"} - {"like", "as"} or self.verb in GIVING and cue == "to":
            return Named(item, PLACE, cue, goal=new)
        if cue == "with":
            swaps = self.verb in REPLACING
            if not swaps and (definite or any(other.kind == ADJ or getattr(other, "word", "") in BECOMING
                                              for other in self._rest(i))):
                return Named(item, PLACE, cue)
            return self._result(item, cue)
        if cue in BECOMING or self.verb in REPLACING and cue in ("for", "by"):
            return self._result(item, cue)
        return Named(item, PLACE, cue, goal=self.adding and new and cue not in BESIDE,
                     beside=self.adding and new and cue in BESIDE)

    def _after_inner(self, item, cue, definite):
        self.filled = True
        if self.adding and not self.object:
            return Named(item, RESULT if not definite else THING)
        if cue.base == "needs" or cue.word in ("needs", "need"):
            self.adding = True
            return Named(item, RESULT)
        if cue.base in ("be", "become") or cue.word == "turn":
            return self._result(item, "be")
        return Named(item, PLACE if definite else RESULT, cue.word)

    def _as_before(self, item, definite):
        """One more of the same: "the shirt and the hat"."""
        last = self.named[-1] if self.named else Named(item, THING)
        if definite and not self.adding and (last.role == RESULT or last.role == PLACE and last.cue != "from"):
            return Named(item, THING)
        return Named(item, last.role, last.cue, goal=last.goal, beside=last.beside)

    def _result(self, item, cue):
        """What a thing becomes; where that is another thing, all of it is meant."""
        things = [named for named in self.named[self.since:] if named.role == THING and not named.pronoun]
        if isinstance(item, Chunk) and item.head not in WHOLE | ATTRIBUTES and self._remakes(cue):
            for named in things:
                named.remade = True
        return Named(item, RESULT, cue)

    def _remakes(self, cue):
        if self.verb in GIVING or self.adding:
            return False
        return cue in ("", "be", "into", "to", "as") or self.verb in SWAPPING

    def _has_its_own(self, i):
        """Is something said of this one alone? "... and his trousers to green"."""
        rest = self._rest(i)
        said = (PREP,) if self.adding or self.removing else ()
        return any(isinstance(other, Chunk) or other.kind in (ADJ, INNER, QUOTE, AUX, *said)
                   or getattr(other, "word", "") in BECOMING | {"with"} for other in rest)

    def _rest(self, i):
        """The items of the clause after this one, to the next verb, stop or further thing."""
        rest = []
        for j in range(i + 1, len(self.items)):
            item = self.items[j]
            if item.kind in (VERB, STOP, CONJ):
                break
            rest.append(item)
        return rest


def stands_for_all(named, following):
    """Is it the picture as a whole? "The snow" is, but "the snow on the roof" is a thing with a place."""
    if named.pronoun or named.item.head not in WHOLE:
        return False
    placed = following is not None and following.role == PLACE and not following.goal and not following.pronoun
    return not (named.role == THING and placed and following.item.head not in WHOLE | BACKGROUND)


def with_their_places(named):
    """What is of a thing means the thing, also where a place says whose it is: "the time on the clock"."""
    for one, following in zip(named, named[1:]):
        if one.role == THING and following.role == PLACE and not (one.pronoun or following.pronoun or following.goal):
            if one.item.head in ATTRIBUTES and following.item.head not in WHOLE | NOWHERE:
                one.role, following.role, following.remade = PLACE, THING, False
    return named


