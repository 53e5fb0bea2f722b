"""A linear mixed model: a mean for each method; raters, sources and items each with a variance of their own.

    answer = mean of the method + rater's severity + source + item (a method's edit of a source) + noise

Raters and items are crossed. Source: Baayen, Davidson and Bates, "Mixed-effects modeling with crossed random effects
for subjects and items", Journal of Memory and Language 2008. The answers are taken as numbers, which steps of a scale
strictly are not.
"""

import warnings

import numpy as np

FEWEST = 3  # raters, and sources
ZERO = 1e-3  # a variance below is told as zero


def mixed_models(rows):
    """{question: `mixed_model`} of proper rows."""
    return {question: mixed_model(some) for question, some in rows.groupby("question", sort=True)}


def mixed_model(rows):
    """The model of one question, by restricted maximum likelihood (statsmodels' MixedLM).

    Returns
    -------
    {"methods": {method: {"mean", "low", "high"}}, "differences": [{"method", "other", "difference", "low", "high"}],
    "variance": {"rater", "source", "item", "noise"}, "answers", "notes": [str]}; without methods and variances, and
    with "why", where there are too few raters or sources, or nothing varies. "item" is there with several methods only.
    """
    rows = rows.dropna(subset="answer")
    methods, raters, sources = (sorted(set(rows[name])) for name in ("method", "rater", "source"))
    why = (f"{len(raters)} rater{'s' * (len(raters) != 1)} and {len(sources)} source{'s' * (len(sources) != 1)}: "
           f"{FEWEST} or more of each are needed" if min(len(raters), len(sources)) < FEWEST else
           "all answers are the same" if np.ptp(rows["answer"]) == 0 else "")
    if why:
        return {"why": why}
    try:
        fit, notes = _fitted(rows, len(methods) > 1)
    except (np.linalg.LinAlgError, ValueError) as error:
        return {"why": f"it could not be computed ({str(error).splitlines()[0]})"}
    means, spread = np.asarray(fit.fe_params), np.asarray(fit.cov_params())[:len(methods), :len(methods)]
    if not np.isfinite(spread).all():
        return {"why": "it did not come to an end; there are too few answers for so many variances"}
    variance = {name: float(value) for name, value in zip(fit.model.exog_vc.names, fit.vcomp)}
    variance = {name: variance[name] for name in ("rater", "source", "item") if name in variance}
    for name, value in variance.items():
        if value < ZERO:
            notes.append(f"the variance of {name}s is estimated as zero: the data don't show that they differ")
    pairs = [(i, j) for i in range(len(methods)) for j in range(i + 1, len(methods))]
    return {"methods": {method: _told(means[i], spread[i, i], "mean") for i, method in enumerate(methods)},
            "differences": [{"method": methods[i], "other": methods[j], **_told(
                means[i] - means[j], spread[i, i] + spread[j, j] - 2 * spread[i, j], "difference")} for i, j in pairs],
            "variance": {**variance, "noise": float(fit.scale)}, "answers": len(rows), "notes": notes, "why": ""}


def _fitted(rows, several):
    from statsmodels.regression.mixed_linear_model import MixedLM

    data = rows[["answer", "method", "rater", "source", "item"]].reset_index(drop=True)
    kinds = ("rater", "source", "item") if several else ("rater", "source")
    model = MixedLM.from_formula("answer ~ 0 + C(method)" if several else "answer ~ 1", groups=np.ones(len(data)),
                                 vc_formula={name: f"0 + C({name})" for name in kinds}, data=data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told below, in words
        fit = model.fit(reml=True, method=["lbfgs", "powell"])
    notes = [] if fit.converged else ["the estimate had not settled when it stopped: take the variances as rough"]
    return fit, notes


def _told(value, variance, name):
    from scipy.stats import norm

    arm = norm.ppf(0.975) * np.sqrt(max(variance, 0))
    return {name: float(value), "low": float(value - arm), "high": float(value + arm)}
