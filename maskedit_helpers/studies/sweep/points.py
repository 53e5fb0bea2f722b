"""From rows to the points of a figure: means, each with its interval, at the places where they are drawn."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ...errors import KitError
from ..comparing import by_seed_and_scene, grouped, paired
from ..intervals import crossed_mean, mean_with_interval, share_with_interval
from .drawing import chosen
from .names import column, is_number, said, symbol


@dataclass(frozen=True)
class Point:
    """x : a level, or {"mean", "low", "high", "n"} of a metric. y : {the same} by metric. words : what point it is, and
    named : the same, beside the name of a number, "s_I = 1.2"."""

    x: object
    y: dict
    words: str
    named: str


def mean_of(rows, name):
    """A metric's mean over rows and its 95 % interval: of one training or none as scoreboards have it, of several with
    that level too. {"mean", "low", "high", "n"}"""
    values = by_seed_and_scene(rows, name)
    if len(values) > 1:
        return crossed_mean(values)
    return (share_with_interval if column(name).share and np.isin(values, (0, 1)).all() else mean_with_interval)(
        values[0] if len(values) else [])


def lines_of(drawing, rows, spec):
    """{words of a line: [Point]} of a figure, in the study's order; one line named "" where it asks for none.

    rows : list of dict or DataFrame

    Raises
    ------
    KitError
        Something varies that the figure does not name; no rows; see `drawing.chosen`.
    """
    rows, varying = chosen(drawing, rows, spec)
    settings = drawing.x in varying or drawing.x in spec.factors
    points = drawing.points
    if drawing.relative_to:
        rows = gains(drawing, rows, varying)
    if settings:
        points = (drawing.x,)
    elif not points and not drawing.bins:
        points = tuple(name for name in varying if name not in drawing.lines)
    if not drawing.bins:
        _check_all_named(drawing, rows, varying, (*drawing.lines, *points))
    edges = _edges(rows, drawing) if drawing.bins else None
    lines = {}
    for which, part in grouped(rows, drawing.lines):
        words = ", ".join(called(drawing, level) for level in which)
        groups = grouped(part, points) if edges is None else _binned(part, drawing.x, edges)
        lines[words] = [_point(drawing, points, levels, group) for levels, group in groups]
    return lines


def gains(drawing, rows, varying):
    """Rows whose metrics are differences from the level that a drawing is relative to, in pairs."""
    factor, level = drawing.relative_to
    by = [name for name in varying if name != factor]
    names = [name for name in drawing.y]
    return paired(rows, factor, level, names, by)


def called(drawing, level):
    """What a level is called in a drawing."""
    return drawing.labels.get(said(level), said(level))


def level_named(drawing, name, level):
    """The same, a number beside its name: "s_I = 1.2"."""
    return f"{symbol(name)} = {called(drawing, level)}" if is_number(level) else called(drawing, level)


def _point(drawing, names, levels, group):
    ys = {name: mean_of(group, name) if not drawing.relative_to else crossed_mean(by_seed_and_scene(group, name))
          for name in drawing.y}
    x = levels[0] if names == (drawing.x,) else mean_of(group, drawing.x)
    words = [called(drawing, level) for level in levels]
    return Point(x, ys, ", ".join(words), ", ".join(map(partial(level_named, drawing), names or ("",), levels)))


def _edges(rows, drawing):
    """Where the bins of x end: the same for all lines."""
    values = [float(row[drawing.x]) for row in rows if row.get(drawing.x) is not None]
    return np.unique(np.quantile(values, np.linspace(0, 1, drawing.bins + 1)[1:-1]))


def _binned(rows, name, edges):
    """[((words of the bin,), its rows)]"""
    rows = [row for row in rows if row.get(name) is not None]
    which = np.searchsorted(edges, [float(row[name]) for row in rows], side="right")
    ends = ["", *(f"{edge:.2f}" for edge in edges), ""]
    words = [f"from {low} to {high}" if low and high else f"under {high}" if high else f"from {low} on"
             for low, high in zip(ends, ends[1:])]
    return [((words[i],), [row for row, at in zip(rows, which) if at == i]) for i in range(len(words))
            if i in which]


def _check_all_named(drawing, rows, varying, named):
    left = [name for name in varying if name not in (*named, *drawing.relative_to[:1])
            and len({row.get(name) for row in rows}) > 1]
    factor = drawing.relative_to[:1]
    left += [name for name in factor if name not in named and len({row.get(name) for row in rows}) > 1]
    if left:
        raise KitError(f"figure {drawing.name}: {' and '.join(left)} {'varies' if len(left) == 1 else 'vary'} too; "
                       "name it in lines, points or where")
