"""How sure is a mean over scenes? 95 % intervals: other scenes of the same kind would give another mean.

A metric that is 0 or 1 by its nature gives a share of hits, whose interval is exact. Any other is resampled.
"""
import numpy as np

RESAMPLES = 2000


def mean_with_interval(values):
    """The mean of what was measured on each scene, and its 95 % percentile bootstrap interval.

    Parameters
    ----------
    values : sequence of float

    Returns
    -------
    {"mean", "low", "high", "n", "tenth"}, the last the tenth percentile of the values: how bad the bad ones are.
    None for what so few values don't tell: the mean of none, the interval of one.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    values = np.asarray(values, float)
    if len(values) < 2:
        return {"mean": float(values[0]) if len(values) else None, "low": None, "high": None, "n": len(values),
                "tenth": float(values[0]) if len(values) else None}
    rng = np.random.default_rng(0)  # anew, so that an interval is the same whatever else is measured
    means = values[rng.integers(len(values), size=(RESAMPLES, len(values)))].mean(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return {"mean": float(values.mean()), "low": float(low), "high": float(high), "n": len(values),
            "tenth": float(np.percentile(values, 10))}


def share_with_interval(hits):
    """The share of hits, and its exact 95 % interval: the shares that would be this far off in 2.5 % of the samples.

    A bootstrap of nothing but hits knows of no miss and gives an interval of no width.

    Parameters
    ----------
    hits : sequence of 0 and 1 (or bool)

    Returns
    -------
    {"mean", "low", "high", "n"}; all but n None without hits and misses.

    Raises
    ------
    ValueError
        Another value than 0 and 1.

    Source: Clopper and Pearson, "The use of confidence or fiducial limits", Biometrika 26, 1934.
    """
    from scipy.stats import binomtest

    hits = np.asarray(hits, float)
    if not np.isin(hits, (0, 1)).all():
        raise ValueError(f"a share is of hits and misses, 1 and 0, not of {hits[~np.isin(hits, (0, 1))][0]}")
    if not len(hits):
        return {"mean": None, "low": None, "high": None, "n": 0}
    low, high = binomtest(int(hits.sum()), len(hits)).proportion_ci(0.95, method="exact")
    return {"mean": float(hits.mean()), "low": float(low), "high": float(high), "n": len(hits)}
