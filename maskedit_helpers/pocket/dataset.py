"""Pairs for training, rendered once by all cores and kept as memory-mapped arrays."""
import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..errors import KitError
from .pairs import LEAK, make_pair
from .scenes import EVALUATION_SEEDS

PICTURES = {"before": (3,), "after": (3,), "ids": (), "ids_after": (), "masks": ()}
CHUNK = 100


@dataclass(frozen=True)
class Dataset:
    """N pairs. before, after: uint8 (N, S, S, 3). ids, ids_after: uint8 (N, S, S). masks: bool (N, S, S).

    names: the part or whole that each pair edits, or None. captions: (before, after) of each pair.
    """

    before: np.ndarray
    after: np.ndarray
    ids: np.ndarray
    ids_after: np.ndarray
    masks: np.ndarray
    instructions: list
    captions: list
    names: list

    def __len__(self):
        return len(self.instructions)


def refuse_evaluation_seeds(seeds):
    """Raise KitError if any seed is kept for evaluation: what is trained on can't be used to measure."""
    if len(seeds) and max(seeds) >= EVALUATION_SEEDS:
        raise KitError(f"seed {max(seeds)} is kept for evaluation; train on seeds below {EVALUATION_SEEDS}")


def _chunk(seeds, leak, size):
    pairs = [make_pair(seed, leak, size) for seed in seeds]
    arrays = {"before": [p.before for p in pairs], "after": [p.after for p in pairs], "ids": [p.ids for p in pairs],
              "ids_after": [p.ids_after for p in pairs], "masks": [p.mask for p in pairs]}
    return {k: np.stack(v) for k, v in arrays.items()}, [(p.instruction, p.captions, p.name) for p in pairs]


def load_dataset(count, folder, leak=LEAK, size=128, first=0, progress=True):
    """The pairs of seeds first ... first + count - 1, rendered now unless they already lie in `folder`."""
    seeds = range(first, first + count)
    refuse_evaluation_seeds(seeds)
    home = Path(folder) / f"pairs-{size}px-leak{leak:g}-{first}+{count}"
    if not home.exists():
        _render(seeds, home, leak, size, progress)
    text = json.loads((home / "text.json").read_text())
    arrays = {k: np.load(home / f"{k}.npy", mmap_mode="r") for k in PICTURES}
    instructions, captions, names = zip(*text)
    return Dataset(**arrays, instructions=list(instructions), captions=[tuple(c) for c in captions], names=list(names))


def _render(seeds, home, leak, size, progress):
    aside = home.with_name(f"{home.name}.part{os.getpid()}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    arrays = {k: np.lib.format.open_memmap(aside / f"{k}.npy", "w+", bool if k == "masks" else np.uint8,
                                           (len(seeds), size, size, *tail)) for k, tail in PICTURES.items()}
    text, done = [], 0
    chunks = [seeds[i:i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    # Fresh processes: a fork of one whose libraries hold threads and locks may wait for ever.
    with (ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=_one_thread) as pool,
          tqdm(total=len(seeds), desc="drawing pairs", unit="pair", disable=not progress) as bar):
        for pictures, words in pool.map(partial(_chunk, leak=leak, size=size), chunks):
            for key, values in pictures.items():
                arrays[key][done:done + len(words)] = values
            text += words
            done += len(words)
            bar.update(len(words))
    for array in arrays.values():
        array.flush()
    (aside / "text.json").write_text(json.dumps(text))
    aside.rename(home)


def _one_thread():
    import cv2

    cv2.setNumThreads(1)
