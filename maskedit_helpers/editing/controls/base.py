"""What every control is, and what those that heed a mask at every step share.

They work at the size of the latents, whose cells are several pixels wide: hence the options of `Masked`.
"""

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from ...errors import KitError
from ..latents import to_cells

T = 1000.0  # the noisiest timestep


@dataclass(frozen=True)
class Batch:
    """Pictures that go through the pipeline together.

    pictures: list of uint8 (H, W, 3). M: float32 tensor (B, H, W). instructions: list of str. generators: list of
    torch.Generator, of which the pipeline will draw. steps: int. progress: bool, whether long work shows a bar.
    learned: as an Editor's.
    """

    pictures: list
    M: object
    instructions: list
    generators: list
    steps: int
    progress: bool
    learned: object = None


class Control:
    """What a control may do to an edit; each is given what it needs and may leave any of it alone.

    Subclasses are frozen dataclasses, so that equal settings are equal and `repr` says them all.
    """

    order: ClassVar = 10  # in which controls attach and are listed; what draws the starting noise comes first
    rows: ClassVar = ""  # of TI0: what it works on at every step, so that no plan may leave them out
    weights: ClassVar = False  # does it put others in the U-Net, of which a student knows nothing?
    presets: ClassVar = {}  # {name on the command line: settings}; a class without any is no control by itself

    def check_beside(self, others):
        """Raise KitError if it makes no sense together with one of the others."""

    def check_editor(self, editor):
        """Raise KitError, before the work, for an `editor.Editor` that lacks what it needs."""

    def check_picture(self, shape):
        """Raise KitError, before the work, for settings that don't fit a picture of shape (H, W, 3)."""

    def check(self, M, cell):
        """Warn where it would do nothing.

        M : float32 (H, W), at the size at which the model works
        cell : pixels of a latent cell's side
        """

    def region(self, M):
        """(left, top, right, bottom), pixels: the part of the picture that is edited; None for all of it.

        M : float32 (H, W), at the picture's own size
        """

    @contextmanager
    def attached(self, pipe, batch):
        """Context in which it acts on the pipeline; gives further options for its call, and leaves it as it was."""
        yield {}

    def finish(self, x0, y, M):
        """The edited picture uint8 (H, W, 3), once it is done, at its own size."""
        return y


@dataclass(frozen=True, kw_only=True)
class Masked(Control):
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
        """Warn where a mask that is not empty holds no latent cell."""
        import torch

        size = M.shape[0] // cell, M.shape[1] // cell
        if M.any() and not self.cells(torch.from_numpy(M)[None], size, self.decisive).any():
            warnings.warn(f"{type(self).__name__}: the mask holds no whole latent cell, {cell}x{cell} pixels of the "
                          f"{M.shape[1]}x{M.shape[0]} at which the model works, so {self.nothing}; give it "
                          f"{self.remedy}, or put Crop() beside it", stacklevel=2)
