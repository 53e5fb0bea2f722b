"""What the controls that heed a mask at every step share, and the two of them that reach into the U-Net.

They work at the size of the latents, whose cells are several pixels wide: hence the options of `Masked`.
"""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from .attention import PARTS, Masking, check_parts, cross_attentions, layer_size, processed
from .errors import KitError
from .latents import to_cells

T = 1000.0  # the noisiest timestep


@dataclass(frozen=True)
class Batch:
    """Pictures that go through the pipeline together.

    pictures: list of uint8 (H, W, 3). M: float32 tensor (B, H, W). instructions: list of str. generators: list of
    torch.Generator, of which the pipeline will draw. steps: int. progress: bool, whether long work shows a bar.
    """

    pictures: list
    M: object
    instructions: list
    generators: list
    steps: int
    progress: bool


@dataclass(frozen=True, kw_only=True)
class Masked:
    """How a mask in pixels becomes one in latent cells, at each timestep.

    soft : bool; a cell is the share of its pixels in M, rather than 1 if all of them are and else 0. In LatentBlend,
        which multiplies at every step, what is half inside soon counts as outside
    dilate : int, cells by which M is grown: an edit needs room at its border, one cell or two
    shrink : int, further cells at t = 1000, which go linearly to none at t = 0: the layout is found in a wide mask,
        the details in a narrow one
    """

    soft: bool = False
    dilate: int = 0
    shrink: int = 0

    decisive: ClassVar = T  # the timestep at which a mask without cells makes all of it useless: here, its widest
    remedy: ClassVar = "dilate=1 or soft=True"
    nothing: ClassVar = "the instruction acts nowhere"

    def __post_init__(self):
        for what in ("dilate", "shrink"):
            if not (isinstance(cells := getattr(self, what), int) and 0 <= cells <= 64):
                raise KitError(f"{what} is {cells!r}; give a whole number of latent cells, 0 or more")

    def cells(self, M, size, t):
        """M, tensor (B, H, W), as latent cells (B, 1, h, w) at timestep t; size is (h, w)."""
        return to_cells(M, size, self.soft, self.dilate + round(self.shrink * float(t) / T))

    def cells_like(self, M, like, t):
        """The cells on the device and in the numbers of a latent tensor."""
        return self.cells(M, like.shape[-2:], t).to(like.device, like.dtype)

    def check(self, M, cell):
        """Warn where a mask that is not empty holds no latent cell, so that the control would do nothing.

        M : float32 (H, W), at the size at which the model works
        cell : pixels of a cell's side
        """
        import torch

        size = M.shape[0] // cell, M.shape[1] // cell
        if M.any() and not self.cells(torch.from_numpy(M)[None], size, self.decisive).any():
            warnings.warn(f"{type(self).__name__}: the mask holds no whole latent cell, {cell}x{cell} pixels of the "
                          f"{M.shape[1]}x{M.shape[0]} at which the model works, so {self.nothing}; give it "
                          f"{self.remedy}, or put Crop() beside it", stacklevel=2)

    def attached(self, pipe, batch):
        """Context in which the control acts; gives further options for the call of the pipeline."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class GuidanceMask(Masked):
    """Text guidance inside M only: e_0 + s_I (e_I - e_0) + M s_T (e_T - e_I).

    The pipeline's formula is left alone; of the U-Net's three answers, e_T becomes e_I + M (e_T - e_I).
    """

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


@dataclass(frozen=True, kw_only=True)
class AttentionMask(Masked):
    """Cross-attention reads the instruction inside M; outside, the same queries read the empty instruction.

    Only the row e_T changes: A(Q, K_T, V_T) becomes M A(Q, K_T, V_T) + (1 - M) A(Q, K_0, V_0). What was read spreads
    further, by self-attention and convolutions, so it says where the words enter, not where they end.

    layers : tuple out of "down", "mid" and "up", the parts of the U-Net in which it is done
    """

    layers: tuple = PARTS

    def __post_init__(self):
        super().__post_init__()
        check_parts(self.layers, "layers")

    @contextmanager
    def attached(self, pipe, batch):
        now = {}
        hook = pipe.unet.register_forward_pre_hook(lambda unet, inputs: now.update(latents=inputs[0], t=inputs[1]))
        mask = lambda queries: self._positions(batch.M, queries, now)  # noqa: E731
        try:
            with processed(cross_attentions(pipe.unet, self.layers), lambda usual: Masking(usual, mask)):
                yield {}
        finally:
            hook.remove()

    def _positions(self, M, queries, now):
        """M for the queries (B, positions, channels) of a layer: (B, positions, 1)."""
        cells = self.cells_like(M, now["latents"], now["t"])  # grown in the latents' cells, whatever the layer's are
        size = layer_size(cells.shape[-2:], queries.shape[1])
        return to_cells(cells[:, 0], size, soft=True).flatten(2).mT.to(queries.dtype)
