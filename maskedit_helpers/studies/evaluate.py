"""The scoreboard: every model on freshly drawn scenes that none was trained on, held against known truth.

The pipeline is the one that the kit teaches: one click at the most inner point of what is to be edited, the
mask that SAM rates best, snapped to the picture's edges, the edit, the blend. Beside it stand the blends by SAM's mask
as it is and by the true one: what the border costs, and what the mask. Every metric is a mean over scenes with its 95 %
interval (`intervals`). Scenes whose edit has no place (night, snow) are passed over. Pictures are 128 pixels wide.
"""
import warnings
from pathlib import Path

import numpy as np

from ..editing.plan import plan_named
from ..errors import KitError
from ..masks.segment import finished
from ..metrics.measure import scored
from ..metrics.metric import RESULTS, metric, standing
from ..metrics.truth import mask_iou
from ..picturebook.drawings import COLOURS, PAINTED
from ..picturebook.pairs import make_pair
from ..picturebook.scenes import EVALUATION_SEEDS
from ..pictures.blend import blend
from ..pictures.crops import box_of
from ..pictures.prompts import inner_point
from .intervals import mean_with_interval, share_with_interval

PSNR_CAP = 60.0  # dB; an untouched background would make every mean infinite
CAPTIONS = 10  # the right one and nine others
SEED_STRIDE = 100_000  # so that two seeds share no scene


def evaluate(kit, scenes=60, seed=0, figure=None, ground=False, plan=None, progress=True):
    """Score a kit.

    Parameters
    ----------
    kit : Kit
    scenes : int >= 1
    seed : int >= 0, which scenes
    figure : path of a PNG, or None
        The best, the median and the worst case by edit_psnr are drawn there.
    ground : bool
        Score masks from words alone too, which takes about three seconds a scene.
    plan : as for `kit.edit`; the kit's own if not given

    Returns
    -------
    dict with "scores": {name: {"mean", "low", "high", "n"}} and what was run, the plan by name. Names:
        sam_iou_click (best of SAM's three masks), sam_iou_rated (the one it rates best), sam_iou_box; mask_iou (the one
        it rates best, its border snapped: the mask that the blend takes);
        edit_success (colour edits: the mean colour in the true mask is nearest to the one asked for);
        every metric that stands on the board of a result (`metrics.metric.RESULTS`), against the true mask and the
        true edit: under its own name where it is of one of them, as edit_psnr of the baseline and clip_direction of the
        blend, else with baseline_, unsnapped_, blended_ or oracle_ before it (every PSNR capped at 60 dB);
        clip_retrieval (right caption among ten); seconds and unet_rows per edit. With `ground`: ground_iou and
        relevance_iou (the mask of `kit.ground`, by words and by relevance, against the true target), phrase_right
        (the phrase names the thing that is edited).

    Raises
    ------
    KitError
        No scenes, a negative seed, a figure that can't be written there.
    """
    from tqdm import tqdm

    check_run(scenes, seed, figure)
    plan = kit.editor.plan if plan is None else plan
    plan_named(plan)
    values, shown = {}, []
    for pair in tqdm(held_out_pairs(scenes, seed), total=scenes, desc="scenes", unit="scene", disable=not progress):
        row, pictures = score(kit, pair, plan)
        if ground:
            row |= score_words(kit, pair)
        for name, value in row.items():
            if value == value:  # nan: nothing to stand on in this scene
                values.setdefault(name, []).append(value)
        shown.append((row["edit_psnr"], pair.instruction, pictures))
    values["clip_retrieval"] = _retrievals(kit, scenes, seed)
    scores = {name: (share_with_interval if metric(name).share else mean_with_interval)(measured)
              for name, measured in values.items()}
    if figure is not None:
        _draw(shown, figure)
    return {"models": kit.size, "device": kit.device, "plan": str(plan), "scenes": scenes, "seed": seed,
            "scores": scores}


def check_run(scenes, seed, figure):
    """Raise KitError for a run that can't be made or, hours later, not be drawn."""
    if scenes < 1 or seed < 0:
        raise KitError(f"{scenes} scenes of seed {seed}: give 1 scene or more and a seed of 0 or more")
    if figure is not None and Path(figure).suffix.lower() != ".png":
        raise KitError(f"{figure}: the figure is a PNG file, so let its name end in .png")
    if figure is not None and not Path(figure).parent.is_dir():
        raise KitError(f"{figure}: there is no folder {Path(figure).parent}; make it first")


def score(kit, pair, plan=None):
    """One scene through the whole pipeline: (metrics, pictures)."""
    click = inner_point(pair.target)
    masks = kit.sam.predict(pair.before, points=[click])
    boxed = kit.sam.predict(pair.before, box=box_of(pair.target), multimask=False)
    sam_mask = masks.masks[masks.best]
    M = finished(pair.before, sam_mask)
    y, report = kit.edit(pair.before, pair.instruction, plan=plan, anyway=True, progress=False, report=True)
    row = {
        "sam_iou_click": max(mask_iou(mask, pair.target) for mask in masks.masks),
        "sam_iou_rated": mask_iou(sam_mask, pair.target),
        "sam_iou_box": mask_iou(boxed.masks[0], pair.target),
        "mask_iou": mask_iou(M, pair.target),
    }
    if pair.kind == "colour":
        row["edit_success"] = float(nearest_colour(y[pair.mask].mean(0)) == pair.colour)
    where = {"unsnapped": sam_mask, "blended": M, "oracle": pair.mask}
    results = {"baseline": y, **{result: blend(pair.before, y, mask) if mask.any() else pair.before
                                 for result, mask in where.items()}}
    for result, picture in results.items():
        for name, value in judged(standing(result), kit, pair, picture).items():
            several = len(set(RESULTS) & set(metric(name).on)) > 1
            row[f"{result}_{name}" if several else name] = value
    row["seconds"] = sum(report.seconds.values())
    row["unet_rows"] = float(report.unet_rows)
    return row, {"original": pair.before, "mask": M, "baseline": y, "blended": results["blended"], "truth": pair.truth}


def judged(metrics, kit, pair, picture):
    """{name: value} of metrics of a result, against the true mask and the true edit; every PSNR is capped."""
    values = scored(metrics, pair.before, picture, pair.mask, kit=kit, captions=pair.captions, truth=pair.truth)
    return {name: min(value, PSNR_CAP) if metric(name).unit == "dB" else value for name, value in values.items()}


def score_words(kit, pair):
    """One scene whose place is found from the instruction alone: metrics."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing was found shows in the metrics
        by_words, phrase, _ = kit.ground(pair.before, pair.instruction)
        by_relevance, _, _ = kit.ground(pair.before, pair.instruction, how="relevance")
    thing = next((thing for thing, part in PAINTED.items() if part == pair.name), pair.name)
    return {"ground_iou": mask_iou(by_words, pair.target), "phrase_right": float(thing in phrase.split()),
            "relevance_iou": mask_iou(by_relevance, pair.target)}


def nearest_colour(rgb):
    """Name of the palette colour with the smallest Euclidean distance to an RGB value, 0-255."""
    return min(COLOURS, key=lambda name: np.square(np.subtract(COLOURS[name], rgb)).sum())


def held_out_pairs(count, seed):
    """The first `count` pairs of the evaluation seed whose edit has a place."""
    number = EVALUATION_SEEDS + seed * SEED_STRIDE
    while count:
        pair = make_pair(number, leak=0)
        number += 1
        if pair.target is not None:
            count -= 1
            yield pair


def _retrievals(kit, count, seed):
    """1.0 where a picture is nearest to its own caption among ten different ones, else 0.0."""
    pairs = list(held_out_pairs(max(count, 3 * CAPTIONS), seed))
    captions = list(dict.fromkeys(pair.captions[0] for pair in pairs))  # two scenes may look alike
    texts = kit.clip.texts(captions)
    rng = np.random.default_rng(seed)
    hits = []
    for pair, image in zip(pairs, kit.clip.images([pair.before for pair in pairs[:count]])):
        own = captions.index(pair.captions[0])
        wrong = rng.choice(np.delete(np.arange(len(captions)), own), CAPTIONS - 1, replace=False)
        hits.append(float(texts[own] @ image > (texts[wrong] @ image).max()))  # a tie is a miss
    return hits


def _draw(shown, path):
    from ..figures.show import save_figure, show_rows

    ordered = sorted(shown, key=lambda item: -item[0])
    picked = {"best": ordered[0], "median": ordered[len(ordered) // 2], "worst": ordered[-1]}
    save_figure(show_rows({f"{rank}: {words} ({psnr:.1f} dB)": pictures
                           for rank, (psnr, words, pictures) in picked.items()}), path)
