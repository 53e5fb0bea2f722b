"""The frontier: seconds of an edit against how right it is, a point for each editor."""

from .editors import SOLVER, STEPS, STOCK

BEST = SOLVER.format("")
KINDS = (  # (what the legend says, of which names, mark, colour)
    ("stock diffusers", lambda name: name.startswith(STOCK) and not name.startswith(BEST), "s", "#1f4e79"),
    ("stock, DPM-Solver++, its steps beside", lambda name: name.startswith(BEST), "D", "#2a7f8e"),
    ("this kit's plans", lambda name: not name.startswith(STOCK), "o", "#c44900"))


def draw(answer, path):
    """Draw `bench.bench`'s answer to a PNG file, its alt text inside."""
    from ...figures.show import save_figure

    save_figure(bench_figure(answer), path)


def bench_figure(answer, page=None):
    """The figure of `bench.bench`'s answer: a PictureRow.

    page : inches, the width in print, where a caption says what the title says here and sizes of words are
    matplotlib's settings'
    """
    from matplotlib import rcParams
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from ...figures.names import name_points
    from ...figures.show import subplots

    figure, axis = subplots(figsize=(page, 0.9 * page) if page else (7.5, 4.8), alt=alt(answer))
    named = []
    for kind, wanted, mark, colour in KINDS:
        rows = {name: row for name, row in answer["editors"].items() if wanted(name)}
        for name, row in rows.items():
            x, y, spent = row["seconds"]["median"], row["edit_psnr"], row["seconds"]
            axis.errorbar(x, y, xerr=[[x - spent["low"]], [spent["high"] - x]], marker=mark, color=colour, ls="",
                          ms=4 if page else 7, mfc=colour if row["holds"] else "white", elinewidth=0.8, capsize=2)
            words = name.removeprefix(BEST) if name.startswith(BEST) else label(name)
            named.append((x, y, words, colour))
        axis.plot([], [], marker=mark, color=colour, ls="", ms=4 if page else 6, label=kind)
    axis.plot([], [], marker="o", mfc="white", color="0.4", ls="", ms=4 if page else 6,
              label="hollow: does not hold stock's quality")
    axis.set(xscale="log", xlabel="seconds of an edit: median and quartiles; further left is faster",
             ylabel="edit PSNR in the true mask (dB)")
    if page:
        axis.set(xlabel="seconds of an edit: median and quartiles")
    else:
        axis.set_title(f"{answer['models']} models on {answer['device']}, {answer['scenes']} held-out scenes")
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(alpha=0.3)
    axis.margins(0.12, 0.3)
    figure.legend(loc="outside lower center", ncols=1 if page else 2, fontsize=None if page else 8)
    name_points(axis, named, rcParams["xtick.labelsize"] if page else 8)
    return figure


def label(name):
    """An editor's name in words."""
    return f"{name}, {STEPS} steps" if name == STOCK else f"{name} steps" if name.startswith(BEST) else name


def alt(answer):
    """The figure in words."""
    points = "; ".join(f"{label(name)}: {row['seconds']['median']:.2f} s, {row['edit_psnr']:.1f} dB"
                       + ("" if row["holds"] else ", which does not hold stock's quality")
                       for name, row in answer["editors"].items())
    return f"Seconds of an edit (right, logarithmic) against edit PSNR (up), a point for each editor. {points}."
