"""Bootstrap by counting: how often each unit is drawn, so that a statistic of sums is one matrix product for all draws.

With few units a percentile interval is too narrow. It is widened by the quantiles that Student's t would give, so that
for a mean of n it is about as wide as the t interval. Source: Hesterberg, "What Teachers Should Know About the
Bootstrap", The American Statistician 2015, section 5.3 (the expanded percentile interval).
"""

import numpy as np

RESAMPLES = 2000
FEWEST = 5  # units: of fewer the resamples are too alike for any interval
UNDEFINED = 0.05  # the largest share of resamples for which a statistic may not exist


def draws(n, resamples=RESAMPLES, seed=0):
    """Float (resamples, n): how often each of n units is drawn. The same for the same n, whatever else is computed."""
    return np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=resamples).astype(float)


def interval(resampled, n, units):
    """The 95 % interval of a statistic's resamples over n units, each a draw of so many.

    Returns
    -------
    {"low", "high", "why"}: None and None where there is no interval, and why; else why is "".
    """
    resampled = np.asarray(resampled, float)
    fine = resampled[np.isfinite(resampled)]
    if n < FEWEST:
        one = units.removesuffix("s")
        return _none(f"{n} {one if n == 1 else units}: too few for an interval, {FEWEST} are needed")
    if len(fine) < (1 - UNDEFINED) * len(resampled):
        return _none(f"too many draws of {units} hold one answer only")
    if np.ptp(fine) < 1e-12:
        return _none(f"it is the same whichever {units} are drawn, so resampling says nothing of other ones")
    from scipy.stats import norm, t

    tail = norm.sf(np.sqrt(n / (n - 1)) * t.ppf(0.975, n - 1))
    low, high = np.quantile(fine, (tail, 1 - tail))
    return {"low": float(low), "high": float(high), "why": ""}


def _none(why):
    return {"low": None, "high": None, "why": why}


def ratio(sums, counts):
    """Weighted mean of every draw; nan where a draw has no answer."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(counts > 0, sums / counts, np.nan)


def mean_intervals(sums, counts, seed=0):
    """Intervals of a mean over crossed raters and sources.

    Parameters
    ----------
    sums, counts : float (raters, sources), the answers' sum and number in each cell

    Returns
    -------
    {"sources", "raters", "both"}, each as `interval`: had other pictures been shown to these people, had other people
    seen these pictures, and both. The last draws both at once and errs on the wide side. Source: Owen, "The Pigeonhole
    Bootstrap", Annals of Applied Statistics 2007.
    """
    seen, people = counts.sum(0) > 0, counts.sum(1) > 0  # what nobody answered is no unit
    sums, counts = (values[people][:, seen] for values in (sums, counts))
    R, S = sums.shape
    by_raters, by_sources = draws(R, seed=seed), draws(S, seed=seed + 1)
    both = ratio(((by_raters @ sums) * by_sources).sum(1), ((by_raters @ counts) * by_sources).sum(1))
    return {"sources": interval(ratio(by_sources @ sums.sum(0), by_sources @ counts.sum(0)), S, "sources"),
            "raters": interval(ratio(by_raters @ sums.sum(1), by_raters @ counts.sum(1)), R, "raters"),
            "both": interval(both, min(R, S), "raters" if R <= S else "sources")}
