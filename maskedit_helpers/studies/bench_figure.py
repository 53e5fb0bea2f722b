"""The frontier: seconds of an edit against how right it is, a point for each editor."""

from .bench_editors import SOLVER, STEPS, STOCK

LINE = 11  # points: one of words
BEST = SOLVER.format("")
KINDS = (  # (what the legend says, of which names, mark, colour, to which side of it its name stands)
    ("stock diffusers", lambda name: name.startswith(STOCK) and not name.startswith(BEST), "s", "#1f4e79", -1),
    ("stock, DPM-Solver++, its steps below", lambda name: name.startswith(BEST), "D", "#2a7f8e", -1),
    ("this kit's plans", lambda name: not name.startswith(STOCK), "o", "#c44900", 1))


def draw(answer, path):
    """Draw `bench.bench`'s answer to a PNG file, its alt text inside."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from ..figures.show import save_figure, subplots

    figure, axis = subplots(figsize=(7.5, 4.8), alt=alt(answer))
    for kind, wanted, mark, colour, side in KINDS:
        rows = {name: row for name, row in answer["editors"].items() if wanted(name)}
        near, before = 0, None
        for name, row in sorted(rows.items(), key=lambda item: item[1]["seconds"]["median"]):
            x, y, spent = row["seconds"]["median"], row["edit_psnr"], row["seconds"]
            axis.errorbar(x, y, xerr=[[x - spent["low"]], [spent["high"] - x]], marker=mark, color=colour, ls="", ms=7,
                          mfc=colour if row["holds"] else "white", elinewidth=0.8, capsize=2)
            near = near + 1 if before and x < 1.15 * before[0] and abs(y - before[1]) < 0.15 else 0
            before = x, y  # names of points that lie on each other stand one above the other
            words = name.removeprefix(BEST) if name.startswith(BEST) else label(name)
            axis.annotate(words, (x, y), xytext=(0, side * LINE * (1 if name.startswith(BEST) else near + 1)),
                          textcoords="offset points", fontsize=8, color=colour, ha="center", va="center")
        axis.plot([], [], marker=mark, color=colour, ls="", label=kind)
    axis.plot([], [], marker="o", mfc="white", color="0.4", ls="", label="hollow: does not hold stock's quality")
    axis.set(xscale="log", xlabel="seconds of an edit: median and quartiles; further left is faster",
             ylabel="edit PSNR in the true mask (dB)",
             title=f"{answer['models']} models on {answer['device']}, {answer['scenes']} held-out scenes")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.3)
    axis.margins(0.12, 0.3)
    axis.legend(fontsize=8)
    save_figure(figure, path)


def label(name):
    """An editor's name in words."""
    return f"{name}, {STEPS} steps" if name == STOCK else f"{name} steps" if name.startswith(BEST) else name


def alt(answer):
    """The figure in words."""
    points = "; ".join(f"{label(name)}: {row['seconds']['median']:.2f} s, {row['edit_psnr']:.1f} dB"
                       + ("" if row["holds"] else ", which does not hold stock's quality")
                       for name, row in answer["editors"].items())
    return f"Seconds of an edit (right, logarithmic) against edit PSNR (up), a point for each editor. {points}."
