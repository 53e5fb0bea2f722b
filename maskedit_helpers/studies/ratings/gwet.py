"""Gwet's AC1 and AC2: chance is small where answers are one-sided, so agreement on a rare value isn't punished twice.

Source: Gwet, "Computing inter-rater reliability and its variance in the presence of high agreement", British Journal of
Mathematical and Statistical Psychology 2008; with gaps as in his "Handbook of Inter-Rater Reliability", 4th ed., 2014.
"""

import numpy as np

from .alpha import counts_of
from .reading import SCALE

WEIGHTS = {"none": lambda far: (far == 0).astype(float), "linear": lambda far: 1 - far / far.max(),
           "quadratic": lambda far: 1 - (far / far.max())**2}


def per_item(table, weights="none", scale=SCALE):
    """(agreement, has two answers, shares of the values, has an answer) of each item, and the matrix of weights."""
    near = WEIGHTS[weights](np.abs(np.subtract.outer(scale, scale)).astype(float))
    counts = counts_of(table, scale)
    given = counts.sum(1)
    two = given >= 2
    alike = np.where(two, (counts * (counts @ near - 1)).sum(1) / np.where(two, given * (given - 1), 1), 0)
    shares = counts / np.maximum(given, 1)[:, None]
    return alike, two.astype(float), shares, (given > 0).astype(float), near


def equal_resampled(table, draws):
    """The share of equal answers among all twos of raters, mean over items, for each row of draws."""
    alike, two, *_ = per_item(table)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(draws @ two > 0, draws @ alike / (draws @ two), np.nan)


def gwet_resampled(table, draws, weights="none", scale=SCALE):
    """AC1 (weights "none") or AC2 ("linear", "quadratic") for each row of draws (resamples, items)."""
    alike, two, shares, answered, near = per_item(table, weights, scale)
    often = draws @ shares / np.maximum(draws @ answered, 1)[:, None]
    q = len(scale)
    chance = near.sum() / (q * (q - 1)) * (often * (1 - often)).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(draws @ two > 0, (draws @ alike / (draws @ two) - chance) / (1 - chance), np.nan)


def gwet(table, weights="none", scale=SCALE):
    """Gwet's AC1 or AC2 of float (raters, items) with gaps; nan where no item has two answers."""
    table = np.asarray(table, float)
    return float(gwet_resampled(table, np.ones((1, table.shape[1])), weights, scale)[0])
