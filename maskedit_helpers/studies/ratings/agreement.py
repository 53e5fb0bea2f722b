"""How far raters agree, by every coefficient in use, each with an interval over items.

They differ in what they call chance and in how far apart two answers are. None is defined where all answers are one and
the same: then there is nothing that anybody could have disagreed on, and the line says so in place of a number.
"""

import numpy as np

from ...errors import KitError
from .alpha import alpha_of, coincidences
from .gwet import equal_resampled, gwet_resampled
from .icc import icc, icc_resampled
from .kappas import complete, fleiss, fleiss_resampled, weighted, weighted_resampled
from .reading import SCALE, proper, read_ratings, table_of
from .resampling import draws, interval

NAMES = {  # in the order in which they are told
    "equal": "equal answers", "fleiss_kappa": "Fleiss' kappa", "kappa_linear": "weighted kappa, linear",
    "kappa_quadratic": "weighted kappa, quadratic", "alpha_nominal": "Krippendorff's alpha, nominal",
    "alpha_ordinal": "Krippendorff's alpha, ordinal", "alpha_interval": "Krippendorff's alpha, interval",
    "gwet_ac1": "Gwet's AC1", "gwet_ac2": "Gwet's AC2, quadratic", "icc": "ICC(2,1), one rater",
    "icc_mean": "ICC(2,k), their mean"}
GAPLESS = ("fleiss_kappa", "icc", "icc_mean")  # of items that every rater answered
AT_ONE = ("equal", "gwet_ac1", "gwet_ac2")  # defined, and 1, even where all answers are one value
RESAMPLES = 1000


def agreement_of_ratings(ratings, question=None):
    """How far raters agree.

    Parameters
    ----------
    ratings : array-like (raters, items), answers 1 to 5, None or nan where there is none; or what `read_ratings`
        takes or gives, of which second showings and attention items don't count
    question : str, which one, where `ratings` are of several

    Returns
    -------
    {name: {"value", "low", "high", "items", "why"}} for "equal", the share of equal answers among all twos of raters;
    "fleiss_kappa"; "kappa_linear" and "kappa_quadratic", Cohen's weighted kappa, mean over all twos;
    "alpha_nominal", "alpha_ordinal", "alpha_interval", Krippendorff's; "gwet_ac1", "gwet_ac2"; "icc" and "icc_mean",
    ICC(2,1) and ICC(2,k). All at most 1; but for "equal", 0 is what chance alone gives. low and high: the 95 %
    interval over items, whole columns drawn anew. items: on how many it rests. None, and why, where there is none.

    Raises
    ------
    KitError
        No answers, answers off the scale, an unknown question.
    """
    return coefficients(_table(ratings, question))


def _table(ratings, question):
    import pandas as pd

    if isinstance(ratings, (str, pd.DataFrame)) or hasattr(ratings, "__fspath__"):
        rows = proper(read_ratings(ratings))
        questions = sorted(set(rows["question"]))
        if question is None and len(questions) > 1:
            raise KitError(f"these are answers to {', '.join(questions)}; say which question")
        if question is not None and question not in questions:
            raise KitError(f"there is no question {question!r}; there is {', '.join(questions)}")
        return table_of(rows if question is None else rows[rows["question"] == question])
    try:
        table = np.array([[np.nan if one is None else one for one in row] for row in ratings], float)
    except (TypeError, ValueError):
        raise KitError("give a row of answers for each rater, all of one length, None where there is none") from None
    if table.ndim != 2 or not table.size:
        raise KitError("give a row of answers for each rater, all of one length, None where there is none")
    if not np.isin(table[~np.isnan(table)], SCALE).all():
        raise KitError(f"an answer is a whole number from {SCALE[0]} to {SCALE[-1]}")
    return table


def coefficients(table, names=tuple(NAMES)):
    """These of NAMES for float (raters, items), as `agreement_of_ratings` says."""
    table = table[np.isfinite(table).any(1)][:, np.isfinite(table).any(0)]
    two = table[:, np.isfinite(table).sum(0) >= 2] if table.size else table
    whole = complete(two) if two.size else two
    given = two[np.isfinite(two)] if two.size else np.zeros(0)
    why = ("no item has answers of two raters" if not given.size else
           f"all answers are {given[0]:.0f}, so there is nothing on which they could have disagreed"
           if np.ptp(given) == 0 else "")
    found = {}
    for name in names:
        of = whole if name in GAPLESS else two
        reason = why if name not in AT_ONE or not given.size else ""
        if not reason and not of.size:
            reason = "no item was answered by every rater"
        found[name] = _one(name, of, reason)
    return found


def _one(name, table, reason):
    items = table.shape[1] if table.ndim == 2 else 0
    none = {"value": None, "low": None, "high": None, "items": items}
    if reason:
        return {**none, "why": reason}
    if name == "fleiss_kappa":
        value = fleiss(table)
    elif name.startswith("kappa"):
        value = weighted(table, name.removeprefix("kappa_"))[0]
    elif name in ("icc", "icc_mean"):
        value = icc(table)["(2,1)" if name == "icc" else "(2,k)"]
    else:
        value = _resampled(name, table, np.ones((1, items)))[0]
    if not np.isfinite(value):
        return {**none, "why": "one item alone has no variance between items" if items < 2 else
                "the answers differ too little for it to be defined"}
    spread = interval(_resampled(name, table, draws(items, RESAMPLES)), items, "items")
    return {"value": float(value), "low": spread["low"], "high": spread["high"], "items": items, "why": spread["why"]}


def _resampled(name, table, drawn):
    """The coefficient for each row of drawn, float (resamples, items): how often each item counts."""
    if name == "equal":
        return equal_resampled(table, drawn)
    if name == "fleiss_kappa":
        return fleiss_resampled(table, drawn)
    if name.startswith("kappa"):
        return weighted_resampled(table, drawn, name.removeprefix("kappa_"))
    if name.startswith("alpha"):
        return alpha_of(np.tensordot(drawn, coincidences(table, SCALE), 1), SCALE, name.removeprefix("alpha_"))
    if name.startswith("gwet"):
        return gwet_resampled(table, drawn, "quadratic" if name == "gwet_ac2" else "none")
    if table.shape[1] < 2:
        return np.full(len(drawn), np.nan)
    chosen = np.array([np.repeat(np.arange(len(often)), often.astype(int)) for often in drawn])
    return icc_resampled(table, chosen)["(2,1)" if name == "icc" else "(2,k)"]
