"""The noun phrases of an instruction: a determiner, what describes, and a noun or a row of them.

"The watering can" is one thing, "the dog wings" after "give" are two, and "the cat jump" after "make" is a cat and what
it is to do: what the verb asks for decides, as no dictionary can.
"""

from dataclasses import dataclass, field

from ..language.tokens import (
    ADJ,
    ADV,
    ASK,
    AUX,
    CONJ,
    DET,
    INNER,
    NOUN,
    PART,
    PREP,
    PRON,
    QUOTE,
    STOP,
    VERB,
    Word,
    is_owner,
)
from .words import (
    ACTIONS,
    ATTRIBUTES,
    BECOMING,
    CAUSING,
    DETERMINERS,
    EXCESS,
    FILLERS,
    GIVING,
    NEW,
    NOWHERE,
    OWNERS,
    WANTING,
)

COUNTING = (DETERMINERS - OWNERS) | {"rest", "most", "half", "pair", "couple", "group", "bunch"}
EACH = {"all", "both", "each", "every"}
ONLY_COUNT = COUNTING - {"pair", "couple", "group", "bunch"}


@dataclass
class Chunk:
    """A noun phrase. words: its `Word`s. parts: of "the roof of the house" those of the house."""

    words: list
    parts: list = field(default_factory=list)

    kind = "chunk"

    @property
    def nouns(self):
        return [word for word in self.words if word.kind == NOUN]

    @property
    def head(self):
        """Its main noun, in lower case; of "the top of the tower" the tower."""
        own = self.nouns[-1].word if self.nouns else self.words[-1].word
        return Chunk(self.parts).head if self.parts and own in NOWHERE else own

    @property
    def first(self):
        return self.words[0].word

    @property
    def definite(self):
        """Does it name what is there already? "the dog", "her hat", "the man's hat" do, "a dog" and "dogs" do not."""
        return self.first in DETERMINERS - NEW or any(is_owner(word.word) for word in self.words)

    @property
    def start(self):
        return self.words[0].start

    @property
    def end(self):
        return (self.parts or self.words)[-1].end

    def sought(self, text):
        """(what to look for, its head). The colour of a car means the car, and so do the car's colour and its side."""
        own = self.nouns[-1].word if self.nouns else ""
        if own in ATTRIBUTES or self.parts and own in NOWHERE:
            if self.parts:
                return text[self.parts[0].start:self.end], Chunk(self.parts).head
            if len(self.words) > 1 and self.words[-2].kind == NOUN and not is_owner(self.words[-2].word):
                return text[self.start:self.words[-2].end], self.words[-2].word  # "the wall colour"
            owners = [i for i, word in enumerate(self.words) if word.word.endswith(("'s", "s'"))]
            if owners:
                last = self.words[owners[-1]]
                name = last.word.removesuffix("'s").removesuffix("'")
                return text[self.start:last.start + len(name)], name
        began = self.words[self.first in EXCESS].start
        return text[began:self.end], self.head


def chunked(words):
    """Words, of which those of a noun phrase are gathered to a `Chunk`."""
    items, i = [], 0
    while i < len(words):
        end = _phrase_end(words, i)
        if end > i:
            items.append(Chunk(words[i:end]))
            i = end
        else:
            items.append(words[i])
            i += 1
    return _joined(items)


def _phrase_end(words, i):
    """Where the noun phrase that begins at i ends; i where none does."""
    first, i = i, _after(words, i, DET)
    described = begun = i
    while True:
        nouns = _after(words, i, ADJ)
        i = _after(words, nouns, NOUN)
        owner = next((j for j in range(nouns, i) if is_owner(words[j].word)), None)
        if owner is None:
            break
        begun = i = owner + 1
    if i > nouns:
        return i
    if i > begun and (begun > described or described > first and words[described - 1].word not in EACH):
        words[i - 1].kind = NOUN  # "melt the gold", "the dog's left": elsewhere these describe
        return i
    return begun if begun > described else first


def _after(words, i, kind):
    while i < len(words) and words[i].kind == kind:
        i += 1
    return i


def _joined(items):
    """ "The roof of the house" is one phrase, "one of the eggs" is the eggs."""
    joined = []
    for item in items:
        of = bool(joined) and _is_of(joined[-1]) and isinstance(item, Chunk)
        owner = joined[-2] if of and len(joined) > 1 else None
        if of and isinstance(owner, Chunk):
            joined[-2:] = [item] if owner.head in ONLY_COUNT else [_with_parts(owner, item)]
        elif of and isinstance(owner, Word) and owner.word in COUNTING:
            joined[-2:] = [item]
        else:
            joined.append(item)
    return joined


def _with_parts(owner, item):
    """ "The windows of the door of the bus": the parts of parts go on."""
    return Chunk(owner.words, [*owner.parts, *item.words, *item.parts])


def _is_of(item):
    return isinstance(item, Word) and item.word == "of"


def completed(items):
    """(items, guessed): what a verb lacks is split off from the row of nouns that it follows.

    "Give" asks for two things, "make" for a thing and what it is to be. guessed: [Chunk] split with nothing to go by.
    """
    clauses, done, guessed, verb = _clauses(items), [], [], ""
    for i, clause in enumerate(clauses):
        if clause[0].kind == STOP:
            verb = ""
        verb = next((item.base for item in clause if item.kind == VERB), verb)
        last = i + 1 == len(clauses) or clauses[i + 1][0].kind in (STOP, VERB)
        if verb in GIVING:
            clause, halved = _split(clause, [j for j in _objects(clause)[-1:] if _given_alone(clause)])
            guessed += [chunk for chunk in halved if len(chunk.nouns) > 1]  # "the truck monster" and "wheels"
        elif not verb and any(item.kind == ASK for item in clause) and not _complemented(clause):
            clause, halved = _split(clause, _objects(clause)[-1:])
            guessed += halved
        elif verb in CAUSING and any(isinstance(item, Chunk) for item in clause):
            rows = [j for j, item in enumerate(clause) if isinstance(item, Chunk)]
            acting = [j for j in rows if (clause[j].parts or clause[j].words)[-1].word in ACTIONS]
            if not _complemented(clause):
                asks = verb not in WANTING or verb == "have" and clause[rows[0]].definite
                bare = rows[::-1] if last and asks else []
                clause, halved = _split(clause, acting[:1] or bare)
                guessed += [] if acting else halved
        done += clause
    return done, guessed


def _clauses(items):
    """Items in lists: a new one at each verb, each stop, and each thing after "and"."""
    clauses = []
    for i, item in enumerate(items):
        after = i and items[i - 1].kind == CONJ and isinstance(item, Chunk)
        if not clauses or after or item.kind in (VERB, STOP):
            clauses.append([])
        clauses[-1].append(item)
    return clauses


def _objects(clause):
    """Where the nominals are that no preposition governs."""
    return [j for j, item in enumerate(clause) if (isinstance(item, Chunk) or item.kind == PRON)
            and not (j and clause[j - 1].kind == PREP)]


def _given_alone(clause):
    return len(_objects(clause)) == 1 and not any(getattr(item, "word", "") == "to" for item in clause)


def _complemented(clause):
    """Does it say what the thing is to be?"""
    return len(_objects(clause)) > 1 or any(
        item.kind in (ADJ, INNER, QUOTE, PART, AUX) or item.kind == ADV and item.word not in FILLERS
        or item.kind == PREP and item.word in BECOMING for item in clause)


def _split(clause, candidates):
    """(clause, [what was split]): "the dog wings" -> "the dog" and "wings", the first of the candidates that can be."""
    for j in candidates:
        chunk = clause[j]
        row = (chunk.parts or chunk.words) if isinstance(chunk, Chunk) else []
        if len(row) > 1 and row[-1].kind == row[-2].kind == NOUN and not is_owner(row[-2].word):
            cut = Chunk(chunk.words, row[:-1]) if chunk.parts else Chunk(row[:-1])
            return [*clause[:j], cut, Chunk(row[-1:]), *clause[j + 1:]], [cut]
    return clause, []
