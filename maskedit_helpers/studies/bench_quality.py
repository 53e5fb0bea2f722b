"""Is it still the same edit? Speed counts only where the quality is held, and a PSNR alone is deceived by blur."""

import numpy as np

from ..metrics.metric import standing
from .bench_editors import SOLVER, STOCK
from .evaluate import judged, nearest_colour

LOST = 0.2  # dB of edit_psnr that may be lost against stock at its default
CRISP = 0.05  # share by which the sharpness may differ from its: less is blur, more is noise


def scored(kit, pair, y):
    """{metric: value} of an edit against the truth; edit_success only of colour edits, where it is known."""
    row = judged(standing("bench"), kit, pair, y)
    if pair.kind == "colour":
        row["edit_success"] = float(nearest_colour(y[pair.mask].mean(0)) == pair.colour)
    return row


def means(rows):
    """{metric: mean over the scenes that have it}; a metric that none has is not there."""
    values = {}
    for name, value in (item for row in rows for item in row.items()):
        if value == value:  # nan: nothing to stand on in this scene
            values.setdefault(name, []).append(value)
    return {name: float(np.mean(of_scenes)) for name, of_scenes in values.items()}


def holds(row, stock):
    """Does an editor hold the quality of stock at its default? Both rows have "edit_psnr" and "sharpness"."""
    return (row["edit_psnr"] >= stock["edit_psnr"] - LOST
            and abs(row["sharpness"] - stock["sharpness"]) <= CRISP * stock["sharpness"])


def best_of_stock(rows):
    """The name of stock's best: DPM-Solver++ at the fewest steps that hold; its default where none does.

    rows : {name of an editor: row}, each with "holds"
    """
    solver = SOLVER.format("")
    steps = sorted(int(name.removeprefix(solver)) for name in rows if name.startswith(solver))
    return next((SOLVER.format(count) for count in steps if rows[SOLVER.format(count)]["holds"]), STOCK)
