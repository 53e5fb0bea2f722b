"""LatentBlend: after each step the latents outside the mask become the original's, at the same level of noise."""

from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from ...errors import KitError
from ..latents import device_of, encode, invert, kept, mixture
from ..schedulers import corrected
from .base import Masked, T


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

    order: ClassVar = 1  # inversion asks the U-Net itself: before others change what it answers
    presets: ClassVar = {"latent": {}, "latent-dilated": {"dilate": 2},
                         "inversion": {"source": "inversion", "dilate": 2}}
    remedy: ClassVar = "dilate=1"  # a soft cell is multiplied at each step until nothing is left
    nothing: ClassVar = "the original is put back everywhere"

    def __post_init__(self):
        super().__post_init__()
        if self.source not in ("noise", "inversion"):
            raise KitError(f'source {self.source!r} is unknown; use "noise" or "inversion"')
        if not T >= self.start >= self.end >= 0:
            raise KitError(f"the window goes from start = {self.start} down to end = {self.end}; give timesteps with "
                           f"{T:g} >= start >= end >= 0")

    @property
    def replaces_all(self):
        """Is the outside put back at every step, so that nothing done there counts?"""
        return (self.start, self.end, self.source) == (T, 0, "noise")

    @property
    def decisive(self):
        """The end of the window: what is put in everywhere there is what the rest of the edit starts from."""
        return self.end

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
        scheduler.set_timesteps(batch.steps, device=device_of(pipe))
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

        put = None  # (the original's latents, the cells of M), as they were last put in

        def keep_outside(latents, t, unit=1.0):
            nonlocal put
            at = 0.0 if t is None else float(t)
            put = (original(t) / unit, self.cells_like(batch.M, latents, at)) if self.end <= at <= self.start else None
            return again(latents)

        def again(latents):
            return torch.lerp(put[0], latents, put[1]) if put else latents

        def after_step(pipe, i, t, tensors):
            following = scheduler.timesteps[i + 1] if i + 1 < len(scheduler.timesteps) else None
            return {"latents": keep_outside(tensors["latents"], t if self.as_published else following)}

        with corrected(scheduler, again):
            # The pipeline will multiply what it is given by init_noise_sigma.
            yield {"latents": keep_outside(noise, scheduler.timesteps[0], scheduler.init_noise_sigma),
                   "callback_on_step_end": after_step}
