"""What the main process of a run writes down: the log, the bar, and from time to time the checkpoint and a preview."""
import math
import time

from ..errors import KitError
from .checkpoint import Log, write_checkpoint

CHECKPOINT_SECONDS = 120
PREVIEW_SECONDS = 600
LOG_STEPS = 10  # one row of the log is the mean of so many steps


class Books:
    """Of a `loop.Run`, whose step, elapsed, lr and state() they read."""

    def __init__(self, run):
        from tqdm.auto import tqdm

        self.run, self.log = run, Log(run.folder / "log.csv", run.step)
        self.sums, self.count, self.row = {}, 0, {}
        self.first_step = run.step
        self.started = self.checked = self.shown = time.monotonic()
        self.bar = tqdm(total=run.budget.total, initial=run.budget.done(run.step, run.elapsed), desc=run.part.name,
                        bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}")

    def note(self, terms):
        """Add up a step's numbers, which stay on the device until a row is written."""
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + (value.detach() if hasattr(value, "detach") else value)
        self.count += 1

    def keep(self):
        """After a step: whatever is due. KitError if the loss is no longer a number, or the disk refuses."""
        now = time.monotonic()
        due = now - self.checked >= CHECKPOINT_SECONDS
        if self.count >= LOG_STEPS or due:
            self._write_row()
            seen = (self.run.step - self.first_step) * self.run.part.batch_size * self.run.team.size
            self.bar.set_postfix_str(f"step {self.run.step}, loss {self.row['loss']:.4g}, "
                                     f"{seen / (now - self.started):.1f} samples/s")
        self.bar.update(self.run.budget.done(self.run.step, self.run.elapsed) - self.bar.n)
        if due:
            self._checkpoint()
            self.checked = now
        if now - self.shown >= PREVIEW_SECONDS:
            self._preview()
            self.shown = time.monotonic()

    def close(self):
        """After the last step: all of it. Raises as `keep`."""
        if self.count:
            self._write_row()
        self._checkpoint()
        self._preview()

    def _write_row(self):
        means = {name: float(total) / self.count for name, total in self.sums.items()}
        if not math.isfinite(means["loss"] + means["gradient"]):
            raise KitError(
                f"{self.run.part.name}: the loss is no longer a number at step {self.run.step}; the checkpoint in "
                f"{self.run.folder} is from before: lower the learning rate and begin anew")
        self.row = {"step": self.run.step, "elapsed": round(self.run.elapsed, 1), "lr": self.run.lr, **means}
        self.log.write(self.row)
        self.sums, self.count = {}, 0

    def _checkpoint(self):
        write_checkpoint(self.run.folder / "checkpoint.pt", self.run.state())

    def _preview(self):
        import torch

        from ..pictures.images import write_png

        with torch.no_grad():
            picture = self.run.part.preview(self.run.averaged)
        if picture is not None:
            write_png(self.run.folder / "preview.png", picture)
