"""Paging through the training pairs: what went in, what the model is shown, what it should have been shown."""
import math

import numpy as np

from ..errors import KitError
from ..figures.show import save_figure
from .pairs import LEAK, make_pair

COLUMNS = 3
TILE = 1.15  # inches


def save_album(path, count=24, seed=0, leak=LEAK):
    """Write a PNG of `count` pairs from `seed` on: before, after with its spill, truth, mask; instruction above.

    Raises KitError for a count below 1, a leak outside [0, 1], and as `show.save_figure`.
    """
    from matplotlib.figure import Figure

    if count < 1 or seed < 0 or not 0 <= leak <= 1:
        raise KitError(f"{count} pairs from seed {seed} at leak {leak}: give a count of 1 or more, a seed of 0 or "
                       "more, a leak from 0 to 1")
    columns, rows = min(COLUMNS, count), math.ceil(count / COLUMNS)
    figure = Figure(figsize=(columns * (4 * TILE + 0.15), rows * (TILE + 0.24) + 0.25), dpi=110, layout="constrained")
    figure.suptitle(f"before | after (leak {leak:g}) | truth | mask", fontsize=9)
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes:
        axis.axis("off")
    for axis, number in zip(axes, range(seed, seed + count)):
        pair = make_pair(number, leak)
        mask = np.repeat(pair.mask[..., None] * np.uint8(255), 3, 2)
        axis.imshow(np.concatenate([pair.before, pair.after, pair.truth, mask], 1))
        axis.set_title(pair.instruction, fontsize=8, pad=2)
    figure.alt = f"{count} training pairs in rows: before, after, truth and mask, each under its instruction."
    save_figure(figure, path)
