"""How sure is a mean over scenes? 95 % intervals: other scenes of the same kind would give another mean.

A metric that is 0 or 1 by its nature gives a share of hits, whose interval is exact. Any other is resampled. Where
editors were trained, another training too would give another mean: that is a level of its own.
"""
from functools import lru_cache

import numpy as np

RESAMPLES = 2000
DRAWS = 10_000  # for a standard error within 1 %, on which small p hang


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


def crossed_mean(values):
    """The mean over scenes and trainings, and its 95 % interval, were both others.

    Both levels are resampled, one fewer being drawn than there are, which makes the variances unbiased, and the
    variances add; so a scene that is hard for every training counts as one scene. With so few trainings percentiles are
    too narrow: of two trainings that scatter as much as the means over 40 scenes do, they miss in 9 % of all studies,
    and in 20 % if they scatter three times as much. Student's t at Satterthwaite's degrees of freedom misses in 6 % and
    in 11 %. One training says nothing of its scatter, so the interval is of the scenes alone.

    Parameters
    ----------
    values : float array (K, N), a row for each training, a column for each scene; nan where there is none. (1, N) if
        nothing was trained

    Returns
    -------
    {"mean", "low", "high", "n", "seeds", "error", "freedom"} : n scenes and K seeds with a value; the standard error of
    the mean and its degrees of freedom. None for what so few values don't tell.

    Source: Owen, "The pigeonhole bootstrap", Ann. Appl. Stat. 1, 2007; Rao and Wu, "Resampling inference with complex
    survey data", JASA 83, 1988, for one fewer; Satterthwaite, Biometrics Bulletin 2, 1946.
    """
    from scipy.stats import t

    values = np.asarray(values, float)
    known = ~np.isnan(values)
    values, known = (each[known.any(1)][:, known.any(0)] for each in (np.where(known, values, 0), known))
    seeds, n = values.shape
    found = {"mean": float(values.sum() / known.sum()) if n else None, "low": None, "high": None, "n": n,
             "seeds": seeds, "error": None, "freedom": None}
    if n < 2:
        return found
    over_scenes = _variance(values.sum(0), known.sum(0))
    over_seeds = _variance(values.sum(1), known.sum(1)) if seeds > 1 else 0.0
    error = (over_scenes + over_seeds) ** 0.5
    freedom = float(n - 1)
    if error and over_seeds:
        freedom = error**4 / (over_scenes**2 / (n - 1) + over_seeds**2 / (seeds - 1))
    half = float(t.ppf(0.975, freedom)) * error
    return {**found, "low": found["mean"] - half, "high": found["mean"] + half, "error": error, "freedom": freedom}


def _variance(sums, counts):
    """Of sum(sums) / sum(counts) where the units that have them are drawn anew."""
    drawn = _drawn(len(sums))
    return float(((drawn @ sums) / (drawn @ counts)).var())


@lru_cache(maxsize=8)
def _drawn(n):
    """float (DRAWS, n): how often each of n units is drawn, n - 1 times in all."""
    return np.random.default_rng(0).multinomial(n - 1, np.full(n, 1 / n), size=DRAWS).astype(float)
