"""Large libraries are loaded without Python's search for garbage in between.

An import makes objects by the hundred thousand, and nearly all of them stay. Python's collector counts how many were
made and then looks through them over and over: a sixth of the time that torch, diffusers and open_clip take to load.
"""

import gc
from contextlib import contextmanager


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
