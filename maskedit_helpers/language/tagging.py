"""What each word of an instruction is, a verb or a noun or a preposition: from the lists, and from where it stands.

Instructions are a small English. They begin with a verb ("blur faces") or with the thing ("the hat should be green"),
which decides most of what a dictionary leaves open: "paint" begins a clause as a verb and follows "the" as a noun,
"off" after a verb belongs to it, "can" with a verb before it is a thing of tin. What no list knows is a noun, unless a
parser that is asked says otherwise.
"""

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
    REL,
    STOP,
    VERB,
    is_owner,
    plain_form,
    split,
)
from .adjectives import ALSO_NOUNS, LAMPS, NOUNS, VESSELS, describes
from .words import (
    ACTIONS,
    ADVERBS,
    AUXILIARIES,
    BEING,
    CAUSING,
    CONJUNCTIONS,
    CONTAINERS,
    DETERMINERS,
    FILLERS,
    GIVING,
    HAVING,
    IT,
    PARTICLES,
    PERSONS,
    PREPOSITIONS,
    QUESTIONS,
    RELATIVE,
    SPEAKERS,
    STOPS,
    VERBS,
)

SHADING = CAUSING | {"turn", "paint", "color", "colour", "dye", "tint", "recolor", "recolour"}  # "paint it light blue"

_LY = {"family", "lily", "belly", "jelly", "butterfly", "dragonfly", "fly", "assembly", "bully", "trolley", "holly"}
_CLOSED = (VERBS | DETERMINERS | IT | PERSONS | SPEAKERS | FILLERS | BEING | HAVING | AUXILIARIES | PREPOSITIONS |
           QUESTIONS | CONJUNCTIONS | STOPS | ADVERBS | ACTIONS | PARTICLES)


def tag(text, parts=None):
    """The words of an instruction, each with its kind.

    Parameters
    ----------
    text : str
    parts : dict, optional
        End of a word, character, to "adj", "noun", "verb" or "adv": a parser's word on what the lists don't know.

    Returns
    -------
    list of Word
    """
    words = split(text)
    _Tagger(words, parts or {}).run()
    return words


def known(word):
    """Is it in a list, so that no parser need be asked?"""
    return word in _CLOSED | NOUNS or describes(word)


class _Tagger:
    """Goes from left to right and knows what came before in the clause."""

    def __init__(self, words, parts):
        self.words, self.parts = words, parts
        self._begin()

    def _begin(self):
        self.fresh, self.verb, self.subject = True, "", False

    def run(self):
        for i, word in enumerate(self.words):
            word.kind = self._kind(i, word)
            if word.kind in (VERB, INNER):
                word.base = word.base or word.word
            if word.kind == VERB:
                self.fresh, self.verb, self.subject = False, word.base, False
            elif word.kind == STOP:
                self._begin()
            elif word.kind == CONJ:
                self.fresh = True
            elif word.kind not in (ADV, AUX, ASK):
                self.subject |= self.fresh and word.kind in (DET, ADJ, NOUN, PRON) and not self.verb
                self.fresh = False

    def _at(self, i):
        return self.words[i].word if 0 <= i < len(self.words) else ""

    def _part(self, i):
        """A parser's word on one that no list knows; None where it has none to say."""
        return None if known(self.words[i].word) else self.parts.get(self.words[i].end)

    def _before(self, i):
        return self.words[i - 1].kind if i else None

    def _kind(self, i, word):
        w, before, after = word.word, self._before(i), self._at(i + 1)
        in_phrase = before in (DET, ADJ, NOUN)
        if w[0] in "\"'\u201c":
            return QUOTE
        if w in STOPS:
            return STOP
        if w in CONJUNCTIONS:
            return CONJ
        if self.fresh and not in_phrase and self._is_verb(i, word):
            return VERB
        if w in RELATIVE and before == NOUN:
            return REL
        if w in QUESTIONS:
            return ASK
        if w in AUXILIARIES:
            noun = w in CONTAINERS and in_phrase and (self.verb or after in AUXILIARIES | BEING | HAVING)
            return NOUN if noun else AUX
        if w in BEING or w in HAVING:
            word.base = "be" if w in BEING else "have"
            return INNER
        if w == "there" and (after in BEING | AUXILIARIES or self.verb in CAUSING):
            return PRON
        if w in DETERMINERS | IT | PERSONS | SPEAKERS:
            return self._pronoun_or_determiner(i, w)
        if w in FILLERS | ADVERBS:
            return ADV
        if w in PARTICLES | PREPOSITIONS:
            return self._particle_or_preposition(i, w)
        if self._is_inner(i, w):
            return INNER
        return self._open(i, word)

    def _is_verb(self, i, word):
        """Where a clause begins: a listed verb, or a word that stands as one."""
        w, after, conj = word.word, self._at(i + 1), self._before(i) == CONJ
        if i == 0 and after in PARTICLES and self._ends(i + 2) and w not in _CLOSED:
            return True  # "zoom out"
        if self.subject and not conj or not after or after in STOPS | CONJUNCTIONS | {"of"}:
            return False
        if base := (w if w in VERBS else plain_form(w)):
            word.base = base
            subject = after in BEING | AUXILIARIES or conj and after in PREPOSITIONS - PARTICLES
            return not subject and not (w.endswith("ing") and conj)
        if w in _CLOSED - ACTIONS:
            return False
        if after in DETERMINERS | IT | PERSONS or after in PARTICLES and self._at(i + 2) in DETERMINERS | PERSONS | IT:
            return w not in ACTIONS or self.verb not in CAUSING
        if conj or describes(w) or after in _CLOSED - VERBS - ACTIONS:
            return False
        later = [other.word for other in self.words[i + 1:]]
        word.guessed = self._part(i) != "verb"
        return not any(other in AUXILIARIES | BEING | HAVING for other in later)  # "faces should be blurred"

    def _pronoun_or_determiner(self, i, w):
        if w not in DETERMINERS:
            return PRON
        if w == "more" and (describes(self._at(i + 1)) or self._ends(i + 1)):
            return ADV
        if w in IT | PERSONS and not self._names(i, w):
            return PRON
        return DET

    def _names(self, i, w):
        """Does a noun follow to which "her" or "this" belongs? "her hair", but neither "her a hat" nor "her smile" in
        "make her smile".
        """
        j = i + 1
        while describes(self._at(j)) and not self._ends(j):
            j += 1
        first = j
        while not self._ends(j) and not describes(self._at(j)) and self._at(j) not in _CLOSED - ACTIONS - VERBS:
            j += 1
        if j == first:
            return False
        more = not self._ends(j)
        if w == "her" and self._before(i) == VERB:
            if self.verb in GIVING:  # "give her curly hair", but "give her hair a blue tint"
                return more and self._at(j) not in PREPOSITIONS
            if self.verb in CAUSING and (first == i + 1) and (self._at(first) in ACTIONS or not more):
                return more and describes(self._at(j)) and j == first + 1  # "make her smile bigger"
        return True

    def _ends(self, i):
        return self._at(i) in STOPS | CONJUNCTIONS | {""}

    def _particle_or_preposition(self, i, w):
        after = self._at(i + 1)
        if w in PARTICLES:
            begins = self._before(i) == VERB and not self._ends(i + 1) and after not in PREPOSITIONS
            if begins or self._ends(i + 1):
                return PART
        if w == "to" and (after in ACTIONS or after in VERBS and self._at(i + 2) in DETERMINERS):
            return ADV
        return PREP

    def _is_inner(self, i, w):
        """A verb that tells what the thing does: after "to" or an auxiliary, or after what is made to do it."""
        before = self._before(i)
        if i and (self._at(i - 1) == "to" and before == ADV or before == AUX):
            return before == AUX or w in ACTIONS or w in VERBS or self._part(i) == "verb"
        if before == NOUN and is_owner(self._at(i - 1)):
            return False  # "the queen's dress"
        if before in (NOUN, PRON) and w.endswith("ing") and not self._ends(i + 1):
            return (plain_form(w) or w[:-3] in ACTIONS or w[:-3] + "e" in ACTIONS or w[:-4] in ACTIONS
                    or self._at(i + 1) in DETERMINERS)
        if before == NOUN and w.endswith("ed") and self._at(i + 1) in PREPOSITIONS:
            return True
        verb = w in ACTIONS or w in VERBS and self._at(i + 1) in DETERMINERS | IT | PERSONS
        does = before == PRON or before == NOUN and (self.verb in CAUSING or self.subject)
        alone = describes(self._at(i + 1)) and self._ends(i + 2) and w not in ("look", "become", "appear", "seem")
        return bool(does and verb and not alone)

    def _open(self, i, word):
        w, part = word.word, self._part(i)
        if w.endswith("ly") and len(w) > 4 and w not in _LY:
            return ADV
        if describes(w.removesuffix("'s")) and not w.endswith(("'s", "s'")):
            return NOUN if self._is_noun_too(i, w) else ADJ
        if part == "adj" or part == "adv":
            return ADJ if part == "adj" else ADV
        if part == "verb" and self._before(i) in (NOUN, PRON) and self.verb in CAUSING:
            return INNER
        word.guessed = part is None
        return NOUN

    def _is_noun_too(self, i, w):
        """ "Fill the wine glass", "make the wine glass bigger", but "make the door glass"."""
        if w not in ALSO_NOUNS or self._before(i) != NOUN or is_owner(self._at(i - 1)):
            return False
        if w == "light":
            return self._at(i - 1) in LAMPS or self._ends(i + 1) and self.verb not in SHADING
        if self.verb in SHADING:
            return w in VESSELS and describes(self._at(i + 1))
        return bool(self.verb)
