"""A study's figures: curves with bands, frontiers of two metrics, bars; each with its alt text, from the rows."""

import textwrap

import numpy as np

from ...errors import KitError
from .drawing import figures_of
from .kept import study_rows
from .names import column, is_number, setting
from .points import called, lines_of
from .spec import read_spec
from .words import alt, models_of, over_metric, told, x_label, y_label

# Okabe and Ito's colours, told apart by all eyes; with a mark and a dash each, so that grey print does too.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKS = "osD^vPX"
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo")
DASHES = ("-", "--", "-.", ":")
WIDE, HIGH, ACROSS = 3.6, 2.9, 3  # inches of a panel; panels side by side
PRINTED = {1: 0.6, 2: 0.8, 3: 0.72}  # in print, by panels side by side: a panel's height to its width
SMALL = 8  # points: ticks, legend, names of points


def study_figures(spec, rows=None):
    """All figures of a study: {name: PictureRow}. Arguments and errors as of `study_figure`."""
    spec, rows = _given(spec, rows)
    return {drawing.name: draw(drawing, rows, spec) for drawing in figures_of(spec)}


def study_figure(spec, name=None, rows=None):
    """A figure of a study.

    Parameters
    ----------
    spec : path of a study's file, or Spec; its figures are asked for as `drawing` shows
    name : str, of the figure; the first if not given
    rows : list of dict or DataFrame; those that are kept, `study_rows`, if not given

    Returns
    -------
    figures.show.PictureRow: shows itself as a cell's last line, and knows its alt text.

    Raises
    ------
    KitError
        No such figure; one that asks for what the rows don't have, or leaves unsaid what varies in them.
    """
    spec, rows = _given(spec, rows)
    drawings = {drawing.name: drawing for drawing in figures_of(spec)}
    if not drawings:
        raise KitError(f"study {spec.name} asks for no figure; say one below [[figure]]")
    if name is not None and name not in drawings:
        raise KitError(f"study {spec.name} has no figure {name!r}; it has {', '.join(drawings)}")
    return draw(drawings[name] if name is not None else next(iter(drawings.values())), rows, spec)


def _given(spec, rows):
    spec = read_spec(spec)
    return spec, study_rows(spec) if rows is None else rows


def draw(drawing, rows, spec, page=None):
    """One figure: PictureRow.

    page : inches, the width in print, where a caption says what stands above the panels here, and the smallest words
    are of matplotlib's size of ticks
    """
    from matplotlib import rcParams

    from ...figures.show import subplots

    lines = lines_of(drawing, rows, spec)
    models = models_of(rows, spec)
    across = min(len(drawing.y), ACROSS)
    down = -(-len(drawing.y) // across)
    wide, small = page or (WIDE * across if across > 1 else 1.35 * WIDE), rcParams["xtick.labelsize"] if page else SMALL
    per_inch = 12 * (SMALL + 1) / (small + 1)  # letters of an axis's words
    title = [] if page else textwrap.wrap(drawing.title, round(13 * wide))
    below = [] if page else textwrap.wrap(told(drawing, lines, models), round(15 * wide))
    high = (PRINTED[across] if wide < 4 or across > 1 else 0.25) * wide / across + 0.4 * (
        len(lines) > 1) if page else HIGH
    figure, axes = subplots(down, across, figsize=(wide, high * down + 0.17 * (len(title) + len(below)) + 0.5),
                            alt=alt(drawing, lines, models))
    axes, styles = np.ravel(axes), _styles(drawing, lines, spec, small / SMALL)
    for axis, name in zip(axes, drawing.y):
        {"curve": _curve, "frontier": _frontier, "bars": _bars}[drawing.kind](axis, drawing, lines, name, styles)
        axis.set_xlabel(textwrap.fill(x_label(drawing, lines), round(per_inch * wide / across)), fontsize=small + 1)
        axis.set_ylabel(textwrap.fill(y_label(drawing, name), round(1.35 * per_inch * high) if page else 36),
                        fontsize=small + 1)
        axis.tick_params(labelsize=small)
        axis.grid(alpha=0.25, linewidth=0.6)
        axis.set_axisbelow(True)
        if drawing.relative_to:
            axis.axhline(0, color="0.35", linewidth=0.9)
        _keep_in_view(axis, [point.y[name] for points in lines.values() for point in points])
    for axis in axes[len(drawing.y):]:
        axis.axis("off")
    if title:
        figure.suptitle("\n".join(title + below), fontsize=small + 1)
    if len(lines) > 1:
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=_columns(names, wide * SMALL / small),
                      fontsize=small, title=_of(drawing), title_fontsize=small)
    if drawing.kind == "frontier":
        for axis, name in zip(axes, drawing.y):
            _names(axis, lines, name, styles, small - (not page))
    return figure


def _of(drawing):
    return ", ".join(map(setting, drawing.lines))


def _columns(names, wide):
    """Columns of a legend that fit so many inches."""
    fits = sum(0.55 + 0.065 * len(name) for name in names) < wide
    return len(names) if fits else max(1, int(wide / (0.55 + 0.065 * max(map(len, names)))))


def _keep_in_view(axis, scores):
    """Let the intervals that are much wider than most, as two trainings may make them, run out of the panel."""
    mean, low, high = map(np.array, _ends([score for score in scores if score["mean"] is not None]))
    usual = np.median(high - low) if len(mean) else 0
    bottom, top = axis.get_ylim()
    if usual and max(mean.max() - bottom, top - mean.min()) > (least := np.ptp(mean) + 2 * usual):
        middle = (mean.max() + mean.min()) / 2
        axis.set_ylim(max(bottom, middle - least), min(top, middle + least))


def _styles(drawing, lines, spec, scale):
    """{words of a line: how it is drawn}; a level looks the same in all figures of a study."""
    places = {words: i for i, words in enumerate(lines)}
    if len(drawing.lines) == 1:
        levels = [called(drawing, level) for level in spec.factors.get(drawing.lines[0], ())]
        places = {words: levels.index(words) if words in levels else len(levels) + i for words, i in places.items()}
    return {words: {"color": COLOURS[i % len(COLOURS)], "marker": MARKS[i % len(MARKS)], "markersize": 4.5 * scale,
                    "linestyle": DASHES[i // len(COLOURS) % len(DASHES)], "linewidth": 1.4 * scale}
            for words, i in places.items()}


def _ends(scores):
    """(means, lows, highs); the interval of what has none is its mean."""
    return tuple([score["mean"] if score[end] is None else score[end] for score in scores]
                 for end in ("mean", "low", "high"))


def _arms(mean, low, high):
    return [m - end for m, end in zip(mean, low)], [end - m for m, end in zip(mean, high)]


def _curve(axis, drawing, lines, name, styles):
    if over_metric(lines):
        _crosses(axis, drawing, lines, name, styles)
        return
    levels = list(dict.fromkeys(point.x for points in lines.values() for point in points))
    numeric = all(map(is_number, levels))
    for i, (words, points) in enumerate(lines.items()):
        points = [point for point in points if point.y[name]["mean"] is not None]
        if numeric:
            points = sorted(points, key=lambda point: point.x)
            at, (mean, low, high) = [point.x for point in points], _ends([point.y[name] for point in points])
            axis.plot(at, mean, label=words or None, **styles[words])
            axis.fill_between(at, low, high, color=styles[words]["color"], alpha=0.15, linewidth=0)
            continue
        at = [levels.index(point.x) + _aside(i, len(lines)) for point in points]
        mean, low, high = _ends([point.y[name] for point in points])
        axis.errorbar(at, mean, _arms(mean, low, high), label=words or None, capsize=2, elinewidth=0.9,
                      **{**styles[words], "linewidth": 0.6})
    if numeric:
        axis.set_xticks(sorted(levels) if len(levels) < 9 else sorted(levels)[::2])
    else:
        _named_ticks(axis, drawing, lines)


def _crosses(axis, drawing, lines, name, styles):
    """Both are metrics: points in the order of x; the band is y's interval, the arms are x's."""
    for words, points in lines.items():
        points = [point for point in points if None not in (point.y[name]["mean"], point.x["mean"])]
        points = sorted(points, key=lambda point: point.x["mean"])
        x, y = _ends([point.x for point in points]), _ends([point.y[name] for point in points])
        axis.errorbar(x[0], y[0], xerr=_arms(*x), label=words or None, elinewidth=0.7, **styles[words])
        axis.fill_between(x[0], y[1], y[2], color=styles[words]["color"], alpha=0.15, linewidth=0)


def _frontier(axis, drawing, lines, name, styles):
    """Numbers are joined in their order; of other points each has its name."""
    if not over_metric(lines):
        raise KitError(f"figure {drawing.name}: a frontier is of two metrics; {drawing.x} is a setting")
    for words, points in lines.items():
        points = [point for point in points if None not in (point.y[name]["mean"], point.x["mean"])]
        x, y = _ends([point.x for point in points]), _ends([point.y[name] for point in points])
        drawn = axis.errorbar(x[0], y[0], xerr=_arms(*x), yerr=_arms(*y), label=words or None, elinewidth=0.6,
                              **styles[words] | ({} if _joined(points) else {"linestyle": "none"}))
        for arms in drawn.lines[2]:
            arms.set_alpha(0.4 if len(lines) < 3 else 0.25)  # lines through many points would drown in them
    axis.margins(0.12)


def _joined(points):
    return all(point.named != point.words for point in points)


def _names(axis, lines, name, styles, size):
    """Of a frontier's points: of joined ones the first and the last."""
    from ...figures.names import name_points

    named, marks = [], []
    for words, points in lines.items():
        points = [point for point in points if None not in (point.y[name]["mean"], point.x["mean"])]
        marks += [(point.x["mean"], point.y[name]["mean"]) for point in points]
        named += [(point.x["mean"], point.y[name]["mean"], point.named, styles[words]["color"])
                  for point in (points[::max(1, len(points) - 1)] if _joined(points) else points)]
    name_points(axis, named, size, marks)


def _bars(axis, drawing, lines, name, styles):
    """Bars stand on a zero that means something: of a gain or a share. Any other metric gets marks alone."""
    if over_metric(lines):
        raise KitError(f"figure {drawing.name}: bars stand over a factor; {drawing.x} is a metric")
    levels = list(dict.fromkeys(point.x for points in lines.values() for point in points))
    from_zero = bool(drawing.relative_to) or column(name).share
    for i, (words, points) in enumerate(lines.items()):
        points = [point for point in points if point.y[name]["mean"] is not None]
        at = [levels.index(point.x) + _aside(i, len(lines)) for point in points]
        mean, low, high = _ends([point.y[name] for point in points])
        colour = styles[words]["color"]
        if from_zero:
            axis.bar(at, mean, 0.8 / len(lines), color=colour, alpha=0.75, label=words or None,
                     hatch=HATCHES[MARKS.index(styles[words]["marker"])], edgecolor="white", linewidth=0)
        axis.errorbar(at, mean, _arms(mean, low, high), fmt="none" if from_zero else styles[words]["marker"],
                      ecolor="0.2" if from_zero else colour, color=colour, capsize=2, elinewidth=0.9, markersize=5,
                      label=None if from_zero else words or None)
    _named_ticks(axis, drawing, lines)


def _named_ticks(axis, drawing, lines):
    names = {}
    for points in lines.values():
        for point in points:
            names.setdefault(point.x, point.words)
    long = sum(map(len, names.values())) > 34
    axis.set_xticks(range(len(names)), names.values(), rotation=35 if long else 0, ha="right" if long else "center",
                    rotation_mode="anchor" if long else "default")


def _aside(i, count):
    """Where the i-th of so many stands beside the middle of a level."""
    return 0.8 * ((i + 0.5) / count - 0.5)
