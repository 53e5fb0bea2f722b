"""Does the rating go with a metric? Rank correlation, over items, of the mean rating with what was measured of them."""

import io
from pathlib import Path

import numpy as np

from ...errors import KitError
from .resampling import draws, interval

RESAMPLES = 1000
FEWEST = 5  # items


def read_metrics(path):
    """A CSV of metrics: one row an item; column item, or source and method, and any columns of numbers.

    Returns
    -------
    pandas.DataFrame by item; "inf" is a number here, for a background that is untouched.

    Raises
    ------
    KitError
        It can't be read, names no items, has an item twice, or no column of numbers.
    """
    import pandas as pd

    if isinstance(path, pd.DataFrame):
        table, name = path.copy(), "the metrics"
    else:
        path, name = Path(path), str(path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
            table = pd.read_csv(io.StringIO(text), sep=";" if ";" in text.partition("\n")[0] else ",",
                                dtype=dict.fromkeys(("item", "source", "method"), str))
        except OSError as error:
            raise KitError(f"{path}: could not be read ({error.strerror})") from error
        except ValueError:
            raise KitError(f"{path}: this is no table of metrics; give a CSV with a row for each item") from None
    if "item" not in table:
        if not {"source", "method"} <= set(table.columns):
            raise KitError(f"{name}: there is no column item (or source and method)")
        table["item"] = table["source"].astype(str) + "\0" + table["method"].astype(str)
    table["item"] = table["item"].astype(str).str.strip()
    if table["item"].duplicated().any():
        raise KitError(f"{name}: {table['item'][table['item'].duplicated()].iloc[0]!r} stands there twice")
    numbers = table.set_index("item").select_dtypes("number").drop(columns=["source", "method"], errors="ignore")
    if numbers.empty or not len(numbers.columns):
        raise KitError(f"{name}: there is no column of numbers, such as background_psnr")
    return numbers


def tied_to_metrics(rows, metrics):
    """Spearman's rank correlation of each question's mean rating with each metric.

    Parameters
    ----------
    rows : proper rows
    metrics : as `read_metrics` gives it

    Returns
    -------
    list of {"question", "metric", "method": one of them or "all", "spearman", "low", "high": over sources, "items",
    "why"}. Over all methods a metric may seem to go with the rating because one method is better in both; within one
    method it can't.
    """
    found, methods = [], sorted(set(rows["method"]))
    for question, some in rows.groupby("question", sort=True):
        means = some.dropna(subset="answer").groupby(["item", "source", "method"])["answer"].mean().reset_index()
        keys = means["item"] if means["item"].isin(metrics.index).any() else means["source"] + "\0" + means["method"]
        if not keys.isin(metrics.index).any():
            raise KitError("the metrics name no item of the study; their column item must hold the study's own names "
                           f"({means['item'].iloc[0]!r} is one), or source and method do")
        for metric in metrics.columns:
            measured = metrics[metric].reindex(keys).to_numpy(float)
            for method in ["all", *methods] if len(methods) > 1 else ["all"]:
                take = ~np.isnan(measured) & ((means["method"] == method).to_numpy() | (method == "all"))
                found.append({"question": question, "metric": metric, "method": method, **spearman(
                    means["answer"].to_numpy(float)[take], measured[take], means["source"].to_numpy(str)[take])})
    return found


def spearman(rating, metric, source):
    """{"spearman", "low", "high", "items", "why"}; the interval draws whole sources."""
    none = {"spearman": None, "low": None, "high": None, "items": len(rating)}
    if len(rating) < FEWEST:
        return {**none, "why": f"{len(rating)} items: {FEWEST} or more are needed"}
    if len(set(rating)) < 2 or len(set(metric)) < 2:
        return {**none, "why": "all ratings, or all values of the metric, are the same"}
    names, of = np.unique(source, return_inverse=True)
    resampled = _ranked(rating, metric, draws(len(names), RESAMPLES)[:, of])
    return {"spearman": float(_ranked(rating, metric, np.ones((1, len(rating))))[0]),
            **interval(resampled, len(names), "sources"), "items": len(rating)}


def _ranked(a, b, often):
    """Spearman's correlation for each row of often (resamples, items): how often each item counts."""
    a, b = (often @ (values[:, None] < values) + often @ (values[:, None] == values) / 2 for values in (a, b))
    n = often.sum(1, keepdims=True)
    a, b = (ranks - (often * ranks).sum(1, keepdims=True) / n for ranks in (a, b))
    with np.errstate(invalid="ignore", divide="ignore"):
        return (often * a * b).sum(1) / np.sqrt((often * a**2).sum(1) * (often * b**2).sum(1))
