"""What a notebook stands on: is everything installed, is there a GPU, where do results go."""

import importlib.util

from ..errors import KitError
from ..places import HOME, results_folder

NEEDED = ("torch", "diffusers", "transformers", "segment_anything", "open_clip", "matplotlib", "anywidget")


def ready():
    """Say in two lines that the kit is here, on which GPU, and where results go; `maskedit doctor` says more.

    Raises
    ------
    KitError
        A library that the notebooks need is not installed in this kernel.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise KitError(f"not installed in this kernel: {', '.join(missing)}; run `make venv` in {HOME} and choose "
                       "the kernel of its .venv, or `pip install -e .` there")
    from ..machine import machine

    print(f"maskedit is ready: {machine()}")
    print(f"results go to {results()}")


def results(name=""):
    """Path for a file that a notebook writes, in the folder `results`, which is made if it is not there.

    MASKEDIT_RESULTS, if set, names another folder.
    """
    folder = results_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KitError(f"{folder}: the folder could not be made ({error.strerror}); "
                       "set MASKEDIT_RESULTS to another one") from error
    return folder / name
