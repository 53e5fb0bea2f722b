"""Do raters agree with themselves, and does it matter when an item comes? Second showings, and places in the order."""

import numpy as np

from ..intervals import share_with_interval
from .kappas import confusion
from .resampling import draws, interval

STEP = 10  # places: the slope of the answers is told for so many


def repeats(ratings):
    """The same rater, the same item, twice without being told.

    Returns
    -------
    {question: {"twice": how many, "equal": the share of equal answers with "low" and "high", exact; "within_one": the
    share of answers at most one apart; "kappa": weighted, linear; "shift": mean of second - first; "why"}}
    """
    found = {}
    keys = ["rater", "item", "question"]
    given = ratings[ratings["attention"] == ""].dropna(subset="answer")
    both = given[~given["repeat"]].merge(given[given["repeat"]], on=keys, suffixes=("", "_again"))
    for question in sorted(set(ratings["question"])):
        some = both[both["question"] == question]
        first, again = some["answer"].to_numpy(float), some["answer_again"].to_numpy(float)
        if not len(some):
            found[question] = {"twice": 0, "equal": None, "why": "nothing was shown and answered a second time"}
            continue
        share, kappa, why = share_with_interval(first == again), None, ""
        if len(np.union1d(first, again)) < 2:
            why = f"all answers are {first[0]:.0f}, so kappa is not defined"
        else:
            from statsmodels.stats.inter_rater import cohens_kappa

            kappa = float(cohens_kappa(confusion(first, again), wt="linear", return_results=False))
        found[question] = {"twice": len(some), "equal": share["mean"], "low": share["low"], "high": share["high"],
                           "within_one": float((np.abs(first - again) <= 1).mean()), "kappa": kappa,
                           "shift": float((again - first).mean()), "why": why}
    return found


def position_effect(rows):
    """How much higher an answer is ten places later, the same rater and the same item taken for granted.

    Returns
    -------
    {question: {"slope": answer per STEP places, "low", "high": over raters, "why"}}
    """
    return {question: _slope(some) for question, some in rows.groupby("question", sort=True)}


def _slope(rows):
    rows = rows.dropna(subset=["answer", "position"])
    none = {"slope": None, "low": None, "high": None}
    if rows.empty:
        return {**none, "why": "no positions are said"}
    raters, items = (np.unique(rows[name].to_numpy(str), return_inverse=True) for name in ("rater", "item"))
    y, x = (_within(rows[name].to_numpy(float), raters[1], items[1]) for name in ("answer", "position"))
    products, squares = (np.bincount(raters[1], values) for values in (x * y, x * x))
    if squares.sum() < 1e-6:
        return {**none, "why": "all raters had one order, so an item and its place can't be told apart"}
    drawn = draws(len(raters[0]))
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = STEP * (drawn @ products) / (drawn @ squares)
    return {"slope": float(STEP * products.sum() / squares.sum()), **interval(resampled, len(raters[0]), "raters")}


def _within(values, raters, items):
    """What is left of values when raters' and items' means are taken out, by turns until both are zero."""
    for _ in range(200):
        before = values
        for of in (raters, items):
            values = values - (np.bincount(of, values) / np.bincount(of))[of]
        if np.abs(values - before).max() < 1e-10:
            break
    return values
