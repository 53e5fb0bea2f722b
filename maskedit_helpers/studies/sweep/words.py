"""What stands around the points of a study's figure, and the figure in words, for those who do not see it."""

from .names import column, plain, setting
from .points import called


def alt(drawing, lines, models):
    """A figure in words, every point of it."""
    said, of = [], ", ".join(map(setting, drawing.lines))
    for name in drawing.y:
        row = column(name)
        for words, points in lines.items():
            each = "; ".join(f"{point.named}{_at(drawing, point)}: {_value(row, point.y[name], drawing.relative_to)}"
                             for point in points)
            said.append(f"{y_label(drawing, name)}{f', {of} {words}' if words else ''}: {each}.")
    ways = {"curve": "Curves", "frontier": "A frontier", "bars": "Bars"}[drawing.kind]
    return plain(f"{ways}: {sentence(drawing.title)} {told(drawing, lines, models)}. Over {x_label(drawing, lines)}. "
                 + " ".join(said))


def models_of(rows):
    """ "pocket" or "full", if the rows say so; pocket, on which studies are measured, if they don't"""
    row = rows.to_dict("records")[0] if hasattr(rows, "to_dict") else rows[0]
    return row.get("models") or "pocket"


def told(drawing, lines, models):
    """Of which models, scenes and trainings a figure is."""
    points = [point for line in lines.values() for point in line]
    scenes = {score["n"] for point in points for score in point.y.values()} - {0}
    seeds = max(score.get("seeds", 1) for point in points for score in point.y.values())
    count = f"{min(scenes)} to {max(scenes)}" if len(scenes) > 1 else f"{max(scenes, default=0)}"
    trained = f", {seeds} trainings" if seeds > 1 else ""
    pairs = " in pairs on the same scene" if drawing.relative_to else ""
    return f"{models} models, {count} scenes{trained}: means with 95 % intervals{pairs}"


def y_label(drawing, name):
    """What y is, with its unit."""
    row = column(name)
    if not drawing.relative_to:
        return row.head(row.label)
    factor, level = drawing.relative_to
    return row.head(f"{row.label}, gain on {called(drawing, level)}")


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
