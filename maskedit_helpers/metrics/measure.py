"""All metrics of one edit, as a row."""

from ..errors import KitError
from ..pictures.images import read_image
from .clip import clip_direction, clip_score
from .pixels import background_psnr, background_ssim, change_iou, foreground_psnr, is_unedited
from .truth import edit_psnr

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
    row = {
        "change_iou": change_iou(x0, y, mask, threshold),
        "background_psnr": background_psnr(x0, y, mask),
        "foreground_psnr": foreground_psnr(x0, y, mask),
        "background_ssim": background_ssim(x0, y, mask),
    }
    if truth is not None:
        row["edit_psnr"] = edit_psnr(y, truth, mask)
    if kit is not None and (captions or instruction):
        before, after = kit.clip.images([read_image(x0, "original"), read_image(y, "edit")])
        texts = kit.clip.texts(list(captions) if captions else [instruction])
        row["clip_score"] = clip_score(after, texts[-1])
        if captions:
            row["clip_direction"] = clip_direction(before, after, texts[0], texts[1])
    row["note"] = UNEDITED if is_unedited(x0, y) else ""
    return row
