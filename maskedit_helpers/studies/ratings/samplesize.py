"""How many raters are enough? Studies like this one, simulated with more and fewer raters, and how wide they come out.

The variances are this study's own, as the mixed model estimates them. A study is drawn again and again, the interval of
a method's mean over raters computed each time (Student's t of the raters' own means), and its width noted. What more
raters can't narrow, the pictures being few, is told beside it.
"""

import numpy as np

RATERS = (3, 5, 8, 10, 12, 15, 20, 25, 30, 40, 60, 80, 120)
STUDIES = 1000
SURE = 0.8  # of the studies should have an interval that is narrow enough


def raters_needed(variance, sources, width=0.5, seed=0):
    """The fewest raters of RATERS for an interval of that width.

    Parameters
    ----------
    variance : {"rater", "source", "item" (or not), "noise"}, of `mixed_model`
    sources : int, how many pictures each rater sees of a method
    width : float > 0, of the 95 % interval from end to end, in answers

    Returns
    -------
    {"width", "sources", "raters": int or None where not even the most are enough, "curve": [{"raters", "median": width,
    "narrow": share of the studies with an interval of at most `width`}], "floor": how wide the interval over sources
    stays with ever so many raters, None with one source}
    """
    from scipy.stats import t

    rng, curve = np.random.default_rng(seed), []
    for raters in RATERS:
        severity = rng.normal(0, np.sqrt(variance["rater"]), (STUDIES, raters))
        noise = rng.normal(0, np.sqrt(variance["noise"] / sources), (STUDIES, raters))  # a rater's mean over sources
        wide = 2 * t.ppf(0.975, raters - 1) * (severity + noise).std(1, ddof=1) / np.sqrt(raters)
        curve.append({"raters": raters, "median": float(np.median(wide)), "narrow": float((wide <= width).mean())})
    enough = [point["raters"] for point in curve if point["narrow"] >= SURE]
    floor = None
    if sources > 1:
        between = variance.get("source", 0) + variance.get("item", 0)
        floor = float(2 * t.ppf(0.975, sources - 1) * np.sqrt(between / sources))
    return {"width": width, "sources": sources, "raters": min(enough, default=None), "curve": curve, "floor": floor}
