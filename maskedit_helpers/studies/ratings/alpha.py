"""Krippendorff's alpha: 1 - observed disagreement / expected disagreement, of any number of raters, gaps allowed.

Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011. What is summed over items is computed for each
item alone, so that a bootstrap over items needs sums only.
"""

import numpy as np

LEVELS = ("nominal", "ordinal", "interval")


def krippendorff_alpha(data, level="nominal"):
    """Alpha of ratings.

    Parameters
    ----------
    data : float (raters, items), nan where a rater gave no answer; an item with one answer alone says nothing
    level : "nominal" (equal or not), "ordinal" (how many answers lie between) or "interval" (squared difference)

    Returns
    -------
    float, at most 1; 0 is what chance alone gives. nan where no item has two answers, or all answers are one value:
    nothing could be disagreed on.
    """
    data = np.asarray(data, float)
    values = np.unique(data[np.isfinite(data)])
    if not len(values):
        return float("nan")
    return float(alpha_of(coincidences(data, values).sum(0), values, level))


def counts_of(data, values):
    """Float (items, values): how many raters gave each of the values."""
    return (np.asarray(data)[..., None] == values).sum(0).astype(float)


def coincidences(data, values):
    """Float (items, values, values): how often two raters of an item give one value and the other, each pair of raters
    weighed 1 / (answers of the item - 1)."""
    counts = counts_of(data, values)
    given = counts.sum(1)
    pairs = counts[:, :, None] * counts[:, None] - counts[:, :, None] * np.eye(len(values))
    return np.where(given >= 2, 1 / np.maximum(given - 1, 1), 0)[:, None, None] * pairs


def alpha_of(together, values, level):
    """Alpha of summed coincidences (..., values, values)."""
    often = together.sum(-1)
    n = often.sum(-1)
    far = distance(often, values, level)
    observed = (together * far).sum((-1, -2))
    expected = (often[..., :, None] * often[..., None, :] * far).sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(expected > 0, 1 - (n - 1) * observed / expected, np.nan)


def distance(often, values, level):
    """Squared distance of two values, (..., values, values); the ordinal one depends on how often each is given."""
    if level == "nominal":
        return 1 - np.eye(len(values))
    if level == "interval":
        place = np.asarray(values, float)
    elif level == "ordinal":
        place = often.cumsum(-1) - often / 2
    else:
        raise ValueError(f"level {level!r}: choose out of {', '.join(LEVELS)}")
    return (place[..., :, None] - place[..., None, :])**2
