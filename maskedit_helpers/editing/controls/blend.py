"""Blend: the equation on the last picture."""

from dataclasses import dataclass
from typing import ClassVar

from ...pictures.blend import blended, check_growth, check_mode
from .base import Control


@dataclass(frozen=True)
class Blend(Control):
    """The plain equation on the last picture, y_tilde = M y + (1 - M) x0: the reference, and how every edit with a
    mask ends. As a control of its own, or beside others, it sets how: dilate, feather (pixels of the picture) and
    mode as for `me.blend`.
    """

    dilate: float = 0
    feather: float = 0
    mode: str = "alpha"

    order: ClassVar = 0
    presets: ClassVar = {"blend": {}}

    def __post_init__(self):
        check_growth(self.dilate, self.feather)
        check_mode(self.mode)

    def check_picture(self, shape):
        check_growth(self.dilate, self.feather, shape)  # the blend would say so too, after the work

    def finish(self, x0, y, M):
        return blended(x0, y, M, self.dilate, self.feather, self.mode)
