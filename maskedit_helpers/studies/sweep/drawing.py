"""How a figure or a table of a study is asked for, in its file.

    [[figure]]
    name = "iou"                          # of its file; "1", "2" and so on if not given
    title = "How exact must a mask be?"   # the study's if not given
    kind = "curve"                        # or "frontier", "bars"
    x = "mask_iou"                        # a factor, or a metric
    y = ["truth_psnr", "edit_psnr"]       # one metric, or several: a panel each
    lines = "control"                     # a factor, or several: a line (or colour of bars) for each level
    points = "mask"                       # where x is a metric: a point for each level; all other factors if not given
    bins = 0                              # where x is a metric, instead of points: so many parts with equally many rows
    relative_to = { control = "blend" }   # y is the gain on that level, in pairs on the same scene
    where = { words = "named", mask = ["truth", "click"] }    # only those rows
    labels = { "mask-aware:channel" = "channel" }             # what levels are called in this figure

    [[table]]
    name = "strategies"
    title = "..."
    by = ["mask", "control"]              # factors, a line for each combination; all that vary if not given
    metrics = ["truth_psnr"]              # all known ones if not given
    relative_to = { control = "blend" }   # beside the means: gains in pairs, effect sizes, p after Holm's correction
    where = { words = "named" }
    labels = {}

What varies in the rows and is not named is refused, so that no mean is over unlike things by an oversight; only other
trainings (`train_seed`) and repeats (`edit_seed`) are what intervals are of.
"""

from dataclasses import dataclass, field

from ...errors import KitError
from ..comparing import listed, names_of

KINDS = ("curve", "frontier", "bars")
SAMPLED = ("train_seed", "edit_seed")  # further draws of the same, not other settings


@dataclass(frozen=True)
class Drawing:
    """A figure's or table's table in a study's file, checked."""

    name: str
    title: str
    kind: str
    x: str = ""
    y: tuple = ()
    lines: tuple = ()
    points: tuple = ()
    bins: int = 0
    relative_to: tuple = ()  # (factor, level)
    where: dict = field(default_factory=dict)
    labels: dict = field(default_factory=dict)


FIGURE = {"name": str, "title": str, "kind": str, "x": str, "y": (str, list), "lines": (str, list),
          "points": (str, list), "bins": int, "relative_to": dict, "where": dict, "labels": dict}
TABLE = {"name": str, "title": str, "by": (str, list), "metrics": (str, list), "relative_to": dict, "where": dict,
         "labels": dict}


def figures_of(spec):
    """The figures that a study asks for: list of Drawing. Raises KitError for what is no figure."""
    return [_figure(said, i, spec) for i, said in enumerate(spec.figures, 1)]


def tables_of(spec):
    """The tables that a study asks for, or one of everything: list of Drawing, whose `lines` are its factors and whose
    `y` its metrics. Raises KitError for what is no table."""
    return [_table(said, i, spec) for i, said in enumerate(spec.tables or [{}], 1)]


def settings_of(spec):
    """All settings that a study's rows have."""
    return dict.fromkeys((*spec.defaults, *spec.fixed, *spec.factors, *(name for one in spec.extra for name in one)))


def chosen(drawing, rows, spec):
    """(the rows that a drawing is of, the settings that vary in them).

    Raises KitError where none are left, or for a name that the rows don't have.
    """
    rows = listed(rows)
    known = {name for row in rows for name in row}
    for name in (*drawing.where, *drawing.lines, *drawing.points, *drawing.y, *filter(None, (drawing.x,)),
                 *drawing.relative_to[:1]):
        if name not in known:
            raise KitError(f"{drawing.name}: the rows have no column {name!r}; they have {', '.join(sorted(known))}")
    rows = [row for row in rows if all(row.get(name) in (level if isinstance(level, list) else [level])
                                       for name, level in drawing.where.items())]
    if not rows:
        raise KitError(f"{drawing.name}: no row is left by where = {drawing.where}; mend it")
    order = {name: {level: i for i, level in enumerate(levels)} for name, levels in spec.factors.items()}
    varying = [name for name in settings_of(spec) if len({row.get(name) for row in rows}) > 1 and name not in SAMPLED]
    sorting = dict.fromkeys((*drawing.lines, *varying))
    rows.sort(key=lambda row: [order.get(name, {}).get(row.get(name), len(rows)) for name in sorting])
    return rows, varying


def _figure(said, i, spec):
    where = f"figure {said.get('name', i)}"
    _check(said, FIGURE, where)
    for name in ("x", "y"):
        if not said.get(name):
            raise KitError(f"{where}: say what is {name}, for example {name} = \"truth_psnr\"")
    kind = said.get("kind", "curve")
    if kind not in KINDS:
        raise KitError(f"{where}: there is no kind {kind!r}; use {', '.join(KINDS)}")
    return Drawing(str(said.get("name", i)), said.get("title", spec.title), kind, said["x"], names_of(said["y"]),
                   names_of(said.get("lines", ())), names_of(said.get("points", ())), said.get("bins", 0),
                   _relative(said, where), said.get("where", {}), said.get("labels", {}))


def _table(said, i, spec):
    where = f"table {said.get('name', i)}"
    _check(said, TABLE, where)
    return Drawing(str(said.get("name", i)), said.get("title", spec.title), "table",
                   y=names_of(said.get("metrics", ())), lines=names_of(said.get("by", ())),
                   relative_to=_relative(said, where), where=said.get("where", {}), labels=said.get("labels", {}))


def _check(said, known, where):
    for name, value in said.items():
        if name not in known:
            raise KitError(f"{where}: there is no {name!r}; it has {', '.join(known)}")
        if not isinstance(value, known[name]):
            words = {str: "text in quotes", int: "a whole number", dict: "{ name = level }"}
            raise KitError(f"{where}: {name} must be {words.get(known[name], 'a name, or a list of names')}")


def _relative(said, where):
    if len(relative := said.get("relative_to", {})) > 1:
        raise KitError(f"{where}: relative_to names one factor and its level, for example {{ control = \"blend\" }}")
    return tuple(*relative.items())
