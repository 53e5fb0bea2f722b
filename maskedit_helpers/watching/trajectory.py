"""Watching InstructPix2Pix at work: at every step what the U-Net saw, its three answers, and where it is heading.

The U-Net answers three times: with text and picture (e_T), with the picture only (e_I), with neither (e_0). The
pipeline makes one prediction of them and hands it to the scheduler. All of it is read from outside, by a hook on the
U-Net and a wrapper around the scheduler's step; afterwards the pipeline is as it was.
"""

from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from ..editing.latents import clean_and_noise, device_of, kept


@dataclass(frozen=True)
class Step:
    """One denoising step of one picture; h, w are latent cells.

    t: timestep, from about 1000 (noise) to 0 (picture). latent: float32 (4, h, w), the noisy latent
    z_t = sqrt(a) z_0 + sqrt(1 - a) eps that the U-Net saw. rows: float32 (3, 4, h, w), its answers e_T, e_I, e_0.
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
        self._pipe, self.steps, self._last, self._heard = pipe, [], None, []

    def __len__(self):
        return len(self.steps)

    def guess(self, k):
        """The picture that step k is heading for: its clean latent z_0 by `latents.clean_and_noise`, decoded.

        Returns
        -------
        uint8 (H, W, 3) at the size at which the model works.
        """
        step = self.steps[k]
        clean, _ = clean_and_noise(self._pipe.scheduler.config.prediction_type, step.latent, step.guided, step.a)
        return self.decode(clean)

    def decode(self, latent):
        """The picture of a latent, float32 (4, h, w) as in Step: uint8 (H, W, 3), noise and all."""
        import torch

        pipe, vae = self._pipe, self._pipe.vae  # which with memory="low" rests on the CPU and works on the GPU
        z = torch.from_numpy(latent)[None].to(device_of(pipe), vae.dtype) / vae.config.scaling_factor
        with torch.inference_mode():
            picture = pipe.image_processor.postprocess(vae.decode(z).sample, output_type="np")[0]
        pipe.maybe_free_model_hooks()
        return np.rint(picture * 255).astype(np.uint8)

    def _unet_answered(self, unet, inputs, kwargs, output):
        sample, t = inputs[:2]
        rows = (output[0] if isinstance(output, tuple) else output.sample).float().cpu().numpy()
        if len(rows) % 3:
            return  # an inversion before the edit: no guidance, no three rows
        # Rows are grouped by kind; of a batch, the first picture is watched.
        self._last = t, sample[0, :4].float().cpu().numpy(), rows.reshape(3, -1, *rows.shape[1:])[:, 0]
        self._listen_to(self._pipe.scheduler)

    def _listen_to(self, scheduler):
        """Hear what the scheduler is asked. Only from the first step on: an edit may bring a scheduler of its own."""
        if any(scheduler is known for known, _ in self._heard):
            return
        step, replaced = scheduler.step, vars(scheduler).get("step")
        self._heard.append((scheduler, replaced))

        def stepping(model_output, *rest, **options):
            self._scheduler_asked(scheduler, model_output)
            return step(model_output, *rest, **options)

        stepping.__wrapped__ = step  # the pipeline asks the signature what it may pass
        scheduler.step = stepping

    def _leave(self):
        for scheduler, replaced in reversed(self._heard):
            del scheduler.step  # the instance's; the class's shows again
            if replaced is not None:  # another watcher's
                scheduler.step = replaced
        self._heard.clear()

    def _scheduler_asked(self, scheduler, guided):
        t, latent, rows = self._last
        self.steps.append(Step(float(t), latent, rows, guided[0].float().cpu().numpy(), kept(scheduler, t)))


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
    seen = Trajectory(pipe)
    hook = pipe.unet.register_forward_hook(seen._unet_answered, with_kwargs=True)
    try:
        yield seen
    finally:
        hook.remove()
        seen._leave()
