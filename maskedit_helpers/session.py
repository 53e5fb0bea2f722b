"""What a notebook stands on: is everything installed, is there a GPU, where do results go."""

import importlib.util
import os
from importlib import metadata
from pathlib import Path

from .errors import KitError

HOME = Path(__file__).resolve().parents[1]
NEEDED = ("torch", "diffusers", "transformers", "segment_anything", "open_clip", "matplotlib", "anywidget")


def ready():
    """Say in two lines that the kit is here, on which GPU, and where results go.

    Raises
    ------
    KitError
        A library that the notebooks need is not installed in this kernel.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise KitError(f"not installed in this kernel: {', '.join(missing)}; run `make venv` in {HOME} and choose "
                       "the kernel of its .venv, or `pip install -e .` there")
    print(f"maskedit is ready: torch {metadata.version('torch')}, diffusers {metadata.version('diffusers')}, {_gpu()}")
    print(f"results go to {results()}")


def results(name=""):
    """Path for a file that a notebook writes, in the folder `results`, which is made if it is not there.

    MASKEDIT_RESULTS, if set, names another folder.
    """
    folder = Path(os.environ.get("MASKEDIT_RESULTS") or HOME / "results")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KitError(f"{folder}: the folder could not be made ({error.strerror}); "
                       "set MASKEDIT_RESULTS to another one") from error
    return folder / name


def _gpu():
    import torch

    if not torch.cuda.is_available():
        return "no CUDA GPU (the pocket models need none)"
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30
    return f"GPU {torch.cuda.get_device_name(0)} with {memory:.0f} GB"
