"""Every way of telling an edit where, held against the truth of freshly drawn scenes.

One row for each scene, control and source of the mask. The rows are kept in a file as they come, so a run that was
stopped goes on where it was. What a control does by itself is read before the pixel blend (background_psnr), what
comes of it after (the rest): the blend makes every background exact, so before it is where controls differ.
"""
from ..editing.controls.table import named
from ..editing.plan import plan_named
from ..errors import KitError
from ..metrics.metric import standing
from .evaluate import check_run, held_out_pairs
from .intervals import mean_with_interval
from .measuring import measured
from .origin import origin
from .rows import Rows, key

SOURCES = ("truth", "click", "words", "loose", "everywhere", "truth-it", "click-it")
CHUNK = 4  # scenes that are edited together
SEED = 1337  # of each edit
PLAN = "reference"  # what is steered is the trajectory


def compare(kit, controls="all", sources=("click",), scenes=50, seed=0, file=None, figure=None, workers=1,
            plan=PLAN, progress=True):
    """Score controls.

    Parameters
    ----------
    kit : Kit
    controls : names out of `controls.table.presets`, or "all"
    sources : names out of SOURCES, where the mask comes from: the true one, SAM's of one click, `kit.ground`'s; loose,
        that of the click grown by two pixels; everywhere, all ones; those that end in "it" go with an instruction that
        doesn't name the thing, "make it red"
    scenes : int >= 1
    seed : int >= 0, which scenes
    file : path or None
        Rows are kept there, one JSON object a line; those that are there already are not measured again. A file whose
        rows come of other weights, settings or code is refused; rows of a control that has other settings now are
        measured anew.
    figure : path of a PNG or None
        The edit's quality against the background kept, one mark per control and source.
    plan : a name out of `plan.PLANS`, for every edit
    workers : int >= 1
        Processes, each with models of its own and one thread: on a CPU two of them do more than one with two threads.

    Returns
    -------
    dict with "rows", a list of {"scene", "control", "source", "plan", the metrics of this board, and of the edit before
        the blend edit_psnr_before and, where a colour is asked, edit_success}, and "scores":
        {source: {control: {metric: {"mean", "low", "high", "n"}}}}. edit_psnr is of the result against the truth inside
        the true mask; background_psnr of the edit before the pixel blend against the original outside it, capped at
        60 dB; change_iou, seam_error and clip_direction are of the result. Seconds are of one picture in a batch of 4,
        in its process. Where SAM's best mask is empty, the original is scored, and U-Net rows and seconds are None.

    Raises
    ------
    KitError
        Unknown names, a file that holds the rows of another run, a figure that can't be written there.
    """
    from tqdm import tqdm

    controls, sources = named(controls), tuple(dict.fromkeys(sources))
    if not sources or not set(sources) <= set(SOURCES):
        raise KitError(f"masks from {', '.join(sources) or 'nowhere'}: choose out of {', '.join(SOURCES)}")
    if workers < 1:
        raise KitError(f"{workers} workers: give 1 or more")
    check_run(scenes, seed, figure)
    for control in controls.values():
        plan_named(plan).check_controls([control])
    settings = {"s_T": kit.editor.s_T, "s_I": kit.editor.s_I, "plan": plan, "seed": SEED}
    book = Rows(file, file and origin(kit, seed, settings, controls, "words" in sources))
    pairs = list(held_out_pairs(scenes, seed))
    wanted = {(pair.seed, control, source) for pair in pairs for control in controls for source in sources}
    tasks = [(chunk, name, control, source) for chunk in (pairs[i:i + CHUNK] for i in range(0, scenes, CHUNK))
             for source in sources for name, control in controls.items()
             if any((pair.seed, name, source) not in book.done for pair in chunk)]
    with tqdm(total=len(wanted), desc="edits", unit="edit", disable=not progress) as bar:
        bar.update(len(wanted & book.done))
        for rows in measured(kit, settings, tasks, workers):
            for row in rows:
                if key(row) not in book.done:
                    book.add(row)
                    bar.update()
    rows = sorted((row for row in book.rows if key(row) in wanted), key=key)
    scores = means(rows, controls, sources)
    if figure is not None:
        draw_controls(scores, figure, kit.size, scenes)
    return {"models": kit.size, "device": kit.device, "plan": plan, "scenes": scenes, "seed": seed,
            "scores": scores, "rows": rows}


def means(rows, controls, sources):
    """{source: {control: {metric: {"mean", "low", "high", "n"}}}} of rows, each over those that have it."""
    kept = {(source, name): [row for row in rows if (row["source"], row["control"]) == (source, name)]
            for source in sources for name in controls}
    names = [each.name for each in standing("edit", "control") if any(each.name in row for row in rows)]
    return {source: {name: {what: mean_with_interval([row[what] for row in kept[source, name]
                                                      if row.get(what) is not None])
                            for what in names} for name in controls} for source in sources}


def table(scores):
    """The means of `compare` as rows for `metrics.tables.table`."""
    return [{"mask from": source, "control": name, **{what: score["mean"] for what, score in metrics.items()}}
            for source, by_name in scores.items() for name, metrics in by_name.items()]


def draw_controls(scores, path, size, scenes):
    """`controls_figure` as a PNG file."""
    from ..figures.show import save_figure

    save_figure(controls_figure(scores, size, scenes), path)


def controls_figure(scores, size, scenes, page=None):
    """Quality of the edit against the background kept, as InstructPix2Pix's own figure 8 draws its trade-off.

    scores : as `means` gives them. size : of the models. scenes : int. page : inches, the width in print, where a
    caption says what the title says here and sizes of words are matplotlib's settings'. Returns a PictureRow.
    """
    from matplotlib import rcParams

    from ..figures.names import name_points
    from ..figures.show import subplots

    figure, axis = subplots(figsize=(page, 0.72 * page) if page else (7.5, 5), alt=(
        "Edit PSNR (up) against background PSNR before the pixel blend (right), a mark for each control and source of "
        "the mask. " + "; ".join(
            f"{name} with the mask from {source}: {at['background_psnr']['mean']:.1f}, {at['edit_psnr']['mean']:.1f} dB"
            for source, by_name in scores.items() for name, at in by_name.items()) + "."))
    named = []
    for marker, (source, by_name) in zip("os^", scores.items()):
        points = {name: (at["background_psnr"], at["edit_psnr"]) for name, at in by_name.items()}
        x, y = ([p[i]["mean"] for p in points.values()] for i in (0, 1))
        x_error, y_error = ([*zip(*(_arms(p[i]) for p in points.values()))] for i in (0, 1))
        drawn = axis.errorbar(x, y, xerr=x_error, yerr=y_error, fmt=marker, alpha=0.8, elinewidth=0.6, capsize=2,
                              markersize=4 if page else 6, label=f"mask from {source}")
        named += [(*at, name, drawn[0].get_color()) for *at, name in zip(x, y, points)]
    axis.set(xlabel="background PSNR before the pixel blend (dB): what is kept",
             ylabel="edit PSNR in the true mask (dB): how right the edit is")
    if page:
        axis.set(xlabel="background PSNR before the pixel blend (dB)", ylabel="edit PSNR in the true mask (dB)")
    else:
        axis.set_title(f"{size} models, {scenes} scenes, means with 95 % intervals")
    axis.grid(alpha=0.3)
    if len(scores) > 1 or not page:
        axis.legend(fontsize=None if page else 8)
    name_points(axis, named, rcParams["xtick.labelsize"] if page else 8)
    return figure


def _arms(score):
    """Lengths of the error bar below and above a mean; one scene has no interval."""
    if score["low"] is None:
        return 0, 0
    return score["mean"] - score["low"], score["high"] - score["mean"]
