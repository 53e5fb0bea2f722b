"""MaskAware: the U-Net reads the mask itself, with weights that were trained for it."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from ...errors import KitError
from .base import Control


@dataclass(frozen=True)
class MaskAware(Control):
    """The mask as one more thing that the U-Net reads, in all three rows, with weights that were trained beside the
    plain editor's: `maskedit train mask-aware`. So the words need not say where: "make it red" is enough.

    way : how it is told, "channel", "encoded", "tokens" or "both", see `conditioning.ways`; or a folder that such a
        training of one's own wrote
    """

    way: str = "channel"

    order: ClassVar = 2  # after an inversion, which asks the plain editor
    weights: ClassVar = True
    presets: ClassVar = {"mask-aware": {}, "mask-aware:encoded": {"way": "encoded"},
                         "mask-aware:tokens": {"way": "tokens"}, "mask-aware:both": {"way": "both"}}

    def check_editor(self, editor):
        if editor.learned is None:
            raise KitError("MaskAware: this editor brings no weights that read a mask; that of me.load does")
        editor.learned(self.way, editor.pipe.unet)

    @contextmanager
    def attached(self, pipe, batch):
        with batch.learned(self.way, pipe.unet).told(pipe, batch.M):
            yield {}
