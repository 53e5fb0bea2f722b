"""What stands around an edit, each part timed alone: SAM's clicks, the check of a picture's domain, the blend, an edit
of a picture that is known already."""

import contextlib
import warnings

import numpy as np

from ...errors import KitError
from ...masks.segment import segmented
from ...pictures.blend import blend
from ...pictures.prompts import inner_point
from .editors import SEED
from .rate import timed

SCENES = 8  # at most, of those that were edited
CLICKS = 4  # on each picture
BATCH = 16  # clicks for SAM at once


def spread(seconds):
    """{"median", "low", "high", "n"}: the median and the quartiles of what was timed."""
    low, middle, high = np.percentile(seconds, (25, 50, 75))
    return {"median": float(middle), "low": float(low), "high": float(high), "n": len(seconds)}


def around(kit, pairs):
    """What a person waits for besides a first edit.

    Parameters
    ----------
    kit : Kit, which has not seen these pictures in its SAM
    pairs : of `evaluate.held_out_pairs`

    Returns
    -------
    {part: `spread` of seconds}, of these parts:
        domain: is this a drawn scene? A plain `kit.edit` or `kit.segment` asks it once of each picture that was
            not drawn by the same process
        first_click: `kit.segment` of a picture that SAM does not know, its domain known
        next_click: another click on it, until the mask is there, its border snapped
        next_click_widget: the same as `ClickMask` asks, with all three masks snapped
        blend: the equation
        known_picture: another instruction for a picture that was edited before, by the kit's own plan
    """
    seconds = {}

    def note(part, call, *arguments, **options):
        def quietly():
            with contextlib.suppress(KitError):  # SAM found nothing there, and took its time all the same
                return call(*arguments, **options)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seconds.setdefault(part, []).append(timed(kit.device, quietly)[1])

    for i, pair in enumerate(pairs[:SCENES]):
        x0, (first, *others) = pair.before, clicks_on(pair.target, CLICKS)
        note("domain", kit.domain, x0[:, ::-1])  # mirrored, for what was drawn here is known without a look
        note("first_click", kit.segment, x0, points=[first])
        for click in others:
            note("next_click", kit.segment, x0, points=[click])
            note("next_click_widget", segmented, kit.sam, x0, [click])
        note("blend", blend, x0, pair.truth, pair.mask)
        edit = dict(seed=SEED, progress=False, anyway=True)
        kit.edit(x0, pair.instruction, **edit)
        note("known_picture", kit.edit, x0, pairs[i - 1].instruction, **edit)
    return {part: spread(values) for part, values in seconds.items()}


def sam(kit, pairs):
    """The predictor of segment_anything by itself: what it is worth to encode a picture once, and to ask in batches.

    Returns
    -------
    {"encode": seconds of `set_image`, "decode": of a click after it; "click_reencoding": of both, as who encodes anew
    for each click waits; "one_by_one", "batch": a click's part of BATCH clicks, `predict_torch` called for each or
    once for all}, each a `spread`.
    """
    import torch
    from segment_anything import SamPredictor

    predictor, seconds = SamPredictor(kit.sam.predictor.model), {}

    def note(part, call, *arguments, share=1):
        seconds.setdefault(part, []).append(timed(kit.device, call, *arguments)[1] / share)

    def click(point):
        return predictor.predict(np.array([point]), np.array([1]))

    def anew(x0, point):
        predictor.set_image(x0)
        return click(point)

    def asked(points):
        for some in points:
            predictor.predict_torch(some[:, None], torch.ones(len(some), 1, device=predictor.device))

    for pair in pairs[:SCENES]:
        points = clicks_on(pair.target, BATCH)
        note("encode", predictor.set_image, pair.before)
        for point in points[:CLICKS]:
            note("decode", click, point)
        for point in points[:2]:
            note("click_reencoding", anew, pair.before, point)
        moved = predictor.transform.apply_coords(np.array(points, float), pair.before.shape[:2])
        moved = torch.as_tensor(moved, dtype=torch.float32, device=predictor.device)
        note("one_by_one", asked, moved.split(1), share=BATCH)
        note("batch", asked, [moved], share=BATCH)
    return {part: spread(values) for part, values in seconds.items()}


def clicks_on(target, count):
    """`count` clicks (x, y) on a thing, bool (H, W): its most inner point and others, always the same."""
    rows, columns = np.nonzero(target)
    some = np.random.default_rng(0).integers(len(rows), size=count - 1)
    return [inner_point(target), *((int(columns[i]), int(rows[i])) for i in some)]
