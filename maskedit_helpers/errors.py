"""The one error of the kit: a mistake that a person can mend."""


class KitError(ValueError):
    """One line that names the thing that is wrong and says what to do about it.

    The command line prints it as it stands and exits with 2, so a message never needs a traceback to be
    understood.
    """
