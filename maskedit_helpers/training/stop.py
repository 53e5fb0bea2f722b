"""Ctrl-C and SIGTERM: the first finishes the step and saves, the second stops at once."""
import contextlib
import os
import signal

SECOND = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}


@contextlib.contextmanager
def stop_on_signal(tell=True):
    """A list that is empty until a signal asks to stop: a step under way is finished, so no state is half new.

    The same signal once more is not heeded here but does what it always does. It is the same that counts, since a
    launcher of several processes sends SIGTERM after a Ctrl-C that all of them have had already. tell: say on stderr
    what goes on.
    """
    asked = []

    def heed(number, frame):
        asked.append(number)
        signal.signal(number, SECOND[number])
        if tell:  # not by print, which the signal may have come into the middle of
            os.write(2, b"\nfinishing this step and saving; once more stops at once\n")

    try:
        old = {number: signal.signal(number, heed) for number in SECOND}
    except ValueError:  # not the main thread, where a notebook's server may run us
        old = {}
    try:
        yield asked
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
