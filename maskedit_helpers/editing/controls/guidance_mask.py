"""GuidanceMask: the instruction guides inside the mask only."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from ...errors import KitError
from .base import Masked


@dataclass(frozen=True, kw_only=True)
class GuidanceMask(Masked):
    """Text guidance inside M only: e_0 + s_I (e_I - e_0) + M s_T (e_T - e_I).

    The pipeline's formula is left alone; of the U-Net's three answers, e_T becomes e_I + M (e_T - e_I).
    """

    order: ClassVar = 2
    rows: ClassVar = "TI"
    presets: ClassVar = {"guidance": {}}

    def check_beside(self, others):
        for other in others:
            if getattr(other, "replaces_all", False) and all(
                    getattr(other, how) == getattr(self, how) for how in ("soft", "dilate", "shrink")):
                raise KitError(f"GuidanceMask adds nothing to a {type(other).__name__} over the whole window: what is "
                               "guided outside is replaced anyway; leave it out, or make the window shorter")

    @contextmanager
    def attached(self, pipe, batch):
        import torch

        def mask_guidance(unet, inputs, output):
            e_T, e_I, e_0 = output[0].chunk(3)
            M = self.cells_like(batch.M, e_T, inputs[1])
            return (torch.cat([torch.lerp(e_I, e_T, M), e_I, e_0]),)

        hook = pipe.unet.register_forward_hook(mask_guidance)
        try:
            yield {}
        finally:
            hook.remove()
