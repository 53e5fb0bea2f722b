"""How fast, and at which quality? Stock diffusers against this kit's plans, on the same machine in the same run.

All editors take turns on each scene, A B C A B C, so that whatever slows the machine slows all alike. The scenes are
drawn, and no model was trained on them, so that the true edit is known. Every edit is the first of its picture: what
the kit remembers of pictures is forgotten before each, and what it gains from it is measured by itself.
"""

import os
from pathlib import Path

from ..errors import KitError
from ..training.dataset import preview_pairs
from . import bench_alone, bench_gpu, bench_pairs, bench_parts
from .bench_editors import STOCK, editors, format_name
from .bench_figure import draw
from .bench_machine import described, examine, warning
from .bench_parts import spread
from .bench_quality import CRISP, LOST, best_of_stock, holds, means, scored
from .bench_rate import MatrixRate, cost, row_macs, timed
from .evaluate import check_run, held_out_pairs

SCENES = 12


def bench(kit, scenes=SCENES, seed=0, figure=None, progress=True):
    """Measure.

    Parameters
    ----------
    kit : Kit
    scenes : int >= 1; twelve take about four minutes on two cores
    seed : int >= 0, which scenes
    figure : path of a PNG, or None
        Seconds against edit_psnr are drawn there, a point for each editor.
    progress : bool
        Show a progress bar.

    Returns
    -------
    dict of plain values:
        machine : see `bench_machine.examine`
        models, device, scenes, seed, warning ("" or that the machine was busy), notes (how it was measured)
        editors : {name: row}, a row with "seconds" (median, low and high quartile, n), "times_stock" and "times_best"
            (how many times faster than stock at its default and at its best), "unet_rows", "edit_psnr", "sharpness",
            "background_psnr", "clip_direction", "edit_success", "holds" (the quality of stock at its default),
            "stages" (median seconds of encode, denoise, decode; of the kit's own only), "gmac" (multiplications of an
            edit, in 1e9), "gflops" (reached), "form" (of its numbers), "share" (of the matrix rate in that form), and
            "load_seconds" and "peak_memory_mb" of a fresh process, where it was measured
        best_of_stock : the name of stock's best editor
        left_out : {plan: why}
        unet_row_gmac, matrix_gflops ({form: rate of a large matrix product})
        around, sam, pairs : see `bench_parts.around` and `sam`, `bench_pairs.rates`
        gpu : of a GPU only, see `bench_gpu.large_sam`

    Raises
    ------
    KitError
        No scenes, a negative seed, a figure that can't be written there, no weights.
    """
    from tqdm import tqdm

    check_run(scenes, seed, figure)
    check_figure(figure)
    machine = examine(kit.device)
    models, left_out = editors(kit)
    dtypes = bench_gpu.formats(models[0].pipe.device)
    models += bench_gpu.editors(kit, dtypes)
    forms = dict.fromkeys(["float32", *(["bfloat16"] if machine["native_bf16"] else []), *map(format_name, dtypes)])
    matrix = MatrixRate(kit.device, forms)
    pairs, (other,) = list(held_out_pairs(scenes, seed)), preview_pairs(1)
    fresh = [name for name in (STOCK, *(one.name for one in models if not one.name.startswith(STOCK) and not one.like))]
    with tqdm(total=len(models) * (1 + scenes) + len(fresh) + 4, unit="edit", disable=not progress) as bar:
        def step(doing):
            bar.set_description(doing)
            bar.update()

        costs = warmed(models, other, step)
        rows = measured(kit, models, pairs, matrix.ask, step)
        rates = matrix.rates()
        rows = compared({one.name: {**rows[one.name], **costs[one.name], "form": one.form} for one in models}, rates)
        best = best_of_stock(rows)
        for name in dict.fromkeys((*fresh[:1], best, *fresh[1:])):
            rows[name] |= bench_alone.alone(kit, name)
            step("fresh processes")
        parts = {}
        for name, measure in (("around", lambda: bench_parts.around(kit, pairs)),
                              ("sam", lambda: bench_parts.sam(kit, pairs)), ("pairs", bench_pairs.rates)):
            parts[name] = measure()
            step(name)
        if dtypes:
            parts["gpu"] = bench_gpu.large_sam(kit.device, dtypes)
    answer = {
        "machine": machine, "described": described(machine), "warning": warning(machine), "models": kit.size,
        "device": kit.device, "scenes": scenes, "seed": seed, "notes": notes(kit, scenes), "editors": rows,
        "best_of_stock": best, "left_out": left_out, "plan": kit.editor.plan,
        "unet_row_gmac": row_macs(kit.editor.pipe, kit.editor.long_side) / 1e9, "matrix_gflops": rates, **parts}
    if figure is not None:
        draw(answer, figure)
    return answer


def check_figure(figure):
    """Raise KitError for a figure that could not be written, minutes later."""
    if figure is not None and (Path(figure).is_dir() or not os.access(Path(figure).parent, os.W_OK)):
        raise KitError(f"{figure}: this can't be written; choose another file, in a folder that is yours")


def warmed(models, pair, step):
    """{name: cost} of each editor, which edits once for it, so that its first measured edit is not its first."""
    costs = {}
    for one in models:
        if one.like:  # which has the same arithmetic, and compiled code can't be counted
            one.prepare()
            one.edit(pair.before, pair.instruction)
        costs[one.name] = costs[one.like] if one.like else cost(one, pair.before, pair.instruction)
        step("warming up")
    return costs


def measured(kit, models, pairs, between, step):
    """{name: row} of what each editor took and was worth: "seconds", "stages" and the means of its metrics.

    On each scene all take their turns, then `between()` is called.
    """
    seconds, stages, scores = ({one.name: [] for one in models} for _ in range(3))
    for pair in pairs:
        edited = {}
        for one in models:
            one.prepare()
            (edited[one.name], spent), taken = timed(kit.device, one.edit, pair.before, pair.instruction)
            seconds[one.name].append(taken)
            stages[one.name].append(spent)
            step("edits")
        for name, y in edited.items():
            scores[name].append(scored(kit, pair, y))
        between()
    return {name: {"seconds": spread(seconds[name]), **means(scores[name]),
                   "stages": {stage: spread([spent[stage] for spent in stages[name]])["median"]
                              for stage in stages[name][0]}} for name in seconds}


def compared(rows, rates):
    """The rows with what follows from them: does the quality hold, how much faster than stock, which share of the
    machine's matrix rate. rates : {form: GFLOP/s}"""
    for row in rows.values():
        row["holds"] = holds(row, rows[STOCK])
        row["gflops"] = 2 * row["gmac"] / row["seconds"]["median"]
        row["share"] = row["gflops"] / rates[row["form"]] if row["form"] in rates else None
    best = rows[best_of_stock(rows)]["seconds"]["median"]
    for row in rows.values():
        row["times_stock"] = rows[STOCK]["seconds"]["median"] / row["seconds"]["median"]
        row["times_best"] = best / row["seconds"]["median"]
    return rows


def notes(kit, scenes):
    """How it was measured, for who reads the numbers without this code."""
    return [
        "All editors take turns on each scene, with the same weights, scales, seed and device; seconds are medians, "
        "from a picture in memory to the edited picture.",
        "Stock's best is DPM-Solver++ at the fewest steps that hold the quality, chosen on these scenes, "
        f"{scenes} in number.",
        f"Quality holds: edit PSNR at most {LOST} dB below that of stock at its default, sharpness within {CRISP:.0%}.",
        "Every edit is of a picture that the editor has not seen: what it remembers is forgotten before each.",
        "The check that a picture is a drawn scene is not part of an edit; it is timed by itself.",
        "One edit of another scene comes before, and is not counted.",
        "Loading and peak memory are of a fresh process each" + (
            ", memory of what torch holds on the GPU." if kit.device == "cuda" else "."),
        *([] if kit.device == "cuda" else ["Not run on a GPU: 16 bits for all weights, compiled blocks, SAM ViT-H."]),
    ]
