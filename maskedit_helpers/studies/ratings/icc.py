"""Intraclass correlations: which share of the variance lies between items. Of items that all raters answered.

Source: Shrout and Fleiss, "Intraclass Correlations: Uses in Assessing Rater Reliability", Psychological Bulletin 1979.
"""

import numpy as np

FORMS = ("(1,1)", "(2,1)", "(3,1)", "(1,k)", "(2,k)", "(3,k)")


def icc(table):
    """{form: float} of float (raters, items) without gaps; nan where items and raters are too few or all alike."""
    table = np.asarray(table, float)
    if min(table.shape) < 2:
        return dict.fromkeys(FORMS, float("nan"))
    found = icc_resampled(table, np.arange(table.shape[1])[None])
    return {form: float(values[0]) for form, values in found.items()}


def icc_resampled(table, chosen):
    """{form: (resamples,)} for items chosen[k] of each resample k, int (resamples, items)."""
    x = table[:, chosen].transpose(1, 2, 0)  # resamples, items, raters
    n, k = x.shape[1:]
    grand, items, raters = x.mean((1, 2)), x.mean(2), x.mean(1)
    between = k * ((items - grand[:, None])**2).sum(1) / (n - 1)
    judges = n * ((raters - grand[:, None])**2).sum(1) / (k - 1)
    rest = ((x - items[:, :, None] - raters[:, None] + grand[:, None, None])**2).sum((1, 2)) / ((n - 1) * (k - 1))
    within = ((x - items[:, :, None])**2).sum((1, 2)) / (n * (k - 1))
    return {
        "(1,1)": _share(between - within, between + (k - 1) * within),
        "(2,1)": _share(between - rest, between + (k - 1) * rest + k * (judges - rest) / n),
        "(3,1)": _share(between - rest, between + (k - 1) * rest),
        "(1,k)": _share(between - within, between),
        "(2,k)": _share(between - rest, between + (judges - rest) / n),
        "(3,k)": _share(between - rest, between),
    }


def _share(part, whole):
    """nan where the whole variance is estimated as none or less: then there is no share of it."""
    return np.where(whole > 1e-9, part / np.where(whole > 1e-9, whole, 1), np.nan)
