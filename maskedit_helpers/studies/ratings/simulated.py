"""People who are none: answers drawn from a stated model, whose truth is known, so that an analysis can be tried out.

    answer = round(quality of the item + severity of the rater + noise), cut to 1 to 5

Severity is normal, a number for each rater; noise is normal, a number for each answer. A careless rater answers 1 to 5
at random.
"""

import numpy as np

from ...errors import KitError
from .alpha import LEVELS, distance
from .reading import COLUMNS, SCALE

STUDY = "simulated raters"
EDGES = np.array(SCALE[:-1]) + 0.5  # between one answer and the next


def simulate_raters(quality, raters=12, severity=0.4, noise=0.7, careless=0, missing=0.0, repeats=0.0, drift=0.0,
                    question="instruction", seed=0):
    """Answers of raters who are simulated.

    Parameters
    ----------
    quality : {method: sequence of float}, the true quality of its edit of each source, in order; 1 to 5, or beyond
    raters : int >= 1, careless ones among them
    severity : float >= 0, standard deviation of what a rater adds to all answers
    noise : float >= 0, standard deviation of what comes to each answer
    careless : int, how many of the raters, the last ones, answer at random
    missing : share of the answers that are not given, 0 to below 1
    repeats : share of the items that each rater sees a second time
    drift : what is added to an answer from one place in the order to the next
    question : str
    seed : int

    Returns
    -------
    pandas.DataFrame as `read_ratings` gives it, its study called "simulated raters"; each rater has an order of their
    own. `.attrs["truth"]` is `truth` of the same model, of raters who look.

    Raises
    ------
    KitError
        Methods with different numbers of sources, or a number out of its range.
    """
    import pandas as pd

    known = truth(quality, severity, noise)
    if raters < 1 or not 0 <= careless <= raters:
        raise KitError(f"{raters} raters, {careless} of them careless: give 1 or more, and of these at most all")
    if not (0 <= missing < 1 and 0 <= repeats <= 1):
        raise KitError("missing and repeats are shares, from 0 to 1")
    rng = np.random.default_rng(seed)
    items = [(f"{method}-{k:02d}", f"{k:02d}", method, value)
             for method, values in quality.items() for k, value in enumerate(values)]
    severities = severity * rng.standard_normal(raters)
    rows = []
    for r in range(raters):
        order = list(rng.permutation(len(items)))
        again = list(rng.permutation(len(items))[:round(repeats * len(items))])
        for position, k in enumerate(order + again):
            item, source, method, value = items[k]
            heard = value + severities[r] + noise * rng.standard_normal() + drift * position
            answer = float(np.clip(np.floor(heard + 0.5), SCALE[0], SCALE[-1]))
            if r >= raters - careless:
                answer = float(rng.integers(SCALE[0], SCALE[-1] + 1))
            if rng.random() < missing:
                answer = np.nan
            rows.append((STUDY, f"r{r + 1:02d}", item, source, method, question, answer, float(position),
                         position >= len(items), "", ""))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    found.attrs["truth"] = known
    return found


def truth(quality, severity=0.4, noise=0.7):
    """What ever so many raters of the model would find.

    Returns
    -------
    {"quality": {method: mean}, "means": {method: mean answer}, "alpha": {level: Krippendorff's alpha}}. Cut to 1 to 5,
    the mean answer of a very good edit lies below its quality. Alpha is of these very items, all methods together.
    """
    from scipy.stats import norm

    lengths = {len(values) for values in quality.values()} if isinstance(quality, dict) else set()
    if len(lengths) != 1 or not min(lengths):
        raise KitError("give quality as {method: [quality of each source]}, as many sources for each method")
    if min(severity, noise) < 0:
        raise KitError("severity and noise are standard deviations, 0 or more")
    values = np.array([list(map(float, some)) for some in quality.values()])
    spread = max(float(np.hypot(severity, noise)), 1e-9)
    below = norm.cdf((EDGES - values[..., None]) / spread)
    shares = np.diff(below, axis=-1, prepend=0, append=1)  # methods, sources, answers
    means = shares @ np.array(SCALE)
    return {"quality": {method: float(values[i].mean()) for i, method in enumerate(quality)},
            "means": {method: float(means[i].mean()) for i, method in enumerate(quality)},
            "alpha": {level: _alpha(shares.reshape(-1, len(SCALE)), level) for level in LEVELS}}


def _alpha(shares, level):
    """Alpha of two raters drawn from ever so many, of items whose answers have these shares."""
    often = shares.mean(0)
    far = distance(often, SCALE, level)
    observed, expected = np.einsum("ia,ab,ib->", shares, far, shares) / len(shares), often @ far @ often
    return float(1 - observed / expected) if expected > 0 else float("nan")
