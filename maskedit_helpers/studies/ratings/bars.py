"""How the answers are spread: a bar for each method, low answers to the left of the middle, high ones to the right."""

from ...errors import KitError
from ...figures.show import PictureRow
from .reading import SCALE

COLOURS = ("#8c510a", "#d8b365", "#d9d9d9", "#5ab4ac", "#01665e")  # brown to teal, told apart in every colour vision
INK = ("white", "black", "black", "black", "white")  # of the number in a bar
LEAST = 0.06  # of the answers: a smaller part has no room for its number


def answers_figure(analysis, questions, page=9):
    """page : inches, the figure's width; all in it is as large as fits that."""
    scale = page / 9
    panels = {question: sorted((row for row in analysis["means"] if row["question"] == question),
                               key=lambda row: row["mean"]) for question in questions}
    panels = {question: rows for question, rows in panels.items() if rows}
    if not panels:
        raise KitError("there are no answers to draw")
    said = "; ".join(f"{question}, {row['method']}: mean {row['mean']:.2f}, " + ", ".join(
        f"{share:.0%} {value}" for value, share in zip(SCALE, _shares(row)))
        for question, rows in panels.items() for row in reversed(rows))
    most = max(map(len, panels.values()))
    figure, axes = stacked([1] * len(panels), (page, scale * (1 + len(panels) * (0.8 + 0.45 * most))), (
        f"{titled(analysis)}. Bars of the answers from 1 to 5 for each method, the middle of 3 at zero. {said}."))
    for axis, (question, rows) in zip(axes, panels.items()):
        for y, row in enumerate(rows):
            _bar(axis, y, _shares(row), scale)
            axis.text(1.03, y, f"{row['mean']:.2f}{_between(row['both'])}", va="center", fontsize=9 * scale)
        axis.axvline(0, color="0.3", lw=0.8, zorder=0)
        axis.set(xlim=(-1, 1))
        axis.set_yticks(range(len(rows)), [row["method"] for row in rows], parse_math=False)
        axis.set_xticks([-1, -0.5, 0, 0.5, 1], ["100 %", "50 %", "0", "50 %", "100 %"])
        axis.set_title(question, loc="left", fontsize=10 * scale, parse_math=False)
        axis.text(1.03, len(rows) - 0.35, "mean, 95 % interval", fontsize=8 * scale, color="0.35", va="bottom")
        axis.spines[["top", "right", "left"]].set_visible(False)
        axis.tick_params(left=False, labelsize=10 * scale)
    handles = [axes[0].barh(0, 0, color=colour, label=str(value)) for value, colour in zip(SCALE, COLOURS)]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(SCALE), fontsize=9 * scale, title="answer",
                  title_fontsize=9 * scale, frameon=False)
    figure.suptitle(titled(analysis), fontsize=11 * scale, parse_math=False)
    return figure


def stacked(heights, size, alt, **options):
    """(figure, its axes one below the other, of these heights)."""
    figure = PictureRow(layout="constrained", figsize=size)
    figure.alt = alt
    return figure, figure.subplots(len(heights), 1, squeeze=False, gridspec_kw={"height_ratios": heights},
                                   **options)[:, 0]


def titled(analysis):
    """What heads each picture: the study's name, and how many answer what."""
    name = analysis["study"] or "ratings"
    return f"{name}: {analysis['raters']} raters, {analysis['items']} items, {analysis['answers']} answers"


def _shares(row):
    return [count / row["answers"] for count in row["counts"]]


def _bar(axis, y, shares, scale):
    left = -(sum(shares[:2]) + shares[2] / 2)
    for share, colour, ink in zip(shares, COLOURS, INK):
        axis.barh(y, share, left=left, color=colour, height=0.7, edgecolor="white", linewidth=0.6)
        if share >= LEAST:
            axis.text(left + share / 2, y, f"{share:.0%}", ha="center", va="center", fontsize=8 * scale, color=ink)
        left += share


def _between(spread):
    return "" if spread["low"] is None else f" ({spread['low']:.2f} to {spread['high']:.2f})"
