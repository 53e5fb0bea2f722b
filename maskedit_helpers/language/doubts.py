"""What is doubtful about a reading: where the rules had to guess, they say so, and nobody trusts a mask for nothing."""

from ..language.chunks import Chunk
from ..language.clauses import RESULT, THING
from ..language.tokens import AUX, INNER, NOUN, VERB
from .words import ACTIONS, BACKGROUND, CAUSING, CHANGING, GIVING, IT, VERBS

NEGATIONS = {"not", "don't", "shouldn't", "isn't", "aren't", "except", "than", "but", "without"}
LONG_ROW = 3  # so many nouns in a row, of which no list knows any, are seldom one thing
SECOND_OBJECT = CAUSING | GIVING | CHANGING  # verbs that take one without a preposition


def doubts(words, named, candidates, split, heads=None):
    """In words, what is doubtful; "" where nothing is.

    Parameters
    ----------
    words : list of tagging.Word
    named : list of clauses.Named
    candidates : list of phrases.Phrase
        Those that were chosen.
    split : list of chunks.Chunk
        Those from which a last word was split off as what the thing is to do or be.
    heads : set of int, optional
        Where, in the instruction, the nouns end that a parser takes for the main nouns of its noun phrases.
    """
    chosen = [one for one in named if not one.pronoun and any(p.start == one.item.start for p in candidates)]
    said = [_several(candidates), *map(_background, chosen), *map(_long, chosen)]
    said += [f"nothing says that {p.sought!r} is there already" for p in candidates if p.role == RESULT]
    said += [f"nothing but its place says that {chunk.words[-1].word!r} is a thing of its own" for chunk in split]
    said += [_verbs(words), _negation(words), _pronouns(named, candidates), *_loose(named, chosen)]
    if heads is not None:
        said += [f"the parser sees no thing {one.item.nouns[-1].word!r}" for one in chosen
                 if one.item.nouns and one.item.nouns[-1].end not in heads]
    return "; ".join(dict.fromkeys(filter(None, said)))


def _several(candidates):
    if len(candidates) > 1:
        return f"{', '.join(repr(p.sought) for p in candidates)} are all meant, but only one is masked"
    return ""


def _background(one):
    return "the background is all but the things in front, which is hard to find" if (
        one.item.head in BACKGROUND) else ""


def _long(one):
    """A row of nouns that may be more than one thing, or end in a verb."""
    row = [word for word in one.item.parts or one.item.words if word.kind == NOUN]
    if len([word for word in row if word.guessed]) >= LONG_ROW or len(row) > 1 and row[-1].word in VERBS | ACTIONS:
        return f"{' '.join(word.word for word in row)!r} is taken for one thing"
    return ""


def _verbs(words):
    guess = next((word.word for word in words if word.kind == VERB and word.guessed), "")
    if guess:
        return f"{guess!r} is taken for what is to be done"
    return "" if any(word.kind in (VERB, INNER, AUX) for word in words) else "no verb says what is to be done"


def _negation(words):
    found = next((word.word for i, word in enumerate(words) if i and word.word in NEGATIONS), "")
    return f"what {found!r} rules out is not understood" if found else ""


def _pronouns(named, candidates):
    persons = [one.pronoun for one in named if one.pronoun and one.pronoun not in IT
               and (one.role == THING or one.goal)]
    return f"{persons[0]!r} names nobody who could be looked for" if persons and candidates else ""


def _loose(named, chosen):
    """Things that nothing ties to the verb."""
    for one, following in zip(named, named[1:]):
        if one in chosen and following.role == RESULT and not following.cue and following.verb and (
                following.verb not in SECOND_OBJECT and isinstance(following.item, Chunk)):
            yield f"how {following.item.head!r} belongs to it is not understood"
