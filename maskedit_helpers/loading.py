"""Loading, of libraries and of weights: quickly, in silence, and with one line that says what to do where it fails.

An import makes objects by the hundred thousand, and nearly all of them stay. Python's collector counts how many were
made and then looks through them over and over: a sixth of the time that torch, diffusers and open_clip take to load.
"""

import gc
import sys
from contextlib import contextmanager

from .errors import KitError


@contextmanager
def no_garbage_sought():
    """For the time of the `with` or of the function that it decorates; before and after as it was."""
    sought = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if sought:
            gc.enable()


@contextmanager
def loading(what, remedy):
    """Load in silence; whatever a library raises over a bad or missing file becomes one line that says so."""
    loaded = filter(None, map(sys.modules.get, ("diffusers.utils.logging", "transformers.utils.logging")))
    logs = {log: log.get_verbosity() for log in loaded}  # SAM needs neither, and they are seconds to load
    for log in logs:
        log.disable_progress_bar()
        log.set_verbosity_error()
    try:
        yield
    except KitError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise KitError(f"{what} could not be loaded ({reason[0][:160]}); {remedy}") from error
    finally:
        for log, verbosity in logs.items():
            log.enable_progress_bar()
            log.set_verbosity(verbosity)
