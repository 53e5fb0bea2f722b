"""spaCy's small English model, where it is installed: what it says of the words that the lists don't know.

Of two readers one must win where they differ. The lists know particles, pronouns and what an instruction's first word
is, which a parser trained on news takes for a noun ("blur faces"); the parser knows some fifty thousand words of which
the lists have a few hundred. So each is believed in what it knows: what is in no list is the parser's to say, all else
the lists'. Where the parser then sees no thing in what was chosen, the reading has a note.
"""

import functools
import importlib.util

MODEL = "en_core_web_sm"
PARTS = {"ADJ": "adj", "NOUN": "noun", "PROPN": "noun", "VERB": "verb", "AUX": "verb", "ADV": "adv"}


@functools.cache
def model():
    """spaCy's pipeline, or None where spaCy or its model is not installed. Nothing is downloaded."""
    if importlib.util.find_spec(MODEL) is None:  # asked first: to import spaCy alone takes a second
        return None
    try:
        import spacy
    except ImportError:
        return None
    return spacy.load(MODEL)


def reader():
    """Who it is, as "spaCy 3.8 with en_core_web_sm"."""
    import spacy

    return f"spaCy {'.'.join(spacy.__version__.split('.')[:2])} with {MODEL}"


def parts(doc):
    """Where each word ends, characters, to "adj", "noun", "verb" or "adv": what `tagging.tag` may ask for."""
    return {token.idx + len(token): PARTS[token.pos_] for token in doc if token.pos_ in PARTS}


def heads(doc):
    """Where the main nouns of spaCy's noun phrases end, characters."""
    return {chunk.root.idx + len(chunk.root) for chunk in doc.noun_chunks}
