"""What a build holds, in numbers: pairs, reasons of dropping, masks against the truth before and after the filter."""

from collections import Counter
from statistics import mean

from .columns import WAYS
from .reading import Pairs

BAD = 0.8  # a mask whose IoU with the true one is lower counts as bad


def summary(folder):
    """The numbers of a build, as far as it has come.

    Returns
    -------
    dict: "pairs", "kept", "validation" (kept ones that are set aside); "reasons" {why dropped: pairs}, most first;
    "mask_sources" {way: of `iou`}, and "masks", the same of all ways together. Of `iou`: "before" and "after" the
    filter {"n", "iou" mean IoU of mask and truth, "bad" share of masks whose IoU is under BAD}; None where no truth is
    known.
    """
    pairs = Pairs(folder)
    rows = [pairs.words(i) for i in range(len(pairs))]
    reasons = Counter(row["reason"] for row in rows if not row["kept"])
    return {"pairs": len(rows), "kept": sum(row["kept"] for row in rows),
            "validation": sum(row["kept"] and row["validation"] for row in rows),
            "reasons": dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
            "mask_sources": {way: iou([row for row in rows if row["mask_source"] == way])
                             for way in WAYS if any(row["mask_source"] == way for row in rows)},
            "masks": iou(rows)}


def iou(rows):
    """{"before", "after"} the filter, see `summary`; rows of `reading.Pairs.words`."""
    return {"before": _of([row["scores"]["mask_iou"] for row in rows]),
            "after": _of([row["scores"]["mask_iou"] for row in rows if row["kept"]])}


def _of(ious):
    known = [value for value in ious if value is not None]
    if not known:
        return None
    return {"n": len(known), "iou": mean(known), "bad": sum(value < BAD for value in known) / len(known)}
