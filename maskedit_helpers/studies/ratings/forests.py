"""Numbers with their intervals below each other: differences of methods, agreement, correlations with metrics."""

from ...errors import KitError
from .agreement import NAMES
from .bars import stacked, titled

BLUE, GREY = "#1f4e79", "0.55"


def differences_figure(analysis, questions):
    panels = {question: [(f"{row['method']} - {row['other']}", row["difference"], row["both"],
                          "" if row["p_holm"] is None else f"p = {row['p_holm']:.3f} (Holm)")
                         for row in analysis["differences"] if row["question"] == question
                         and row["difference"] is not None] for question in questions}
    return forest(analysis, panels, "difference of the mean answers, 95 % interval over raters and sources",
                  "there are no two methods that anybody rated on one source, so there are no differences")


def agreement_figure(analysis, questions):
    panels = {question: [(NAMES[name], found["value"], found, "")
                         for name, found in analysis["agreement"][question]["all"].items()
                         if found["value"] is not None] for question in questions}
    return forest(analysis, panels, "1: all always agree; 0: chance (of equal answers: nobody ever agrees); 95 % "
                                    "interval over items", "no agreement to draw: it takes two raters of an item")


def metrics_figure(analysis, questions):
    panels = {question: [(f"{row['metric']}, {row['method']}", row["spearman"], row, f"{row['items']} items")
                         for row in analysis["metrics"] if row["question"] == question and row["spearman"] is not None]
              for question in questions}
    return forest(analysis, panels, "Spearman's correlation with the mean rating, 95 % interval over sources",
                  "there are no metrics to draw; give a CSV of them")


def forest(analysis, panels, label, nothing):
    """A panel for each question: (name, value, {"low", "high"}, note) from top to bottom."""
    panels = {question: rows for question, rows in panels.items() if rows}
    if not panels:
        raise KitError(nothing)
    said = "; ".join(f"{question}, {name}: {value:.2f}" + (
        "" if spread["low"] is None else f", {spread['low']:.2f} to {spread['high']:.2f}")
        for question, rows in panels.items() for name, value, spread, _ in rows)
    high = 0.9 + sum(0.65 + 0.27 * len(rows) for rows in panels.values())
    figure, axes = stacked([len(rows) + 1 for rows in panels.values()], (9, high),
                           f"{titled(analysis)}. Across: {label}. {said}.", sharex=True)
    for axis, (question, rows) in zip(axes, panels.items()):
        for y, (_, value, spread, note) in enumerate(rows):
            sure = spread["low"] is not None
            if sure:
                axis.plot([spread["low"], spread["high"]], [y, y], color=BLUE, lw=1.6, solid_capstyle="butt")
            axis.plot(value, y, "o", color=BLUE, mfc=BLUE if sure else "white", ms=5)
            told = f"{value:.2f}" + ("" if sure else " (no interval)") + (f"   {note}" if note else "")
            axis.annotate(told, (1.02, y), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        axis.axvline(0, color=GREY, lw=0.8, zorder=0)
        axis.set_yticks(range(len(rows)), [row[0] for row in rows], fontsize=9, parse_math=False)
        axis.set(ylim=(len(rows) - 0.5, -0.5))
        axis.set_title(question, loc="left", fontsize=10, parse_math=False)
        axis.grid(axis="x", alpha=0.3)
    axes[-1].set_xlabel(label, fontsize=9)
    figure.suptitle(titled(analysis), fontsize=11, parse_math=False)
    return figure
