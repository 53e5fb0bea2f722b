"""Rows of edits as means with intervals, a table for each method."""

import math

import numpy as np

from ...metrics.columns import Column, Table
from ..evaluate import PSNR_CAP
from ..intervals import RESAMPLES, mean_with_interval
from .measures import MEASURES

COLUMNS = [Column("metric", "metric"), Column("convention", "convention of"), Column("better", "better"),
           Column("mean", "mean"), Column("interval", "95 % interval"), Column("n", "n")]


def scores(rows):
    """{method: {metric: {"mean", "low", "high", "n"}}} over the rows of each, undefined values left out.

    PSNRs are capped at 60 dB, since one untouched background would make a mean infinite.
    """
    found = {}
    for heading in dict.fromkeys(row["heading"] for row in rows):
        mine = [row for row in rows if row["heading"] == heading]
        found[heading] = {}
        for name, measure in MEASURES.items():
            cap = PSNR_CAP if measure.unit == "dB" else math.inf
            values = [(row["session"], min(row[name], cap)) for row in mine if not math.isnan(row.get(name, math.nan))]
            if values:
                found[heading][name] = mean_over_sessions(*zip(*values))
    return found


def mean_over_sessions(sessions, values):
    """The mean of all values and its 95 % bootstrap interval, whole sessions drawn anew: turns of one session hang
    together, and count as so many pictures only if they did not. With one value a session, `mean_with_interval`.

    sessions, values : as many of each. Returns {"mean", "low", "high", "n"}, n values.
    """
    sums, counts = {}, {}
    for session, value in zip(sessions, values):
        sums[session], counts[session] = sums.get(session, 0.0) + value, counts.get(session, 0) + 1
    mean = mean_with_interval(values)
    found = {which: mean[which] for which in ("mean", "low", "high", "n")}
    if len(sums) == len(values):
        return found
    if len(sums) < 2:
        return found | {"low": None, "high": None}
    drawn = np.random.default_rng(0).integers(len(sums), size=(RESAMPLES, len(sums)))
    means = np.array(list(sums.values()))[drawn].sum(1) / np.array(list(counts.values()))[drawn].sum(1)
    low, high = np.percentile(means, (2.5, 97.5))
    return found | {"low": float(low), "high": float(high)}


def tables(scores, conventions):
    """{method: Table}. conventions: {metric: whose, and with what network}"""
    return {heading: Table([_line(MEASURES[name], found, conventions[name]) for name, found in mine.items()], COLUMNS,
                           caption=heading) for heading, mine in scores.items()}


def _line(measure, found, convention):
    def said(value):
        return measure.cell(value * measure.scale)

    interval = "-" if found["low"] is None else f"{said(found['low'])} to {said(found['high'])}"
    better = f"{measure.better}er" if measure.better else ""
    return {"metric": measure.title, "convention": convention, "better": better,
            "mean": said(found["mean"]), "interval": interval, "n": found["n"]}
