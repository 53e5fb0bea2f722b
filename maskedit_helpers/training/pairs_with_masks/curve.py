"""What does each threshold throw out? Measured where the truth is known: bad masks that stay, good ones that are lost.

Pairs that were built with any filter will do, since those that were dropped are in the shards with their scores.
"""

import json

import numpy as np

from ...errors import KitError
from ...places import HOME
from .columns import SCORES, WAYS
from .filtering import PRESETS
from .masking import FAULTS
from .reading import Pairs, read_pairs
from .summary import BAD, iou

LOSE = 0.05  # of the good masks, at most: what a threshold of "pocket" may cost
HELPS = 5.0  # so many times the share of the good must go of the bad, or the score says nothing of masks
POINTS = 21  # of a curve
# maskedit pairs build DIR --count 1500 --first 30000 --masks click,box,words --filter none --size pocket
# maskedit pairs report DIR --json > data/pairs_filter_pocket.json
KEPT = HOME / "data" / "pairs_filter_pocket.json"


def filter_curve(pairs, score, bad=BAD, mask_source=None):
    """What a threshold on one score throws out, for thresholds from the lowest score to the highest.

    Parameters
    ----------
    pairs : folder of a build, or a sequence of pairs as `read_pairs(folder, kept=None)` gives them; those whose mask
        can't be used, or whose truth or score is not known, are passed over
    score : str, a name in a pair's "scores"
    bad : IoU with the true mask under which a mask is bad
    mask_source : "click", "box", "words" or "own", to look at these alone

    Returns
    -------
    dict: "threshold" list of float; "bad_kept" and "good_lost", lists of the same length: the share of all bad masks
    that score at least so much and stay, and the share of all good ones that score less and go; "bad" and "good", how
    many there are. Where there is none of a sort its share is nan.

    Raises
    ------
    KitError
        An unknown score; no pair whose truth and score are known.
    """
    if score not in SCORES or score == "mask_iou":
        raise KitError(f"score {score!r} is unknown; use one of {', '.join(name for name in SCORES[:-1])}")
    rows = [row for row in _rows(pairs) if mask_source in (None, row["mask_source"])]
    values, is_bad = _measured(rows, score, bad)
    if not len(values):
        raise KitError(f"no pair here has a known truth and a {score}; build drawn pairs")
    # First nothing goes; then each step costs as many good masks as the last.
    steps = np.quantile(values[~is_bad], np.linspace(0, 1, POINTS), method="lower") if not is_bad.all() else []
    limits = np.unique([values.min(), *steps])
    kept = values[None] >= limits[:, None]
    with np.errstate(invalid="ignore"):
        bad_kept, good_lost = (kept & is_bad).sum(1) / is_bad.sum(), (~kept & ~is_bad).sum(1) / (~is_bad).sum()
    return {"threshold": limits.round(5).tolist(), "bad_kept": bad_kept.round(4).tolist(),
            "good_lost": good_lost.round(4).tolist(), "bad": int(is_bad.sum()), "good": int((~is_bad).sum())}


def chosen(curve, lose=LOSE):
    """The threshold of a curve that loses at most so many of the good masks; None if the score says nothing of masks.

    lose : float in [0, 1]
    """
    possible = [i for i, lost in enumerate(curve["good_lost"]) if lost <= lose]
    best = max(possible, key=lambda i: curve["threshold"][i], default=None)
    if best is None or not 1 - curve["bad_kept"][best] > HELPS * max(curve["good_lost"][best], 1e-9):
        return None
    return curve["threshold"][best]


def filter_report(pairs=None, bad=BAD):
    """All curves of some pairs, the thresholds that follow, and what every preset does to masks.

    pairs, bad : as for `filter_curve`; without pairs the kept report is read, of the 1,500 drawn pairs by which the
        preset "pocket" was chosen

    Returns
    -------
    dict: "bad", the limit; "pairs", how many; "masks", {way: of `summary.iou`}, before and after the preset "pocket";
    "curves" {way, or "all": {score: of `filter_curve`}}; "chosen" {way: {score: threshold}}, of the scores that say
    something of masks made in this way; "presets" {name: {"kept": share of the pairs, "bad_kept", "good_lost": as in
    `filter_curve`, "iou": mean IoU of the masks that are kept}}.

    Raises
    ------
    KitError
        No pair whose truth is known.
    """
    if pairs is None:
        if not KEPT.is_file():
            raise KitError(f"{KEPT} is not there; it comes with the repository, so run in a copy of it")
        return json.loads(KEPT.read_text(encoding="utf-8"))
    rows = [row for row in _rows(pairs) if row["scores"]["mask_iou"] is not None]
    if not rows:
        raise KitError("no pair here has a known truth; build drawn pairs")
    groups = {"all": rows, **{way: [row for row in rows if row["mask_source"] == way] for way in WAYS}}
    curves = {way: {name: filter_curve(group, name, bad) for name in SCORES[:-1]
                    if any(row["scores"][name] is not None for row in group)} for way, group in groups.items() if group}
    limits = {way: {name: chosen(curve) for name, curve in of.items()} for way, of in curves.items() if way != "all"}
    pocket = [{**row, "kept": not _reason(PRESETS["pocket"], row)} for row in rows]
    return {"bad": bad, "pairs": len(rows),
            "masks": {way: iou([row for row in pocket if way in ("all", row["mask_source"])]) for way in curves},
            "curves": curves,
            "chosen": {way: {name: limit for name, limit in of.items() if limit is not None}
                       for way, of in limits.items()},
            "presets": {name: _does(preset, rows, bad) for name, preset in PRESETS.items()}}


def _reason(preset, row):
    return preset.reason(row["scores"], row["kind"], row["mask_source"])


def _does(preset, rows, bad):
    truth = np.array([row["scores"]["mask_iou"] for row in rows])
    kept = np.array([not _reason(preset, row) for row in rows])
    return {"kept": _share(kept), "bad_kept": _share(kept[truth < bad]), "good_lost": _share(~kept[truth >= bad]),
            "iou": _share(truth[kept])}


def _share(values):
    return round(float(values.mean()), 4) if len(values) else None


def _rows(pairs):
    """Pairs without their pictures whose mask could be used."""
    if not isinstance(pairs, Pairs) and not isinstance(pairs, (list, tuple)):
        pairs = read_pairs(pairs, kept=None)
    rows = [pairs.words(i) for i in range(len(pairs))] if isinstance(pairs, Pairs) else pairs
    return [row for row in rows if row["reason"] not in FAULTS]


def _measured(rows, score, bad):
    """(scores, is the mask bad?) of those whose score and truth are known."""
    known = [(row["scores"][score], row["scores"]["mask_iou"] < bad) for row in rows
             if row["scores"][score] is not None and row["scores"]["mask_iou"] is not None]
    return np.array([value for value, _ in known], float), np.array([flag for _, flag in known], bool)
