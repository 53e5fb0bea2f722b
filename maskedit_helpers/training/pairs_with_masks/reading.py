"""Built pairs, read back as arrays: one at a time as they are asked for, or stacked at one size to train on."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ...errors import KitError
from ...pictures.images import WHITE, read_image, read_mask
from .columns import PICTURES, SCORES
from .shards import shard_paths


def read_pairs(folder, size=None, kept=True, validation=None):
    """The pairs that `build_pairs` built.

    Parameters
    ----------
    folder : path, the folder of the build
    size : int, optional
        Pixels: pictures and masks are cut to the square in their middle and scaled to size x size. As they were built
        if not given.
    kept : bool or None
        True: those that the filter kept. False: those that it dropped. None: all.
    validation : bool or None
        True: the one in twenty that is set aside to be looked at by people. False: the others. None: all.

    Returns
    -------
    Pairs : a sequence, of which each is a dict:
        "id" str; "before", "after" uint8 (H, W, 3); "mask" bool (H, W), white = 1 = edit; "instruction" str;
        "captions" (before, after); "kind" of edit, "" where unknown; "mask_source" "click", "box", "words" or "own";
        "mask_phrase" str; "scores" {name: float or None}, see `scoring.Scores`; "kept" bool; "reason" why it was
        dropped, ""; "validation" bool. Pictures and masks are None where a dropped row has none.

    Raises
    ------
    KitError
        No such folder, no pairs in it, a shard that can't be read.
    """
    if size is not None and size < 1:
        raise KitError(f"size is {size}; give pixels, 1 or more")
    if not shard_paths(folder):
        raise KitError(f"{folder}: there are no pairs in it; `maskedit pairs build` builds some")
    return Pairs(Path(folder), size, kept, validation)


class Pairs(Sequence):
    """Of `read_pairs`. Words and numbers are held, pictures are read when a pair is asked for."""

    def __init__(self, folder, size=None, kept=None, validation=None):
        self.folder, self.size = folder, size
        self._places, self._words = [], []  # (shard, row in it), and the row without its pictures
        for path in shard_paths(folder):
            for i, row in enumerate(_read(path, pictures=False)):
                if kept in (None, row["kept"]) and validation in (None, row["validation"]):
                    self._places.append((path, i))
                    self._words.append(row)
        self._open = None, None  # the last shard that was read, and its pictures

    def __len__(self):
        return len(self._places)

    def __getitem__(self, index):
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        path, i = self._places[index]
        if self._open[0] != path:
            self._open = path, _read(path, pictures=True)
        row, pictures = self._words[index], self._open[1][i]
        before, after, mask = (_pixels(pictures[name], name) for name in PICTURES)
        if self.size is not None:
            before, after, mask = (_square(pixels, self.size) for pixels in (before, after, mask))
        return {"id": row["id"], "before": before, "after": after, "mask": mask, "instruction": row["edit_prompt"],
                "captions": (row["source_caption"], row["target_caption"]), **self.words(index)}

    def words(self, index):
        """A pair without its pictures, which costs nothing: kind, mask_source, mask_phrase, scores, kept, reason,
        validation."""
        row = self._words[index]
        names = ("kind", "mask_source", "mask_phrase", "kept", "reason", "validation")
        return {**{name: row[name] for name in names}, "scores": {name: row[name] for name in SCORES}}

    @property
    def names(self):
        """The ids, list of str."""
        return [row["id"] for row in self._words]

    @property
    def instructions(self):
        return [row["edit_prompt"] for row in self._words]


def _read(path, pictures):
    """Rows of a shard as dicts, either the pictures or the rest."""
    import pyarrow.parquet as parquet

    try:
        names = parquet.read_schema(path).names
        return parquet.read_table(path, columns=[name for name in names if (name in PICTURES) == pictures]).to_pylist()
    except Exception as error:  # pyarrow raises its own, and OSError
        raise KitError(f"{path} can't be read ({' '.join(str(error).split())[:120]}); delete it, and the same "
                       "`maskedit pairs build` makes it again") from error


def _pixels(stored, name):
    if stored is None:
        return None
    return read_mask(stored["bytes"], allow_empty=True) > WHITE if name == "mask_image" else read_image(stored["bytes"])


def _square(pixels, size):
    """The square in the middle, scaled: a picture smoothly (Lanczos); a pixel of a mask is in if a quarter of it is,
    so that thin parts survive."""
    if pixels is None:
        return None
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    part = pixels[top:top + side, left:left + side]
    if side == size:
        return part
    if pixels.ndim == 3:
        return np.array(Image.fromarray(part).resize((size, size), Image.Resampling.LANCZOS))
    return np.array(Image.fromarray(part.astype(np.float32)).resize((size, size), Image.Resampling.BOX)) >= 0.25
