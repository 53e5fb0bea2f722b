"""Every way of telling an edit where, held against the truth of freshly drawn scenes.

One row for each scene, control and source of the mask. The rows are kept in a file as they come, so a run that was
stopped goes on where it was. What a control does by itself is read before the pixel blend (background_psnr), what
comes of it after (the rest): the blend makes every background exact, so before it is where controls differ.
"""
import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from ..blend import blend
from ..controls import CONTROLS, named
from ..errors import KitError
from ..metrics import background_psnr, change_iou, clip_direction, edit_psnr, seam_error
from .evaluate import PSNR_CAP, held_out_pairs, inner_point, mean_with_interval

SOURCES = ("truth", "click", "words")
FIGURES = ("edit_psnr", "background_psnr", "change_iou", "seam_error", "clip_direction", "unet_rows", "seconds")
CHUNK = 4  # scenes that are edited together


def compare(kit, controls="all", sources=("click",), scenes=50, seed=0, file=None, figure=None, workers=1,
            progress=True):
    """Score controls.

    Parameters
    ----------
    kit : Kit
    controls : names out of controls.CONTROLS, or "all"
    sources : names out of SOURCES, where the mask comes from: the true one, SAM's of one click, `kit.ground`'s
    scenes : int >= 1
    seed : int >= 0, which scenes
    file : path or None
        Rows are kept there, one JSON object a line; those that are there already are not measured again.
    figure : path of a PNG or None
        The edit's quality against the background kept, one mark per control and source.
    workers : int >= 1
        Processes, each with models of its own and one thread: on a CPU two of them do more than one with two threads.

    Returns
    -------
    dict with "rows", a list of {"scene", "control", "source", and FIGURES}, and "scores":
        {source: {control: {figure: {"mean", "low", "high", "n"}}}}. edit_psnr is of the result against the truth inside
        the true mask; background_psnr of the edit before the pixel blend against the original outside it, capped at
        60 dB; change_iou, seam_error and clip_direction are of the result. Seconds are of one picture in a batch of 4,
        in its process.

    Raises
    ------
    KitError
        Unknown names, a file that holds the rows of another run.
    """
    from tqdm import tqdm

    controls = list(named(controls))
    if not sources or not set(sources) <= set(SOURCES):
        raise KitError(f"masks from {', '.join(sources) or 'nowhere'}: choose out of {', '.join(SOURCES)}")
    if scenes < 1 or seed < 0:
        raise KitError(f"{scenes} scenes of seed {seed}: give 1 scene or more and a seed of 0 or more")
    book = _Book(file, {"models": kit.size, "seed": seed, "weights": _fingerprint(kit)})
    pairs = list(held_out_pairs(scenes, seed))
    wanted = {(pair.seed, control, source) for pair in pairs for control in controls for source in sources}
    tasks = [(chunk, control, source) for chunk in (pairs[i:i + CHUNK] for i in range(0, scenes, CHUNK))
             for source in sources for control in controls
             if any((pair.seed, control, source) not in book.done for pair in chunk)]
    with tqdm(total=len(wanted), desc="edits", unit="edit", disable=not progress) as bar:
        bar.update(len(wanted & book.done))
        for rows in _measured(kit, tasks, workers):
            for row in rows:
                if _key(row) not in book.done:
                    book.add(row)
                    bar.update()
    rows = sorted((row for row in book.rows if _key(row) in wanted), key=_key)
    rng = np.random.default_rng(0)
    scores = {source: {name: {what: mean_with_interval(
        [row[what] for row in rows if (row["control"], row["source"]) == (name, source)], rng) for what in FIGURES}
        for name in controls} for source in sources}
    if figure is not None:
        _draw(scores, figure, kit.size, scenes)
    return {"models": kit.size, "device": kit.device, "scenes": scenes, "seed": seed, "scores": scores, "rows": rows}


def table(scores):
    """The means of `compare` as rows for `metrics.format_table`."""
    return [{"mask from": source, "control": name, **{what: score["mean"] for what, score in figures.items()}}
            for source, by_name in scores.items() for name, figures in by_name.items()]


def _measured(kit, tasks, workers):
    """Rows of each task (pairs, control, source), as they are done."""
    if workers == 1 or len(tasks) < 2:
        yield from map(_Measuring(kit), tasks)
        return
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (kit.choice,)) as pool:
        done = [pool.submit(_go_on, task) for task in tasks]
        try:
            for future in as_completed(done):
                yield future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _begin(choice):
    global _measuring
    import torch

    from ..kit import Kit

    torch.set_num_threads(1)
    _measuring = _Measuring(Kit(choice))


def _go_on(task):
    return _measuring(task)


class _Measuring:
    """Does tasks; keeps the masks that it found, which serve every control."""

    def __init__(self, kit):
        self.kit, self.masks = kit, {}

    def __call__(self, task):
        pairs, control, source = task
        masks = [self._mask(pair, source) for pair in pairs]
        edits, cost = self.kit.edit([p.before for p in pairs], [p.instruction for p in pairs], mask=masks,
                                    control=CONTROLS[control], blend=False, progress=False, report=True)
        return [{"scene": pair.seed, "control": control, "source": source, **self._figures(pair, M, y),
                 "unet_rows": cost.unet_rows / len(pairs), "seconds": sum(cost.seconds.values()) / len(pairs)}
                for pair, M, y in zip(pairs, masks, edits)]

    def _figures(self, pair, M, y):
        clip, y_tilde = self.kit.clip, blend(pair.before, y, M)
        return {
            "edit_psnr": min(edit_psnr(y_tilde, pair.truth, pair.mask), PSNR_CAP),
            "background_psnr": min(background_psnr(pair.before, y, pair.mask), PSNR_CAP),
            "change_iou": change_iou(pair.before, y_tilde, pair.mask),
            "seam_error": seam_error(y_tilde, pair.truth, pair.mask),
            "clip_direction": clip_direction(*clip.images([pair.before, y_tilde]), *clip.texts(pair.captions)),
        }

    def _mask(self, pair, source):
        """float32 (H, W)"""
        if source == "truth":
            return pair.mask.astype(np.float32)
        key = pair.seed, source
        if key not in self.masks:
            self.masks[key] = self.kit.ground(pair.before, pair.instruction)[0] if source == "words" else \
                self.kit.segment(pair.before, points=[inner_point(pair.target)])
        return self.masks[key]


def _key(row):
    return row["scene"], row["control"], row["source"]


def _fingerprint(kit):
    """A number that changes when the editor's weights do."""
    return float(sum(p.detach().double().abs().sum() for part in (kit.editor.pipe.unet, kit.editor.pipe.vae)
                     for p in part.parameters()))


class _Book:
    """Rows in a file of JSON lines, the first of which says what run they are of."""

    def __init__(self, file, run):
        self.path, self.rows = Path(file) if file else None, []
        if self.path and self.path.is_file():
            lines = self.path.read_text().splitlines(keepends=True)
            whole = [json.loads(line) for line in lines if line.endswith("\n")]  # a killed run may leave half a line
            if not whole or whole[0] != run:
                raise KitError(f"{self.path} holds the rows of another run (other weights or another seed); give "
                               "another file, or delete it")
            self.rows = whole[1:]
        self.done = set(map(_key, self.rows))
        if self.path:
            self.path.write_text("".join(json.dumps(line) + "\n" for line in (run, *self.rows)))

    def add(self, row):
        self.rows.append(row)
        self.done.add(_key(row))
        if self.path:
            with open(self.path, "a") as file:
                file.write(json.dumps(row) + "\n")


def _draw(scores, path, size, scenes):
    """Quality of the edit against the background kept, as InstructPix2Pix's own figure 8 draws its trade-off."""
    from ..show import save_figure, subplots

    figure, axis = subplots(figsize=(7.5, 5), alt=(
        "Edit PSNR (up) against background PSNR before the pixel blend (right), a mark for each control and source of "
        "the mask. " + "; ".join(
            f"{name} with the mask from {source}: {at['background_psnr']['mean']:.1f}, {at['edit_psnr']['mean']:.1f} dB"
            for source, by_name in scores.items() for name, at in by_name.items()) + "."))
    for marker, (source, by_name) in zip("os^", scores.items()):
        points = {name: (at["background_psnr"], at["edit_psnr"]) for name, at in by_name.items()}
        x, y = ([p[i]["mean"] for p in points.values()] for i in (0, 1))
        error = [[[p[i]["mean"] - p[i]["low"] for p in points.values()],
                  [p[i]["high"] - p[i]["mean"] for p in points.values()]] for i in (0, 1)]
        drawn = axis.errorbar(x, y, xerr=error[0], yerr=error[1], fmt=marker, alpha=0.8, elinewidth=0.6, capsize=2,
                              label=f"mask from {source}")
        for j, (name, (a, b)) in enumerate(points.items()):  # neighbours in the list are often neighbours here
            axis.annotate(name, (a["mean"], b["mean"]), xytext=(5, (4, -11)[j % 2]), textcoords="offset points",
                          fontsize=8, color=drawn[0].get_color())
    axis.set(xlabel="background PSNR before the pixel blend (dB): what is kept",
             ylabel="edit PSNR in the true mask (dB): how right the edit is",
             title=f"{size} models, {scenes} scenes, means with 95 % intervals")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    save_figure(figure, path)
