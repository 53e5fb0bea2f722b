"""Ways to tell the denoising where: small objects for `kit.edit(image, instruction, mask=M, control=...)`.

The plain blend sees the last picture only; the others reach into the denoising. Each attaches to the unmodified
diffusers pipeline for the time of one edit and leaves it as it was:

    Blend          y_tilde = M y + (1 - M) x0, once, on the last picture; all others end with it too
    LatentBlend    after each step the latents outside M are the original's, at the same level of noise
    GuidanceMask   u + s_I (i - u) + M s_T (t - i): the instruction guides inside M only
    AttentionMask  cross-attention reads the instruction inside M, outside it reads an empty one
    Crop           only a square around M is edited, enlarged to the model's full working size

They work at the size of the latents, whose cells are several pixels wide: hence the options of `Masked`.
"""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np

from .attention import PARTS, Masking, cross_attentions, layer_size, processed
from .errors import KitError
from .images import WHITE
from .latents import encode, invert, kept, mixture, to_cells

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

    def __post_init__(self):
        for what in ("dilate", "shrink"):
            if not (isinstance(cells := getattr(self, what), int) and 0 <= cells <= 64):
                raise KitError(f"{what} is {cells!r}; give a whole number of latent cells, 0 or more")

    def cells(self, M, like, t):
        """M (B, H, W) as cells (B, 1, h, w) of a latent tensor at timestep t."""
        grown = self.dilate + round(self.shrink * float(t) / T)
        return to_cells(M, like.shape[-2:], self.soft, grown).to(like.device, like.dtype)

    def attached(self, pipe, batch):
        """Context in which the control acts; gives further options for the call of the pipeline."""
        raise NotImplementedError


@dataclass(frozen=True)
class Blend:
    """The plain equation on the last picture, y_tilde = M y + (1 - M) x0: the reference, and how every edit with a
    mask ends. As a control of its own, or beside others, it sets how: dilate, feather (pixels of the picture) and
    mode as for `me.blend`.
    """

    dilate: float = 0
    feather: float = 0
    mode: str = "alpha"

    @contextmanager
    def attached(self, pipe, batch):
        yield {}


@dataclass(frozen=True, kw_only=True)
class LatentBlend(Masked):
    """After each step the latents outside M become the original's at the same level of noise.

    Source: Avrahami, Lischinski, Fried, "Blended Diffusion", CVPR 2022, and "Blended Latent Diffusion", SIGGRAPH 2023.

    start, end : timesteps, 1000 to 0; only latents of start >= t >= end are replaced
    source : where the original's noisy latents come from: "noise", z_0 mixed with the edit's own starting noise, or
        "inversion", the way back by DDIM, which costs one more U-Net row a step
    as_published : bool, see `grounded`
    """

    start: float = T
    end: float = 0
    source: str = "noise"
    as_published: bool = False

    def __post_init__(self):
        super().__post_init__()
        if self.source not in ("noise", "inversion"):
            raise KitError(f'source {self.source!r} is unknown; use "noise" or "inversion"')
        if not T >= self.start >= self.end >= 0:
            raise KitError(f"the window goes from start = {self.start} down to end = {self.end}; give timesteps with "
                           f"{T:g} >= start >= end >= 0")

    @classmethod
    def grounded(cls, corrected=False):
        """The setting of Grounded-Instruct-Pix2Pix (Shagidanov et al., ICASSP 2024): inversion, t in [100, 1], made for
        100 steps, a soft mask.

        As their code runs it, with the checkpoint's own Euler sampler: the inverted latents are variance-preserving,
        the sampler's are not, and what is put in after the step at t has the noise of t, not that of the next. With
        `corrected`, both scale and level are the sampler's.
        """
        return cls(start=100, end=1, source="inversion", soft=True, as_published=not corrected)

    @contextmanager
    def attached(self, pipe, batch):
        import torch
        from diffusers.utils.torch_utils import randn_tensor

        scheduler = pipe.scheduler
        scheduler.set_timesteps(batch.steps, device=pipe._execution_device)
        z_0 = encode(pipe, batch.pictures) * pipe.vae.config.scaling_factor
        # The pipeline's own first draw: drawn here, so that the original can be mixed with the same noise.
        noise = randn_tensor(z_0.shape, batch.generators, z_0.device, z_0.dtype)
        if self.source == "inversion":
            way = invert(pipe, batch.pictures, batch.instructions, self.start, batch.progress)

        def original(t):
            """The original's latents at timestep t, as the scheduler would have them; t is None at the very end."""
            if t is None:
                return z_0
            if self.source == "noise":
                return scheduler.add_noise(z_0, noise, t.reshape(1).repeat(len(z_0)))
            if self.as_published:
                return way[float(t)]
            signal, _ = mixture(scheduler, t)
            return way[float(t)] * signal / kept(scheduler, t) ** 0.5

        def keep_outside(latents, t, unit=1.0):
            at = 0.0 if t is None else float(t)
            if not self.end <= at <= self.start:
                return latents
            return torch.lerp(original(t) / unit, latents, self.cells(batch.M, latents, at))

        def after_step(pipe, i, t, tensors):
            following = scheduler.timesteps[i + 1] if i + 1 < len(scheduler.timesteps) else None
            return {"latents": keep_outside(tensors["latents"], t if self.as_published else following)}

        # The pipeline will multiply what it is given by init_noise_sigma.
        yield {"latents": keep_outside(noise, scheduler.timesteps[0], scheduler.init_noise_sigma),
               "callback_on_step_end": after_step}


@dataclass(frozen=True, kw_only=True)
class GuidanceMask(Masked):
    """Text guidance inside M only: u + s_I (i - u) + M s_T (t - i).

    The pipeline's formula is left alone; of the U-Net's three answers, t becomes i + M (t - i).
    """

    @contextmanager
    def attached(self, pipe, batch):
        import torch

        def mask_guidance(unet, inputs, output):
            t, i, u = output[0].chunk(3)
            return (torch.cat([torch.lerp(i, t, self.cells(batch.M, t, inputs[1])), i, u]),)

        hook = pipe.unet.register_forward_hook(mask_guidance)
        try:
            yield {}
        finally:
            hook.remove()


@dataclass(frozen=True, kw_only=True)
class AttentionMask(Masked):
    """Cross-attention reads the instruction inside M; outside, the same queries read the empty instruction.

    Only the row t changes: A(Q, K_T, V_T) becomes M A(Q, K_T, V_T) + (1 - M) A(Q, K_0, V_0). What was read spreads
    further, by self-attention and convolutions, so it says where the words enter, not where they end.

    layers : tuple out of "down", "mid" and "up", the parts of the U-Net in which it is done
    """

    layers: tuple = PARTS

    def __post_init__(self):
        super().__post_init__()
        if not self.layers or not set(self.layers) <= set(PARTS):
            raise KitError(f"layers {self.layers!r}: give some of {PARTS}")

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
        cells = self.cells(M, now["latents"], now["t"])  # grown in cells of the latents, whatever the layer's are
        size = layer_size(cells.shape[-2:], queries.shape[1])
        return to_cells(cells[:, 0], size, soft=True).flatten(2).mT.to(queries.dtype)


@dataclass(frozen=True)
class Crop:
    """Edit only a square around M, enlarged to the model's full working size, and put it back: for small objects in
    large pictures. The rest of the picture is not shown to the model, nor touched.

    padding : share of the square's side that is left around M on each side, at least 0
    """

    padding: float = 0.25

    def __post_init__(self):
        if not 0 <= self.padding <= 10:
            raise KitError(f"padding is {self.padding}; give 0 or more, as a share of the mask's longer side")

    def region(self, M):
        """(x0, y0, x1, y1), pixels: the square around M's inside, moved and cut to lie in the picture."""
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

    @contextmanager
    def attached(self, pipe, batch):
        yield {}  # all that it does is done to the pictures, before and after


KINDS = (Blend, LatentBlend, GuidanceMask, AttentionMask, Crop)
CONTROLS = {  # settings with a name, for the command line and the scoreboard
    "blend": Blend(),
    "latent": LatentBlend(),
    "latent-dilated": LatentBlend(dilate=2),
    "inversion": LatentBlend(source="inversion", dilate=2),
    "guidance": GuidanceMask(),
    "attention": AttentionMask(),
    "crop": Crop(),
}


def named(names):
    """The settings of those names out of CONTROLS, as a dict; "all" gives all. Raises KitError for another."""
    names = list(CONTROLS) if names == "all" else list(names)
    if strange := [name for name in names if name not in CONTROLS]:
        raise KitError(f"control {strange[0]!r} is unknown; use {', '.join(CONTROLS)}")
    return {name: CONTROLS[name] for name in names}


def compose(control):
    """{class: control} of one control, a list of them or None, checked to make sense together.

    Raises
    ------
    KitError
        Something else; two of a kind; one that adds nothing to another.
    """
    controls = list(control) if isinstance(control, (list, tuple)) else [control or Blend()]
    chosen = {type(one): one for one in controls}
    for one in controls:
        if not isinstance(one, KINDS):
            names = ", ".join(f"{kind.__name__}()" for kind in KINDS)
            raise KitError(f"control {one!r} is none; use {names}, or a list of them")
    if len(chosen) < len(controls):
        raise KitError("two controls of one kind would undo each other; give one of each at most")
    latent, guidance = chosen.get(LatentBlend), chosen.get(GuidanceMask)
    if latent and guidance and (latent.start, latent.end, latent.source) == (T, 0, "noise"):
        if all(getattr(latent, how) == getattr(guidance, how) for how in ("soft", "dilate", "shrink")):
            raise KitError("GuidanceMask adds nothing to a LatentBlend over the whole window: what is guided outside "
                           "is replaced anyway; leave it out, or make the window shorter")
    return chosen


@contextmanager
def steered(pipe, controls, batch):
    """The controls attached; gives the options for the call of the pipeline.

    Inversion calls the U-Net itself, so LatentBlend goes first, before the others change what it answers.
    """
    options = {}
    with ExitStack() as stack:
        for one in sorted(controls, key=lambda one: not isinstance(one, LatentBlend)):
            options |= stack.enter_context(one.attached(pipe, batch))
        yield options
