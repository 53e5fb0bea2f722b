"""What an edit costs, read from outside: hooks on the modules, the pipeline stays as it is."""

import time
from dataclasses import dataclass

from .latents import device_of


@dataclass(frozen=True)
class EditReport:
    """What an edit cost.

    seconds: of the stages "encode", "denoise" and "decode". unet_rows: rows that went through the U-Net, up to 3 per
    step and picture as the plan asks, and 1 where a control inverts. peak_memory_mb: of the GPU during the edit; on a
    CPU, of the whole process so far (None where the system doesn't tell). plan: the `plan.Plan` that it followed.
    """

    seconds: dict
    unet_rows: int
    peak_memory_mb: float | None
    plan: object = None


class Meter:
    """Stage times and U-Net rows of one edit: `with Meter(pipe) as meter`, then `meter.report()`."""

    def __init__(self, pipe, plan=None):
        self.plan = plan
        self.pipe, self.rows, self.seconds = pipe, 0, {"encode": 0.0, "denoise": 0.0, "decode": 0.0}
        self.device = device_of(pipe)  # where each part works, also if it rests elsewhere (memory="low")
        self.cuda = self.device.type == "cuda"

    def __enter__(self):
        import torch

        if self.cuda:
            torch.cuda.reset_peak_memory_stats(self.device)
        self.hooks = [self.pipe.unet.register_forward_pre_hook(self._unet_starts),
                      self.pipe.vae.decoder.register_forward_pre_hook(self._decoder_starts)]
        return self

    def __exit__(self, *error):
        for hook in self.hooks:
            hook.remove()

    def start_batch(self):
        self.stage, self.since = "encode", self._now()

    def end_batch(self):
        self._enter("done")

    def _unet_starts(self, unet, inputs):
        if self.stage == "encode":
            self._enter("denoise")
        self.rows += len(inputs[0])

    def _decoder_starts(self, decoder, inputs):
        if self.stage == "denoise":
            self._enter("decode")

    def _enter(self, stage):
        now = self._now()
        self.seconds[self.stage] += now - self.since
        self.stage, self.since = stage, now

    def _now(self):
        import torch

        if self.cuda:
            torch.cuda.synchronize(self.device)  # a GPU's work is only queued when the call returns
        return time.perf_counter()

    def report(self):
        import torch

        peak = torch.cuda.max_memory_allocated(self.device) / 2**20 if self.cuda else _process_peak_mb()
        return EditReport(dict(self.seconds), self.rows, peak, self.plan)


def _process_peak_mb():
    import sys

    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, kilobytes elsewhere
