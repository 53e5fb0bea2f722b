"""Two pictures of points: the raters beside each other, and the width of an interval against how many they are."""

from ...errors import KitError
from ...figures.show import subplots
from .bars import titled

BLUE, ORANGE, GREY = "#1f4e79", "#c44900", "0.45"
SHIFT = 6  # points, between a mark and its name


def raters_figure(analysis, questions):
    """All questions together, whichever are asked for."""
    shown = [rater for rater in analysis["looked_at"] if rater["correlation"] is not None]
    if not shown:
        raise KitError("there is nothing to draw of the raters: " + analysis["looked_at"][0]["why"])
    said = "; ".join(f"{rater['rater']}: {rater['against_others']:+.2f}, {rater['correlation']:.2f}" + (
        f", flagged ({', '.join(rater['flags'])})" if rater["flags"] else "") for rater in shown)
    figure, axis = subplots(figsize=(7.5, 4.4), alt=(
        f"{titled(analysis)}. A mark for each rater: across, how much higher they answer than the others on the same "
        f"item; up, the correlation with the others' mean. {said}."))
    for k, rater in enumerate(sorted(shown, key=lambda rater: rater["against_others"])):
        flagged, at = bool(rater["flags"]), (rater["against_others"], rater["correlation"])
        axis.plot(*at, "^" if flagged else "o", color=ORANGE if flagged else BLUE, ms=8 if flagged else 6)
        axis.annotate(rater["rater"], at, xytext=(0, SHIFT * (-1)**k), textcoords="offset points", fontsize=8,
                      ha="center", va="top" if k % 2 else "bottom", parse_math=False)
    axis.plot([], [], "o", color=BLUE, label="goes with the others")
    axis.plot([], [], "^", color=ORANGE, ms=8, label="flagged")
    axis.axhline(0, color=GREY, lw=0.8, zorder=0)
    axis.axvline(0, color=GREY, lw=0.8, zorder=0)
    axis.margins(0.12)
    axis.set(xlabel="answers higher than the others on the same item (left: severe, right: lenient)",
             ylabel="correlation with the others' mean")
    figure.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    axis.set_title(titled(analysis), fontsize=11, parse_math=False)
    return figure


def samplesize_figure(analysis, questions):
    found = {question: analysis["samplesize"][question] for question in questions}
    curves = {question: each for question, each in found.items() if each["curve"]}
    if not curves:
        raise KitError("; ".join(f"{question}: {each['why']}" for question, each in found.items()))
    said = "; ".join(f"{question}: " + ", ".join(f"{p['raters']} raters {p['median']:.2f}" for p in each["curve"])
                     for question, each in curves.items())
    figure, axis = subplots(figsize=(7.5, 4.2), alt=(
        f"{titled(analysis)}. The width of the interval of a method's mean over raters falls as raters are added. "
        f"{said}."))
    width = next(iter(curves.values()))["width"]
    for (question, each), mark, colour in zip(curves.items(), "os^Dv" * len(curves),
                                              (BLUE, ORANGE, "#2a7f8e", "0.3") * len(curves)):
        name = question.replace("$", r"\$")
        axis.plot([p["raters"] for p in each["curve"]], [p["median"] for p in each["curve"]], mark + "-", color=colour,
                  ms=5, lw=1.2, label=f"{name}: over raters")
        if each["floor"]:
            axis.axhline(each["floor"], color=colour, ls=":", lw=1.2,
                         label=f"{name}: over {each['sources']} sources, with ever so many raters")
    axis.axhline(width, color=GREY, lw=0.9, ls="--", label=f"asked for: {width:g}")
    axis.set(xscale="log", xlabel="raters", ylabel="width of the 95 % interval, in answers", ylim=(0, None))
    ticks = [p["raters"] for p in next(iter(curves.values()))["curve"]]
    axis.set_xticks(ticks, map(str, ticks), fontsize=8)
    axis.minorticks_off()
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    axis.set_title(titled(analysis), fontsize=11, parse_math=False)
    return figure
