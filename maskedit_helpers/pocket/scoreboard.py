"""Every way of telling an edit where, held against the truth of freshly drawn scenes.

One row for each scene, control and source of the mask. The rows are kept in a file as they come, so a run that was
stopped goes on where it was. What a control does by itself is read before the pixel blend (background_psnr), what
comes of it after (the rest): the blend makes every background exact, so before it is where controls differ.
"""
import json
from pathlib import Path

import numpy as np

from ..blend import blend
from ..controls import AttentionMask, Blend, Crop, GuidanceMask, LatentBlend
from ..errors import KitError
from ..metrics import background_psnr, change_iou, clip_direction, edit_psnr, seam_error
from .evaluate import PSNR_CAP, held_out_pairs, inner_point, mean_with_interval

CONTROLS = {
    "blend": Blend(),
    "latent": LatentBlend(),
    "latent-dilated": LatentBlend(dilate=1),
    "inversion": LatentBlend(source="inversion", dilate=1),
    "guidance": GuidanceMask(),
    "attention": AttentionMask(),
    "crop": Crop(),
}
SOURCES = ("truth", "click", "words")
FIGURES = ("edit_psnr", "background_psnr", "change_iou", "seam_error", "clip_direction", "unet_rows", "seconds")
CHUNK = 4  # scenes that are edited together


def compare(kit, controls="all", sources=("click",), scenes=50, seed=0, file=None, figure=None, progress=True):
    """Score controls.

    Parameters
    ----------
    kit : Kit
    controls : names out of CONTROLS, or "all"
    sources : names out of SOURCES, where the mask comes from: the true one, SAM's of one click, `kit.ground`'s
    scenes : int >= 1
    seed : int >= 0, which scenes
    file : path or None
        Rows are kept there, one JSON object a line; those that are there already are not measured again.
    figure : path of a PNG or None
        The edit's quality against the background kept, one mark per control and source.

    Returns
    -------
    dict with "rows", a list of {"scene", "control", "source", and FIGURES}, and "scores":
        {source: {control: {figure: {"mean", "low", "high", "n"}}}}. edit_psnr is of the result against the truth inside
        the true mask; background_psnr of the edit before the pixel blend against the original outside it, capped at
        60 dB; change_iou, seam_error and clip_direction are of the result. Seconds are of one picture in a batch of 4.

    Raises
    ------
    KitError
        Unknown names, a file that holds the rows of another run.
    """
    from tqdm import tqdm

    controls, sources = _known(controls, CONTROLS, "control"), _known(sources, SOURCES, "source of masks")
    if scenes < 1 or seed < 0:
        raise KitError(f"{scenes} scenes of seed {seed}: give 1 scene or more and a seed of 0 or more")
    book = _Book(file, {"models": kit.size, "seed": seed, "weights": _fingerprint(kit)})
    pairs = list(held_out_pairs(scenes, seed))
    wanted = {(pair.seed, control, source) for pair in pairs for control in controls for source in sources}
    with tqdm(total=len(wanted), desc="edits", unit="edit", disable=not progress) as bar:
        bar.update(len(wanted & book.done))
        for i in range(0, scenes, CHUNK):
            chunk = pairs[i:i + CHUNK]
            for source in sources:
                left = [name for name in controls if any((p.seed, name, source) not in book.done for p in chunk)]
                masks = [_mask(kit, pair, source) for pair in chunk] if left else []
                for name in left:
                    for row in _measure(kit, chunk, masks, CONTROLS[name]):
                        row = {**row, "control": name, "source": source}
                        if _key(row) not in book.done:
                            book.add(row)
                            bar.update()
    rows = [row for row in book.rows if _key(row) in wanted]
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
            for source, named in scores.items() for name, figures in named.items()]


def _measure(kit, pairs, masks, control):
    """One row for each pair, all edited in one batch."""
    edits, cost = kit.edit([p.before for p in pairs], [p.instruction for p in pairs], mask=masks, control=control,
                           blend=False, progress=False, report=True)
    for pair, M, y in zip(pairs, masks, edits):
        how = vars(control) if isinstance(control, Blend) else {}
        y_tilde = blend(pair.before, y, M, **how)
        yield {
            "scene": pair.seed,
            "edit_psnr": min(edit_psnr(y_tilde, pair.truth, pair.mask), PSNR_CAP),
            "background_psnr": min(background_psnr(pair.before, y, pair.mask), PSNR_CAP),
            "change_iou": change_iou(pair.before, y_tilde, pair.mask),
            "seam_error": seam_error(y_tilde, pair.truth, pair.mask),
            "clip_direction": clip_direction(*kit.clip.images([pair.before, y_tilde]), *kit.clip.texts(pair.captions)),
            "unet_rows": cost.unet_rows / len(pairs),
            "seconds": sum(cost.seconds.values()) / len(pairs),
        }


def _mask(kit, pair, source):
    """float32 (H, W)"""
    if source == "truth":
        return pair.mask.astype(np.float32)
    if source == "words":
        return kit.ground(pair.before, pair.instruction)[0]
    return kit.segment(pair.before, points=[inner_point(pair.target)])


def _key(row):
    return row["scene"], row["control"], row["source"]


def _known(names, known, what):
    names = list(known) if names == "all" else list(names)
    if not names or not set(names) <= set(known):
        raise KitError(f"{what}: {', '.join(map(str, names)) or 'none'}; choose out of {', '.join(known)}")
    return names


def _fingerprint(kit):
    """A number that changes when the editor's weights do."""
    return float(sum(p.double().abs().sum() for part in (kit.editor.pipe.unet, kit.editor.pipe.vae)
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
            for source, named in scores.items() for name, at in named.items()) + "."))
    for marker, (source, named) in zip("os^", scores.items()):
        points = {name: (at["background_psnr"], at["edit_psnr"]) for name, at in named.items()}
        x, y = ([p[i]["mean"] for p in points.values()] for i in (0, 1))
        error = [[[p[i]["mean"] - p[i]["low"] for p in points.values()],
                  [p[i]["high"] - p[i]["mean"] for p in points.values()]] for i in (0, 1)]
        drawn = axis.errorbar(x, y, xerr=error[0], yerr=error[1], fmt=marker, alpha=0.8, elinewidth=0.6, capsize=2,
                              label=f"mask from {source}")
        for name, (a, b) in points.items():
            axis.annotate(name, (a["mean"], b["mean"]), xytext=(5, 4), textcoords="offset points", fontsize=8,
                          color=drawn[0].get_color())
    axis.set(xlabel="background PSNR before the pixel blend (dB): what is kept",
             ylabel="edit PSNR in the true mask (dB): how right the edit is",
             title=f"{size} models, {scenes} scenes, means with 95 % intervals")
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    save_figure(figure, path)
