"""What stands around the points of a study's figure, and the figure in words, for those who do not see it."""

from .names import column, plain, setting
from .points import level_named
from .tasks import TASKS

MANY = 80  # points, of which not each can be said


def alt(drawing, lines, models):
    """A figure in words, every point of it; of very many the outer ones of each line."""
    many = sum(map(len, lines.values())) * len(drawing.y) > MANY
    said, of = [], ", ".join(map(setting, drawing.lines))
    for name in drawing.y:
        row = column(name)
        for words, points in lines.items():
            each = "; ".join(f"{point.named}{_at(drawing, point)}: {_value(row, point.y[name], drawing.relative_to)}"
                             for point in (_outer(points, name) if many else points))
            said.append(f"{y_label(drawing, name)}{f', {of} {words}' if words else ''}: {each}.")
    ways = {"curve": "Curves", "frontier": "A frontier", "bars": "Bars"}[drawing.kind]
    return plain(f"{ways}: {sentence(drawing.title)} {told(drawing, lines, models)}. Over {x_label(drawing, lines)}. "
                 + ("Of each line the ends, the lowest and the highest point. " if many else "") + " ".join(said))


def _outer(points, name):
    """The first, the last, the lowest and the highest, from left to right."""
    points = [point for point in points if point.y[name]["mean"] is not None]
    if points and isinstance(points[0].x, dict):
        points.sort(key=lambda point: point.x["mean"])
    up = sorted(range(len(points)), key=lambda i: points[i].y[name]["mean"])
    return [points[i] for i in sorted({0, len(points) - 1, *up[:1], *up[-1:]})] if points else []


def models_of(rows, spec):
    """ "pocket" or "full", with which the rows were measured; "" of a task of somebody's own that has no models"""
    row = rows.to_dict("records")[0] if hasattr(rows, "to_dict") else rows[0]
    return row.get("models") or ("pocket" if spec.task in TASKS else "")


def told(drawing, lines, models):
    """Of which models, scenes and trainings a figure is."""
    points = [point for line in lines.values() for point in line]
    scenes = {score["n"] for point in points for score in point.y.values()} - {0}
    seeds = max(score.get("seeds", 1) for point in points for score in point.y.values())
    count = f"{min(scenes)} to {max(scenes)}" if len(scenes) > 1 else f"{max(scenes, default=0)}"
    trained = f", {seeds} trainings" if seeds > 1 else ""
    what = "gains in pairs" if drawing.relative_to else "means"
    return f"{f'{models} models, ' if models else ''}{count} scenes{trained}: {what}, 95 % intervals"


def y_label(drawing, name):
    """What y is, with its unit."""
    row = column(name)
    if not drawing.relative_to:
        return row.head(row.label)
    factor, level = drawing.relative_to
    return row.head(f"{row.label}, gain on {level_named(drawing, factor, level)}")


def x_label(drawing, lines):
    """What x is, with its unit."""
    if over_metric(lines):
        row = column(drawing.x)
        return row.head(row.label) + (", in parts with equally many edits" if drawing.bins else "")
    return setting(drawing.x)


def over_metric(lines):
    """Is x a metric, not a setting?"""
    return any(isinstance(point.x, dict) for points in lines.values() for point in points)


def _at(drawing, point):
    return f" at {column(drawing.x).cell(point.x['mean'])}" if isinstance(point.x, dict) else ""


def _value(row, score, relative):
    if score["mean"] is None:
        return "none"
    number = f"{{:{'+' if relative else ''}.{row.digits}f}}"
    mean = number.format(score["mean"])
    if score["low"] is None:
        return mean
    return f"{mean} ({number.format(score['low'])} to {number.format(score['high'])})"


def sentence(title):
    """A title with a full stop, if it has no end of its own."""
    return title if title.endswith(("?", "!", ".")) else f"{title}."
