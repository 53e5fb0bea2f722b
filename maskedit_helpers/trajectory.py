"""Watching InstructPix2Pix at work: at every step what the U-Net saw, its three answers, and where it is heading.

The U-Net answers three times: with text and picture (t), with the picture only (i), with neither (u). The pipeline
makes one prediction of them and hands it to the scheduler. All of it is read from outside, by a hook on the U-Net
and a wrapper around the scheduler's step; afterwards the pipeline is as it was.
"""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from .errors import KitError


@dataclass(frozen=True)
class Step:
    """One denoising step of one picture; h, w are latent cells.

    t: timestep, from about 1000 (noise) to 0 (picture). latent: float32 (4, h, w), the noisy latent
    z_t = sqrt(a) z_0 + sqrt(1 - a) eps that the U-Net saw. rows: float32 (3, 4, h, w), the U-Net's answers t, i, u.
    guided: float32 (4, h, w), what the pipeline made of them. a: kept share of the signal, alpha bar of t, 0-1.
    """

    t: float
    latent: np.ndarray
    rows: np.ndarray
    guided: np.ndarray
    a: float


class Trajectory:
    """The steps of one edit, first to last. `steps` is a list of Step; `guess(k)` is a picture."""

    def __init__(self, pipe):
        self._pipe, self.steps, self._last = pipe, [], None

    def __len__(self):
        return len(self.steps)

    def guess(self, k):
        """The picture that step k is heading for: its clean latent, decoded.

        From z_t and the guided prediction: z_0 = (z_t - sqrt(1 - a) eps) / sqrt(a) where the model predicts the
        noise, z_0 = sqrt(a) z_t - sqrt(1 - a) v where it predicts v (Salimans & Ho 2022).

        Returns
        -------
        uint8 (H, W, 3) at the size at which the model works.
        """
        step = self.steps[k]
        kind = self._pipe.scheduler.config.prediction_type
        signal, noise = step.a ** 0.5, (1 - step.a) ** 0.5
        if kind == "epsilon":
            clean = (step.latent - noise * step.guided) / signal
        elif kind == "v_prediction":
            clean = signal * step.latent - noise * step.guided
        else:
            raise KitError(f"a model that predicts {kind!r} is not known here; epsilon and v_prediction are")
        return self._decode(clean)

    def _decode(self, latent):
        import torch

        vae = self._pipe.vae
        z = torch.from_numpy(latent)[None].to(vae.device, vae.dtype) / vae.config.scaling_factor
        with torch.inference_mode():
            picture = self._pipe.image_processor.postprocess(vae.decode(z).sample, output_type="np")[0]
        return np.rint(picture * 255).astype(np.uint8)

    def _unet_answered(self, unet, inputs, kwargs, output):
        sample, t = inputs[0], float(inputs[1])
        rows = (output[0] if isinstance(output, tuple) else output.sample).float().cpu().numpy()
        # Rows are grouped by kind; of a batch, the first picture is watched.
        self._last = t, sample[0, :4].float().cpu().numpy(), rows.reshape(3, -1, *rows.shape[1:])[:, 0]

    def _scheduler_asked(self, guided):
        t, latent, rows = self._last
        kept = self._pipe.scheduler.alphas_cumprod.cpu().numpy()
        a = float(np.interp(t, np.arange(len(kept)), kept))  # some schedulers step between whole timesteps
        self.steps.append(Step(t, latent, rows, guided[0].float().cpu().numpy(), a))


@contextmanager
def watch(kit):
    """Watch an edit: `with me.watch(kit) as seen: y = kit.edit(...)`.

    Parameters
    ----------
    kit : Kit

    Yields
    ------
    Trajectory, which fills while the edit runs.
    """
    pipe = kit.editor.pipe
    seen, scheduler = Trajectory(pipe), pipe.scheduler
    step, replaced = scheduler.step, vars(scheduler).get("step")

    def stepping(model_output, *rest, **options):
        seen._scheduler_asked(model_output)
        return step(model_output, *rest, **options)

    stepping.__wrapped__ = step  # the pipeline asks the signature what it may pass
    hook = pipe.unet.register_forward_hook(seen._unet_answered, with_kwargs=True)
    scheduler.step = stepping
    try:
        yield seen
    finally:
        hook.remove()
        del scheduler.step  # the instance's; the class's shows again
        if replaced is not None:  # another watcher's
            scheduler.step = replaced
