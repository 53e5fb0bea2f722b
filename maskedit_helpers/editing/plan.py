"""Plans: how an edit is computed. Which sampler takes how many steps, and which of the three rows are asked at each.

The picture that comes out is meant to be the same; what it costs is not. A plan may leave a row out
- exactly: at s_I = 1 the row e_0 has no weight in equation 3, at s_T = s_I the row e_I has none;
- by reuse: the differences e_T - e_I and e_I - e_0 change slowly, so an old one stands for a new one;
- by cut-off: late steps refine what is there, and need no guidance (`reuse=False`);
- by distillation: a student answers all three in one row, see distilled.py.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import KitError
from .rows import ROWS, check_rows, spread, weightless
from .schedulers import SCHEDULERS


def is_whole(value):
    """Is it a whole number? True is none."""
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


@dataclass(frozen=True)
class Plan:
    """How an edit is computed.

    scheduler: a name out of `schedulers.SCHEDULERS`; None is the checkpoint's own. steps: of the sampler. rows: which
    of TI0 (T text and picture, I picture, 0 neither) are asked, a tuple that is spread evenly over the steps. reuse: a
    row that is not asked follows from its last known difference; else guidance is cut off there. exact: rows without
    weight are not asked. native: numbers and memory as the processor is fastest with, see native.py. distilled: the
    student answers, in one row, what the rows together would.
    """

    scheduler: str | None = None
    steps: int = 20
    rows: tuple = (ROWS,)
    reuse: bool = False
    exact: bool = False
    native: bool = False
    distilled: bool = False

    def __post_init__(self):
        check_rows(self.rows)
        if self.scheduler is not None and self.scheduler not in SCHEDULERS:
            raise KitError(f"scheduler {self.scheduler!r} is unknown; use one of {', '.join(SCHEDULERS)}")
        if not is_whole(self.steps) or self.steps < 1:
            raise KitError(f"steps is {self.steps!r}; it must be a whole number, at least 1 (20 is usual)")
        if self.distilled and not {*self.rows} <= {ROWS, "T"}:
            raise KitError(f'rows {self.rows}: a distilled plan answers TI0, equation 3, or T, without guidance')

    def never(self, s_T, s_I, controls=()):
        """The rows that this plan leaves out at every step, since at these scales they weigh nothing."""
        return weightless(s_T, s_I) - {row for one in controls for row in one.rows} if self.exact else set()

    def asked(self, controls=()):
        """`rows`, and beside them at every step what the controls need."""
        if self.distilled:
            return ("T",)
        needed = {row for one in controls for row in one.rows}
        return tuple("".join(row for row in ROWS if row in step or row in needed) for step in self.rows)

    def count(self, controls=()):
        """Rows that an edit of one picture asks, where the sampler asks once a step and every row has weight."""
        return sum(len(spread(self.asked(controls), step, self.steps)) for step in range(self.steps))

    def check_controls(self, controls):
        """Raise KitError for a control that works on rows which a student's one row no longer shows."""
        for one in controls:
            if self.distilled and one.weights:
                raise KitError(f"{type(one).__name__} brings weights for the editor's own U-Net, and a distilled plan "
                               'asks a student that never saw a mask; use plan="fast"')
            if self.distilled and set(one.rows) - {"T"}:
                raise KitError(f"{type(one).__name__} works on the rows e_T and e_I, and a distilled plan has one row "
                               'for all; use plan="fast"')


REFERENCE = Plan()
PLANS = {
    "reference": REFERENCE,
    "exact": Plan(exact=True),
    "fast": Plan("dpm++", 5, ("TI0", "TI0", "TI", "T", "T"), exact=True, native=True),
    "distilled": Plan("dpm++", 3, (ROWS, "T", "T"), native=True, distilled=True),
}


def plan_named(plan, steps=None, scheduler=None):
    """A plan by name or as it is, with other steps or another sampler where they are given.

    Raises
    ------
    KitError
        An unknown name; steps that are no whole number; an unknown sampler.
    """
    if not isinstance(plan, Plan):
        if plan not in PLANS:
            raise KitError(f"plan {plan!r} is unknown; use one of {', '.join(PLANS)}, or me.Plan(...)")
        plan = PLANS[plan]
    given = {"steps": steps, "scheduler": scheduler}
    return replace(plan, **{name: value for name, value in given.items() if value is not None})
