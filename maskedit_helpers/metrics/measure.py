"""All metrics of one edit, as a row."""

from ..errors import KitError
from ..pictures.images import read_image
from .metric import METRICS
from .pixels import is_unedited

UNEDITED = "unedited: this is the original picture"


def measure(x0, y, mask, *, kit=None, instruction=None, captions=None, truth=None, threshold=20.0):
    """All metrics of one edit, as a row.

    Parameters
    ----------
    x0, y, mask : original, result (baseline or blended), mask (white = 1 = edit)
    kit : a loaded kit, for CLIP; without it the metrics of CLIP are left out
    instruction : str; clip_score compares the result with it when there are no captions
    captions : (before, after), two str; clip_score uses the second, clip_direction both
    truth : picture of the true edit, for edit_psnr; without it that metric is left out
    threshold : see `change_iou`

    Returns
    -------
    dict of float, and "note": "" or, for a result that is the original picture, those words.

    Raises
    ------
    KitError
        Pictures or mask that do not fit each other; captions that are not two.
    """
    if captions is not None and (isinstance(captions, str) or len(captions) != 2):
        raise KitError(f"captions {captions!r}: give two, of the picture before and of the picture after")
    metrics = [metric for metric in METRICS.values() if "measure" in metric.on]
    row = scored(metrics, x0, y, mask, kit=kit, instruction=instruction, captions=captions, truth=truth,
                 threshold=threshold)
    return {**row, "note": UNEDITED if is_unedited(x0, y) else ""}


def scored(metrics, x0, y, mask, *, kit=None, instruction=None, captions=None, truth=None, threshold=20.0):
    """{name: value} of those metrics for which all is there that their functions ask for.

    By these names: x0, y, mask, threshold; truth; of CLIP, as features, image and text (of the result and of what it
    should show), image_before, image_after, text_before, text_after (of the original, the result and their captions).
    """
    known = {"x0": x0, "y": y, "mask": mask, "threshold": threshold}
    if truth is not None:
        known["truth"] = truth
    if kit is not None and (captions or instruction) and any("CLIP" in metric.needs for metric in metrics):
        before, after = kit.clip.images([read_image(x0, "original"), read_image(y, "edit")])
        texts = kit.clip.texts(list(captions) if captions else [instruction])
        known |= {"image": after, "text": texts[-1]}
        if captions:
            known |= {"image_before": before, "image_after": after, "text_before": texts[0], "text_after": texts[1]}
    return {metric.name: float(metric.function(**{name: known[name] for name in metric.asks if name in known}))
            for metric in metrics
            if metric.function and all(name in known for name, must in metric.asks.items() if must)}
