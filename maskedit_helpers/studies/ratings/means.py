"""The mean answer for each method and question, its intervals, and how the answers are spread; methods in pairs.

Which interval? Other pictures would give another mean, and so would other people; each is drawn anew by itself, and
both together.
"""

from itertools import combinations, product

import numpy as np

from .reading import SCALE, answers
from .resampling import mean_intervals

EXACT = 14  # sources up to which all changes of sign are counted
FLIPS = 9999


def means(rows):
    """One dict for each question and method that has answers.

    Returns
    -------
    list of {"question", "method", "mean", "answers", "missing", "counts": of 1 to 5, "share_high": of 4 and 5,
    "sources", "raters", "both": intervals as `mean_intervals` gives them}
    """
    found = []
    for (question, method), some in rows.groupby(["question", "method"], sort=True):
        given = some["answer"].dropna()
        if given.empty:
            continue
        sums, counts, *_ = answers(some, "source")
        found.append({"question": question, "method": method, "mean": float(given.mean()), "answers": len(given),
                      "missing": int(some["answer"].isna().sum()),
                      "counts": [int((given == value).sum()) for value in SCALE],
                      "share_high": float((given >= 4).mean()), **mean_intervals(sums, counts)})
    return found


def differences(rows):
    """Methods in pairs, on the same source and by the same rater, for each question.

    Returns
    -------
    list of {"question", "method", "other", "difference": of method - other, means; "higher", "equal", "lower": shares
    of the answers; "sources_compared", "answers"; "sources", "raters", "both": intervals; "p": of a test that changes
    the sign of whole sources, exact up to 14 of them; "p_holm": after Holm, over the pairs of a question; "why"}
    """
    found = []
    for question, some in rows.groupby("question", sort=True):
        pairs = [_pair(some, *two) for two in combinations(sorted(set(some["method"])), 2)]
        _holm(pairs)
        found += [{"question": question, **pair} for pair in pairs]
    return found


def _pair(rows, method, other):
    axes = sorted(set(rows["rater"])), sorted(set(rows["source"]))
    (first, given), (second, also) = (answers(rows[rows["method"] == name], "source", *axes)[:2]
                                      for name in (method, other))
    both = (given > 0) & (also > 0)
    pair = {"method": method, "other": other}
    if not both.any():
        return {**pair, "difference": None, "answers": 0, "sources_compared": 0, "p": None, "p_holm": None,
                "why": "nobody has answered both on one source"}
    gap = np.where(both, first / np.maximum(given, 1) - second / np.maximum(also, 1), 0)
    p, why = sign_changed(gap.sum(0)[both.any(0)])
    found = gap[both]
    return {**pair, "difference": float(found.mean()), "higher": float((found > 0).mean()),
            "equal": float((found == 0).mean()), "lower": float((found < 0).mean()), "answers": int(both.sum()),
            "sources_compared": int(both.any(0).sum()), **mean_intervals(gap, both.astype(float)), "p": p,
            "p_holm": None, "why": why}


def sign_changed(sums, seed=0):
    """Two-sided p of the sum of these differences, had each source's sign been a coin's; (p, why there is none)."""
    sums = np.asarray(sums, float)
    if len(sums) < 2:
        return None, "one source can't be tested"
    if len(sums) <= EXACT:
        signs = np.array(list(product((1, -1), repeat=len(sums))), float)
        return float((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9).mean()), ""
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(FLIPS, len(sums)))
    return float(((np.abs(signs @ sums) >= abs(sums.sum()) - 1e-9).sum() + 1) / (FLIPS + 1)), ""


def _holm(pairs):
    """Source: Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scand. Journal of Statistics 1979."""
    tested, worst = sorted((pair for pair in pairs if pair["p"] is not None), key=lambda pair: pair["p"]), 0
    for k, pair in enumerate(tested):
        worst = pair["p_holm"] = max(worst, min(1.0, pair["p"] * (len(tested) - k)))
