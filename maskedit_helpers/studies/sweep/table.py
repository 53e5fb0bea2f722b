"""A study's tables: means with intervals, and what each setting gains on a baseline in pairs; as text or for a page."""

import csv
import io

from ...errors import KitError
from ..comparing import compare_in_pairs, grouped, holm
from ..pages import markdown
from .drawing import chosen, settings_of, tables_of
from .kept import study_rows
from .names import column, is_metric, plain, setting
from .points import called, level_named, mean_of
from .spec import read_spec
from .words import models_of, sentence

FORMS = ("text", "markdown", "csv")


def study_tables(spec, rows=None):
    """All tables of a study, as numbers.

    Parameters
    ----------
    spec : path of a study's file, or Spec; its tables are asked for as `drawing` shows, and are one of everything if
        none is
    rows : list of dict or DataFrame; those that are kept, `study_rows`, if not given

    Returns
    -------
    {name: {"title", "models", "factors", "metrics", "means", "gains"}} : means, a list of dict, one for each
    combination of levels: those, and for each metric {"mean", "low", "high", "n"}; gains, as
    `comparing.compare_in_pairs` gives them, all of the study corrected together, or [] where it is relative to nothing.

    Raises
    ------
    KitError
        A table that asks for what the rows don't have, or leaves unsaid what varies in them.
    """
    spec = read_spec(spec)
    rows = study_rows(spec) if rows is None else rows
    tables = {drawing.name: _table(drawing, rows, spec) for drawing in tables_of(spec)}
    gains = [row for table in tables.values() for row in table["gains"]]
    for row, p in zip(gains, holm([row["p"] for row in gains])):
        row["p_holm"] = p
    return tables


def study_table(spec, name=None, form="text", rows=None):
    """A table of a study, or all, as it reads: str, the means with intervals, and gains in pairs where it is relative.

    spec, rows : as of `study_tables`
    name : str; all tables if not given
    form : "text", "markdown", "csv" (means and gains of each table as lines with all digits)

    Raises KitError where there is no such table or form, and whatever `study_tables` refuses.
    """
    spec = read_spec(spec)
    if form not in FORMS:
        raise KitError(f"form {form!r}: a table is text, markdown or csv")
    drawings = {drawing.name: drawing for drawing in tables_of(spec)}
    if name is not None and name not in drawings:
        raise KitError(f"study {spec.name} has no table {name!r}; it has {', '.join(drawings)}")
    tables = study_tables(spec, rows)
    compared = sum(len(table["gains"]) for table in tables.values())
    parts = [_csv(tables[one]) if form == "csv" else _page(drawings[one], tables[one], form, compared)
             for one in drawings if name in (None, one)]
    return "\n\n".join(part.rstrip() for part in parts)


def _table(drawing, rows, spec):
    kept, varying = chosen(drawing, rows, spec)
    factors = drawing.lines or tuple(varying)
    if left := [name for name in varying if name not in factors]:
        raise KitError(f"table {drawing.name}: {' and '.join(left)} {'varies' if len(left) == 1 else 'vary'} too; name "
                       "it in by or where")
    settings = settings_of(spec)
    metrics = drawing.y or [name for name in dict.fromkeys(name for row in kept for name in row)
                            if is_metric(name) and name not in settings]
    means = [{**dict(zip(factors, which)), **{name: mean_of(group, name) for name in metrics}}
             for which, group in grouped(kept, factors)]
    gains = []
    if drawing.relative_to:
        factor, level = drawing.relative_to
        gains = compare_in_pairs(kept, factor, level, metrics, [name for name in factors if name != factor])
        # What no level can change, as a mask's IoU under two editors, is no comparison, and must not count as one.
        compared = {row["metric"] for row in gains if row["difference"]}
        gains = [row for row in gains if row["metric"] in compared]
    return {"title": drawing.title, "models": models_of(kept, spec), "factors": list(factors), "metrics": list(metrics),
            "means": means, "gains": gains}


def _page(drawing, table, form, compared):
    """Title and both tables, in Markdown or aligned."""
    lay = markdown if form == "markdown" else _aligned
    models = f"; {table['models']} models" if table["models"] else ""
    heads = [*(plain(setting(name)) for name in table["factors"]),
             *(column(name).head(column(name).label) for name in table["metrics"]), "scenes"]
    lines = [[*(called(drawing, row[name]) for name in table["factors"]),
              *(_mean(column(name), row[name]) for name in table["metrics"]), _scenes(row, table["metrics"])]
             for row in table["means"]]
    parts = [f"{sentence(table['title'])} Means with 95 % intervals{models}.", lay(heads, lines)]
    if table["gains"]:
        parts += [_about(drawing, compared), lay(*_gains(drawing, table))]
    return "\n\n".join(parts) + "\n"


def _about(drawing, compared):
    factor, level = drawing.relative_to
    on = plain(level_named(drawing, factor, level))
    return (f"What each {plain(setting(factor))} gains on {on} in pairs on the same scene, with 95 % intervals; the "
            "effect is in standard deviations of the scenes' differences (d_z); p is corrected for the "
            f"number of comparisons in this study, {compared} (Holm).")


def _gains(drawing, table):
    """(heads, lines)"""
    others = [name for name in table["factors"] if name != drawing.relative_to[0]]
    factors = [*others, drawing.relative_to[0]]
    seeds = max(row["seeds"] for row in table["gains"]) > 1
    heads = [*(plain(setting(name)) for name in factors), "metric", "gain", "effect", "p", "pairs",
             *(["trainings"] if seeds else [])]
    lines = [[*(called(drawing, row[name]) for name in factors),
              column(row["metric"]).head(column(row["metric"]).label),
              _gain(column(row["metric"]), row), "-" if row["effect"] is None else f"{row['effect']:+.2f}",
              _chance(row["p_holm"]), str(row["n"]), *([str(row["seeds"])] if seeds else [])]
             for row in table["gains"]]
    return heads, lines


def _mean(row, score):
    if score["mean"] is None or score["low"] is None:
        return row.cell(score["mean"])
    return f"{row.cell(score['mean'])} ({row.cell(score['low'])} to {row.cell(score['high'])})"


def _gain(row, told):
    if told["difference"] is None:
        return "-"
    numbers = [f"{told[what]:+.{row.digits}f}" for what in ("difference", "low", "high") if told[what] is not None]
    return numbers[0] if len(numbers) == 1 else "{} ({} to {})".format(*numbers)


def _chance(p):
    return "-" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _scenes(row, metrics):
    counts = {row[name]["n"] for name in metrics}
    return f"{min(counts)} to {max(counts)}" if len(counts) > 1 else str(*counts)


def _aligned(heads, lines):
    widths = [max(map(len, cells)) for cells in zip(heads, *lines)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip()
                     for line in (heads, *lines))


def _csv(table):
    """Each number on a line of its own, with all its digits."""
    out = io.StringIO()
    factors = table["factors"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*factors, "relative_to", "metric", "unit", "mean", "low", "high", "n", "effect", "p", "p_holm"])
    for row in table["means"]:
        for name in table["metrics"]:
            writer.writerow([*(row[factor] for factor in factors), "", name, column(name).unit,
                             *(row[name][what] for what in ("mean", "low", "high", "n")), "", "", ""])
    for row in table["gains"]:
        writer.writerow([*(row[factor] for factor in factors), row["baseline"], row["metric"],
                         column(row["metric"]).unit,
                         *(row[what] for what in ("difference", "low", "high", "n", "effect", "p", "p_holm"))])
    return out.getvalue()
