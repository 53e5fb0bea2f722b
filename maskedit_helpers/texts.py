"""Whether a text says anything: the one rule for instructions, phrases and captions."""


def says_something(text):
    """Is it a str with anything to be seen in it? Spaces, control characters and zero-width marks say nothing."""
    return isinstance(text, str) and any(mark.isprintable() and not mark.isspace() for mark in text)
