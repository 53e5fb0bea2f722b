"""Pairs that `maskedit pairs build` built, in the form that a training reads."""

import numpy as np

from ...errors import KitError
from ...fingerprint import fingerprint
from ..dataset import Dataset
from ..pairs_with_masks.reading import read_pairs


def built_dataset(folder, size):
    """The pairs of a folder that its filter kept, but those set aside for people to look at, at size x size pixels.

    Pictures are read when they are asked for, which is once: to be encoded. Masks are held, size x size bytes a pair.

    Raises
    ------
    KitError
        As `read_pairs`; no pair that was kept.
    """
    rows = read_pairs(folder, size=size, validation=False)
    if not len(rows):
        raise KitError(f"{folder}: the filter kept no pair; build with another --filter")
    masks = np.stack([rows[i]["mask"] for i in range(len(rows))])
    captions = [rows[i]["captions"] for i in range(len(rows))]
    return Dataset(before=_Column(rows, "before"), after=_Column(rows, "after"), ids=None, ids_after=None, masks=masks,
                   instructions=rows.instructions, captions=captions, names=[None] * len(rows),
                   source=f"built {size} " + fingerprint(rows.names, masks.tobytes()))


class _Column:
    """One picture of each pair, as an array would give it: of a slice uint8 (n, S, S, 3)."""

    def __init__(self, rows, name):
        self.rows, self.name = rows, name
        self.shape = (len(rows), rows.size, rows.size, 3)

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, part):
        if not isinstance(part, slice):
            return self.rows[int(part)][self.name]
        return np.stack([pair[self.name] for pair in self.rows[part]])
