"""The one error of the kit, a mistake that a person can mend; and whether a text says anything at all."""


class KitError(ValueError):
    """One line that names the thing that is wrong and says what to do about it.

    The command line prints it as it stands and exits with 2, so a message never needs a traceback to be
    understood.
    """


def says_something(text):
    """Is it a str with anything to be seen in it? Spaces, control characters and zero-width marks say nothing."""
    return isinstance(text, str) and any(mark.isprintable() and not mark.isspace() for mark in text)
