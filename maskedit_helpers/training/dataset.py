"""Pairs for training, rendered once by all cores and kept as memory-mapped arrays."""
import json
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..downloads.checkpoints import amount
from ..errors import KitError
from ..picturebook.pairs import LEAK, drawing_code, make_pair
from ..picturebook.scenes import EVALUATION_SEEDS
from .once import made_once
from .workers import refuse_to_begin_again, worker_pool

PAIRS = 24_000  # as the pocket models were trained on: seven minutes to draw on two cores, 3.5 GB on the disk
PICTURES = {"before": (3,), "after": (3,), "ids": (), "ids_after": (), "masks": ()}
PIXEL = sum(3 if tail else 1 for tail in PICTURES.values())  # bytes
PREVIEW_SEEDS = EVALUATION_SEEDS - 10_000  # from here on kept too: what a training run shows of itself
CHUNK = 20  # pairs that a worker draws at a time, a second's work: what was begun is waited for at Ctrl-C


@dataclass(frozen=True)
class Dataset:
    """N pairs. before, after: uint8 (N, S, S, 3). ids, ids_after: uint8 (N, S, S). masks: bool (N, S, S).

    names: the part or whole that each pair edits, or None. captions: (before, after) of each pair.
    source: which pairs, and by which code they were drawn; equal only for equal pairs.
    """

    before: np.ndarray
    after: np.ndarray
    ids: np.ndarray
    ids_after: np.ndarray
    masks: np.ndarray
    instructions: list
    captions: list
    names: list
    source: str = ""

    def __len__(self):
        return len(self.instructions)


def refuse_evaluation_seeds(seeds):
    """Raise KitError if any seed is kept for evaluation or previews: what is trained on can't be used to measure."""
    if len(seeds) and max(seeds) >= PREVIEW_SEEDS:
        raise KitError(f"seed {max(seeds)} is kept for evaluation and previews; train on seeds below {PREVIEW_SEEDS}")


def preview_pairs(count, size=128):
    """The first `count` pairs, with an edit that has a place and no spill, that are for a training run's preview.

    Neither trained on nor evaluated on: who looks at previews while choosing what to train, chooses by them.
    """
    pairs = (make_pair(seed, leak=0, size=size) for seed in range(PREVIEW_SEEDS, EVALUATION_SEEDS))
    placed = (pair for pair in pairs if pair.target is not None)
    return [next(placed) for _ in range(count)]


def _chunk(seeds, leak, size):
    pairs = [make_pair(seed, leak, size) for seed in seeds]
    arrays = {"before": [p.before for p in pairs], "after": [p.after for p in pairs], "ids": [p.ids for p in pairs],
              "ids_after": [p.ids_after for p in pairs], "masks": [p.mask for p in pairs]}
    return {k: np.stack(v) for k, v in arrays.items()}, [(p.instruction, p.captions, p.name) for p in pairs]


def load_dataset(count, folder, leak=LEAK, size=128, first=0, progress=True):
    """The pairs of seeds first ... first + count - 1, rendered now unless they already lie in `folder`.

    Raises KitError for seeds that are kept (`refuse_evaluation_seeds`), and where there is no room for them.
    """
    refuse_to_begin_again()
    seeds = range(first, first + count)
    refuse_evaluation_seeds(seeds)
    home = Path(folder) / f"pairs-{size}px-leak{leak:g}-{first}+{count}-{drawing_code()}"
    made_once(home, partial(_render, seeds, leak=leak, size=size, progress=progress))
    text = json.loads((home / "text.json").read_text())
    arrays = {k: np.load(home / f"{k}.npy", mmap_mode="r") for k in PICTURES}
    instructions, captions, names = zip(*text)
    return Dataset(**arrays, instructions=list(instructions), captions=[tuple(c) for c in captions], names=list(names),
                   source=home.name)


def _render(seeds, folder, leak, size, progress):
    if (free := shutil.disk_usage(folder.parent).free) < (need := len(seeds) * size ** 2 * PIXEL):
        raise KitError(f"{len(seeds)} pairs take {amount(need)}, but only {amount(free)} are free in {folder.parent}; "
                       "free some room there, draw fewer (--pairs), or set MASKEDIT_HOME to a roomier place")
    folder.mkdir()
    arrays = {k: np.lib.format.open_memmap(folder / f"{k}.npy", "w+", bool if k == "masks" else np.uint8,
                                           (len(seeds), size, size, *tail)) for k, tail in PICTURES.items()}
    text, done = [], 0
    chunks = [seeds[i:i + CHUNK] for i in range(0, len(seeds), CHUNK)]
    with (worker_pool(begin=_one_thread) as pool,
          tqdm(total=len(seeds), desc="drawing pairs", unit="pair", disable=not progress) as bar):
        for pictures, words in pool.map(partial(_chunk, leak=leak, size=size), chunks):
            for key, values in pictures.items():
                arrays[key][done:done + len(words)] = values
            text += words
            done += len(words)
            bar.update(len(words))
    for array in arrays.values():
        array.flush()
    (folder / "text.json").write_text(json.dumps(text))


def _one_thread():
    import cv2

    cv2.setNumThreads(1)
