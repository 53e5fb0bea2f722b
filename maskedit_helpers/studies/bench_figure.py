"""The frontier: seconds of an edit against how right it is, a point for each editor."""

from .bench_editors import STEPS, STOCK

STEP = 11  # points of a line of words
KINDS = {True: ("stock diffusers", "s", "#1f4e79", -1), False: ("this kit's plans", "o", "#c44900", 1)}


def draw(answer, path):
    """Draw `bench.bench`'s answer to a PNG file, its alt text inside."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    from ..figures.show import save_figure, subplots

    figure, axis = subplots(figsize=(7.5, 4.8), alt=alt(answer))
    for is_stock, (kind, mark, colour, side) in KINDS.items():
        rows = {name: row for name, row in answer["editors"].items() if name.startswith(STOCK) == is_stock}
        near, before = 0, None
        for name, row in sorted(rows.items(), key=lambda item: item[1]["seconds"]["median"]):
            x, y, spent = row["seconds"]["median"], row["edit_psnr"], row["seconds"]
            axis.errorbar(x, y, xerr=[[x - spent["low"]], [spent["high"] - x]], marker=mark, color=colour, ls="", ms=7,
                          mfc=colour if row["holds"] else "white", elinewidth=0.8, capsize=2)
            near = near + 1 if before and x < 1.15 * before[0] and abs(y - before[1]) < 0.15 else 0
            before = x, y  # names of points that lie on each other stand one above the other
            axis.annotate(label(name), (x, y), xytext=(0, side * (STEP * (near + 1))), textcoords="offset points",
                          fontsize=8, color=colour, ha="center", va="center")
        axis.plot([], [], marker=mark, color=colour, ls="", label=kind)
    axis.plot([], [], marker="o", mfc="white", color="0.4", ls="", label="does not hold stock's quality")
    axis.set(xscale="log", xlabel="seconds of an edit: median and quartiles",
             ylabel="edit PSNR in the true mask (dB)",
             title=f"{answer['models']} models, {answer['scenes']} held-out scenes: further left is faster")
    axis.xaxis.set_major_locator(_round_numbers())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.3)
    axis.margins(0.12, 0.25)
    axis.legend(fontsize=8)
    save_figure(figure, path)


def label(name):
    """An editor's name as it stands beside its point."""
    return f"{name}, {STEPS} steps" if name == STOCK else name


def alt(answer):
    """The figure in words."""
    points = "; ".join(f"{label(name)}: {row['seconds']['median']:.2f} s, {row['edit_psnr']:.1f} dB"
                       + ("" if row["holds"] else ", which does not hold stock's quality")
                       for name, row in answer["editors"].items())
    return f"Seconds of an edit (right, logarithmic) against edit PSNR (up), a point for each editor. {points}."


def _round_numbers():
    from matplotlib.ticker import LogLocator

    return LogLocator(subs=(1, 2, 3, 5))
