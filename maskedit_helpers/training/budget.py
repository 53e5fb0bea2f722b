"""How long a run goes on, in minutes or in steps, and the learning rate that follows from how much of it is spent."""
import math
from dataclasses import dataclass

from ..errors import KitError

WARM_UP_STEPS = 100  # Adam's second moment is noise before; a short run warms up over its first tenth
LAST_LR = 0.02  # of the full rate, at the end of the cosine


@dataclass(frozen=True)
class Budget:
    """Of a whole run, of which a resumed one has spent some. Either is None."""

    minutes: float | None
    steps: int | None

    @classmethod
    def of(cls, minutes, steps, usual):
        """As asked, or `usual` minutes; KitError for both at once, and for what can't be spent."""
        if minutes is not None and steps is not None:
            raise KitError("give minutes or steps, not both")
        if minutes is not None and not (math.isfinite(minutes) and minutes > 0):
            raise KitError(f"{minutes:g} minutes: give a number above 0")
        if steps is not None and steps < 1:
            raise KitError(f"{steps} steps: give 1 or more")
        return cls(usual if minutes is None and steps is None else minutes, steps)

    @property
    def total(self):
        """In seconds, or in steps."""
        return 60 * self.minutes if self.steps is None else self.steps

    def done(self, step, elapsed):
        """How much of `total` that is, at a step and `elapsed` seconds."""
        return min(elapsed, self.total) if self.steps is None else step

    def progress(self, step, elapsed):
        """The same as a share, 1 and more once it is spent."""
        return (elapsed if self.steps is None else step) / self.total


def learning_rate(step, progress):
    """Factor on the full rate: linear warm-up, then a cosine down to LAST_LR. progress: 0-1 of the budget."""
    warm = min(1.0, max((step + 1) / WARM_UP_STEPS, 10 * progress))
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return warm * (LAST_LR + (1 - LAST_LR) * cosine)
