"""Built pairs as the data set that a training part takes: memory-mapped arrays of one size, made once."""

import json
from functools import partial
from pathlib import Path

import numpy as np

from ...errors import KitError
from ...fingerprint import fingerprint
from ..dataset import Dataset
from ..once import made_once
from .reading import read_pairs
from .settings import read_settings
from .shards import shard_paths


def built_dataset(folder, home, size=128, progress=True):
    """The kept pairs of a build but for those that are set aside for validation, as `dataset.load_dataset` gives drawn
    ones; who owns each pixel is not known (`ids` and `ids_after` are None), so SAM and CLIP can't be trained on them.

    Parameters
    ----------
    folder : path of a build
    home : path of a folder where the arrays are kept, and found again
    size : int, pixels, see `read_pairs`
    progress : bool, whether a bar is shown

    Raises
    ------
    KitError
        No pairs in the folder, or none that is kept.
    """
    pairs = read_pairs(folder, size, validation=False)
    if not len(pairs):
        raise KitError(f"{folder}: no pair was kept; build more, or with another filter")
    which = fingerprint(read_settings(folder), [path.name for path in shard_paths(folder)], size)
    home = Path(home) / f"built-{size}px-{which}"
    made_once(home, partial(_stacked, pairs, progress=progress))
    arrays = {name: np.load(home / f"{name}.npy", mmap_mode="r") for name in ("before", "after", "masks")}
    text = json.loads((home / "text.json").read_text(encoding="utf-8"))
    return Dataset(**arrays, ids=None, ids_after=None, instructions=[words for words, _ in text],
                   captions=[tuple(captions) for _, captions in text], names=[None] * len(text), source=home.name)


def _stacked(pairs, folder, progress):
    from tqdm import tqdm

    folder.mkdir()
    shapes = {"before": (np.uint8, (3,)), "after": (np.uint8, (3,)), "masks": (bool, ())}
    each = len(pairs), pairs.size, pairs.size
    arrays = {name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", kind, (*each, *tail))
              for name, (kind, tail) in shapes.items()}
    text = []
    for i, pair in enumerate(tqdm(pairs, desc="reading pairs", unit="pair", disable=not progress)):
        arrays["before"][i], arrays["after"][i], arrays["masks"][i] = pair["before"], pair["after"], pair["mask"]
        text.append((pair["instruction"], pair["captions"]))
    for array in arrays.values():
        array.flush()
    (folder / "text.json").write_text(json.dumps(text), encoding="utf-8")
