"""AttentionMask: cross-attention reads the instruction inside the mask only."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from ..attention import PARTS, Masking, check_parts, cross_attentions, layer_size, processed
from ..latents import to_cells
from .base import Masked


@dataclass(frozen=True, kw_only=True)
class AttentionMask(Masked):
    """Cross-attention reads the instruction inside M; outside, the same queries read the empty instruction.

    Only the row e_T changes: A(Q, K_T, V_T) becomes M A(Q, K_T, V_T) + (1 - M) A(Q, K_0, V_0). What was read spreads
    further, by self-attention and convolutions, so it says where the words enter, not where they end.

    layers : tuple out of "down", "mid" and "up", the parts of the U-Net in which it is done
    """

    layers: tuple = PARTS

    order: ClassVar = 3
    rows: ClassVar = "TI"
    presets: ClassVar = {"attention": {}}

    def __post_init__(self):
        super().__post_init__()
        check_parts(self.layers, "layers")

    @contextmanager
    def attached(self, pipe, batch):
        now = {}
        hook = pipe.unet.register_forward_pre_hook(lambda unet, inputs: now.update(latents=inputs[0], t=inputs[1]))
        mask = lambda queries: self._positions(batch.M, queries, now)  # noqa: E731
        try:
            with processed(cross_attentions(pipe.unet, self.layers), lambda usual: Masking(usual, mask, len(batch.M))):
                yield {}
        finally:
            hook.remove()

    def _positions(self, M, queries, now):
        """M for the queries (B, positions, channels) of a layer: (B, positions, 1)."""
        cells = self.cells_like(M, now["latents"], now["t"])  # grown in the latents' cells, whatever the layer's are
        size = layer_size(cells.shape[-2:], queries.shape[1])
        return to_cells(cells[:, 0], size, soft=True).flatten(2).mT.to(queries.dtype)
