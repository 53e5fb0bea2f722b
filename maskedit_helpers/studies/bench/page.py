"""The benchmark on docs/speed.md: measured by `make bench`, kept in data/ with its machine, put between two comments.

Seconds belong to a machine, so nothing else measures them anew, and no test asks that they are of today.
"""

import json
import sys

from ...errors import KitError
from ...metrics.metric import metric
from ...pictures.images import write_file
from ...places import HOME
from ..pages import markdown, written
from ..words import counted
from .editors import STEPS, STOCK
from .parts import BATCH
from .run import bench

FILE = HOME / "data" / "bench_pocket.json"
FIGURE = HOME / "data" / "figures" / "bench.png"
PAGE, NAME = HOME / "docs" / "speed.md", "bench"
METRICS = ("unet_rows", "edit_psnr", "sharpness", "background_psnr", "clip_direction", "edit_success")


def table(answer):
    """The page's table and the sentences around it, in Markdown: the stock pipeline at its default and its best, and
    every plan. answer : what `bench.bench` returns"""
    rows, best = answer["editors"], answer["best_of_stock"]
    shown = dict.fromkeys((STOCK, best, *(name for name in rows if not name.startswith(STOCK))))
    columns = [metric(name) for name in METRICS]
    heads = ["editor", "seconds", "× stock", "× stock's best", "quality held",
             *(column.head("edit success" if column.share else column.label) for column in columns), "memory (MB)"]
    lines = [[names(best)[name] if name in names(best) else f"`{name}`", _seconds(row["seconds"]),
              f"{row['times_stock']:.1f}", f"{row['times_best']:.1f}", "yes" if row["holds"] else "no",
              *(column.cell(row.get(column.name)) for column in columns),
              f"{row['peak_memory_mb']:.0f}" if row.get("peak_memory_mb") else "-"]
             for name, row in ((name, rows[name]) for name in shown)]
    return "\n\n".join((markdown(heads, lines), " ".join(sentences(answer))))


def _seconds(spent):
    return f"{spent['median']:.2f} ({spent['low']:.2f} to {spent['high']:.2f})"


def names(best):
    """{a stock editor: what the page calls it}"""
    named = {STOCK: f"stock diffusers, its default, {STEPS} steps"}
    return named if best == STOCK else {**named, best: f"{best.replace(STOCK, 'stock diffusers,')} steps, its best"}


def sentences(answer):
    """What the run says besides: machine, parts of the whole."""
    rows, around = answer["editors"], answer["around"]
    ours = rows[answer["plan"]]
    yield f"{counted(answer['scenes'], 'scene')} of seed {answer['seed']} on {answer['described']}."
    if answer["warning"]:
        yield f"**{answer['warning'][0].upper()}{answer['warning'][1:]}.**"
    if answer["best_of_stock"] == STOCK:
        yield "DPM-Solver++ held stock's quality at none of the numbers of steps that were tried."
    for plan, why in answer["left_out"].items():
        yield f"`{plan}` is left out: {why.partition(';')[0].replace(str(HOME), '.')}."
    stages = ", ".join(f"{stage} {seconds:.2f}" for stage, seconds in ours["stages"].items())
    yield (f"Seconds of `{answer['plan']}`, the kit's own plan, by stage: load {ours['load_seconds']:.1f} (a fresh "
           f"process, imports and all), {stages}; the mask of a first click {around['first_click']['median']:.2f}, the "
           f"blend {around['blend']['median']:.3f}.")
    yield (f"The check that a picture is a drawn scene takes {around['domain']['median']:.2f} s, once for each that "
           f"this process has not drawn; another instruction for a known picture "
           f"{around['known_picture']['median']:.2f} s; another click on it "
           f"{1000 * around['next_click']['median']:.0f} ms to the new mask.")
    alone = {part: 1000 * spent["median"] for part, spent in answer["sam"].items()}
    yield (f"SAM alone answers a click in {alone['decode']:.0f} ms, in {alone['click_reencoding']:.0f} if the picture "
           f"is encoded anew for each, and {BATCH} clicks at once in {alone['batch']:.0f} ms each.")
    rates = ", ".join(f"{rate:.0f} GFLOP/s in {form}" for form, rate in answer["matrix_gflops"].items())
    reached = ", ".join(f"{name} {row['gflops']:.0f}" + (f" ({row['share']:.0%})" if row["share"] else "")
                        for name, row in (("by stock", rows[STOCK]), (f"by `{answer['plan']}`", ours)))
    yield f"A large matrix product reaches {rates}; an edit {reached}."
    pairs = answer["pairs"]
    yield (f"Training pairs are drawn at {pairs['one_process']:.0f} a second, {pairs['all_cores']:.0f} by "
           f"{pairs['cores']} processes.")


def write(answer, page):
    """The table into a page, which has a place for it."""
    text = page.read_text(encoding="utf-8")
    write_file(page, written(text, NAME, table(answer)).encode(), page.suffix)


def main():
    from ...kit.kit import Kit
    from ...kit.weights import choose

    FIGURE.parent.mkdir(exist_ok=True)
    answer = bench(Kit(choose("pocket")), figure=FIGURE, progress=sys.stderr.isatty())
    write_file(FILE, (json.dumps(answer, indent=1) + "\n").encode(), FILE.suffix)
    write(answer, PAGE)
    print(f"{FILE.relative_to(HOME)}, {FIGURE.relative_to(HOME)}, {PAGE.name}: written"
          + (f"; {answer['warning']}" if answer["warning"] else ""))


if __name__ == "__main__":
    try:
        main()
    except KitError as error:
        sys.exit(str(error))
