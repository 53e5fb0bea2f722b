"""Kappa: agreement beyond what chance alone would give, Fleiss' of many raters and the weighted one of each two.

The numbers are statsmodels'; what is here says them for a bootstrap over items, all draws at once. Always on the full
scale: a value that nobody gave changes a weighted kappa if it is left out of the table.
"""

from itertools import combinations

import numpy as np

from .alpha import counts_of
from .reading import SCALE


def complete(table):
    """The items that every rater answered."""
    return table[:, np.isfinite(table).all(0)]


def fleiss(table):
    """Fleiss' kappa of (raters, items), by the items that all have answered; nan where all answers are one value."""
    from statsmodels.stats.inter_rater import fleiss_kappa

    counts = counts_of(complete(table), SCALE)
    if len(table) < 2 or not len(counts) or (counts.sum(0) > 0).sum() < 2:
        return float("nan")
    return float(fleiss_kappa(counts))


def fleiss_resampled(table, draws):
    """Fleiss' kappa for each row of draws (resamples, items), of a table without gaps."""
    counts, raters = counts_of(table, SCALE), len(table)
    alike = (counts * (counts - 1)).sum(1) / (raters * (raters - 1))
    n = draws.sum(1)
    chance = ((draws @ counts / (n * raters)[:, None])**2).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(chance < 1 - 1e-12, (draws @ alike / n - chance) / (1 - chance), np.nan)


def weighted(table, weights="linear"):
    """The mean over all twos of raters of their weighted kappa.

    Returns
    -------
    (kappa, pairs): the mean over those for which it exists, and of how many it is; nan and 0 if there are none.
    """
    found = [kappa for kappa in (_cohen(table[i], table[j], weights) for i, j in combinations(range(len(table)), 2))
             if np.isfinite(kappa)]
    return (float(np.mean(found)) if found else float("nan")), len(found)


def _cohen(first, second, weights):
    """Cohen's kappa of two rows of answers; nan where they share no item, or always give one and the same answer."""
    from statsmodels.stats.inter_rater import cohens_kappa

    pairs = confusion(first, second)
    if not pairs.sum() or len(np.union1d(*np.nonzero(pairs))) < 2:
        return float("nan")
    return float(cohens_kappa(pairs, wt=weights, return_results=False))


def confusion(first, second):
    """Float (5, 5): how often the one gave the row's and the other the column's answer."""
    one, other = ((np.asarray(row)[:, None] == SCALE).astype(float) for row in (first, second))
    return one.T @ other


def weighted_resampled(table, draws, weights="linear"):
    """The mean weighted kappa for each row of draws (resamples, items)."""
    far = np.abs(np.subtract.outer(SCALE, SCALE)) ** (2 if weights == "quadratic" else 1)
    ones = (table[..., None] == SCALE).astype(float)
    total, defined = np.zeros(len(draws)), np.zeros(len(draws))
    for i, j in combinations(range(len(table)), 2):
        both = np.isfinite(table[i]) & np.isfinite(table[j])
        if not both.any():
            continue
        W, a, b = draws[:, both], ones[i][both], ones[j][both]
        observed = W @ ((a @ far) * b).sum(1) * W.sum(1)
        expected = ((W @ a @ far) * (W @ b)).sum(1)
        there = expected > 0
        total[there] += 1 - observed[there] / expected[there]
        defined += there
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(defined > 0, total / defined, np.nan)
