"""Crop: only a square around the mask is edited, enlarged."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import KitError
from ...pictures.images import WHITE
from .base import Control


@dataclass(frozen=True)
class Crop(Control):
    """Edit only a square around M, enlarged to the model's full working size, and put it back: for small objects in
    large pictures. The rest of the picture is not shown to the model, nor touched.

    padding : share of the square's side that is left around M on each side, at least 0
    """

    padding: float = 0.25

    order: ClassVar = 4
    presets: ClassVar = {"crop": {}}

    def __post_init__(self):
        if not 0 <= self.padding <= 10:
            raise KitError(f"padding is {self.padding}; give 0 or more, as a share of the mask's longer side")

    def region(self, M):
        """(left, top, right, bottom), pixels: the square around M's inside, moved and cut to lie in the picture."""
        height, width = M.shape
        ys, xs = np.nonzero(M > WHITE)
        if not len(xs):
            raise KitError("Crop: the mask is empty; there is nothing to crop to")
        side = round(max(np.ptp(xs) + 1, np.ptp(ys) + 1) * (1 + 2 * self.padding))
        side = max(side, 8)  # the smallest picture that an editor takes
        corner = []
        for low, high, length in ((xs.min(), xs.max(), width), (ys.min(), ys.max(), height)):
            begin = round((low + high + 1 - side) / 2)
            corner.append(max(0, min(begin, length - side)))
        x, y = corner
        return x, y, min(x + side, width), min(y + side, height)
