"""How good is an edit? Small functions, each with the rule that it follows; `measure` puts them in a row.

Pictures are anything `read_image` takes, a second picture of another size but the same aspect is resized to
x0's. Inside is M > 0.5. PSNR is 10 log10(255^2 / MSE) in decibels over RGB values 0-255, infinite where the
two pictures are equal. A metric without pixels to stand on (a mask that covers everything) is nan.
"""

import math

import numpy as np

from .errors import KitError
from .images import WHITE, read_image, read_mask, resize_image

UNEDITED = "unedited: this is the original picture"
STILL = 1e-5  # CLIP features of length 1 that lie nearer than this are the same but for rounding (float32)


def change_map(x0, y):
    """How far each pixel moved: mean over RGB of |y - x0|; float32 (H, W), grey levels 0-255."""
    x0, y = _pair(x0, y)
    return np.abs(y - x0).mean(axis=2).astype(np.float32)


def change_iou(x0, y, mask, threshold=20.0):
    """Does the change lie where the mask is? IoU of {change_map > threshold} and the mask.

    Parameters
    ----------
    x0, y : the original and the edit
    mask : white = 1 = edit
    threshold : grey levels 0-255, or "seeds": max(10, mean of the change map), the rule of the published
        table of a course project. It moves with the picture, so compare it only with others of its kind.

    Returns
    -------
    float in [0, 1]; 1 when exactly the mask has changed.

    Raises
    ------
    KitError
        A threshold that is neither; pictures or mask that do not fit each other.
    """
    change = change_map(x0, y)
    inside = read_mask(mask, change.shape) > WHITE
    if threshold == "seeds":
        threshold = max(10.0, float(change.mean(dtype=np.float64)))
    elif isinstance(threshold, str) or not 0 <= threshold <= 255:
        raise KitError(f'threshold {threshold}: give grey levels from 0 to 255, or "seeds"')
    changed = change > threshold
    return float((changed & inside).sum() / (changed | inside).sum())


def mask_iou(mask, truth):
    """Do two masks agree? Intersection over union of their insides; float in [0, 1].

    mask, truth : anything `read_mask` takes, of one size; an empty `mask` scores 0.
    """
    truth = read_mask(truth) > WHITE
    mask = read_mask(mask, truth.shape, allow_empty=True) > WHITE
    return float((mask & truth).sum() / (mask | truth).sum())


def background_psnr(x0, y, mask, convention="background"):
    """How well the outside is kept: PSNR (dB) of y against x0 outside the mask; inf when it is untouched.

    convention : "background" averages over the pixels outside the mask; "pie" over the whole frame with the
        inside set to zero in both, as PIE-Bench (Ju et al., "PnP Inversion", ICLR 2024) does, which reads
        10 log10(N / N_background) dB higher.

    Raises KitError for another convention.
    """
    x0, y = _pair(x0, y)
    outside = read_mask(mask, x0.shape) <= WHITE
    if convention not in ("background", "pie"):
        raise KitError(f'convention "{convention}" is unknown; use "background" or "pie"')
    return _psnr(x0, y, outside, whole_frame=convention == "pie")


def foreground_psnr(x0, y, mask):
    """How much the inside stayed: PSNR (dB) of y against x0 inside the mask. Low means a strong edit."""
    x0, y = _pair(x0, y)
    return _psnr(x0, y, read_mask(mask, x0.shape) > WHITE)


def edit_psnr(y, truth, mask):
    """How right the edit is: PSNR (dB) of y against the true edit inside the mask (drawn scenes know it)."""
    truth, y = _pair(truth, y)
    return _psnr(truth, y, read_mask(mask, truth.shape) > WHITE)


def background_ssim(x0, y, mask):
    """Structural similarity outside the mask, at most 1: the mean there of scikit-image's full SSIM map.

    Its 7x7 windows reach three pixels over the mask's edge, so even a perfect blend stays a little under 1.
    Source: Wang, Bovik, Sheikh, Simoncelli, "Image Quality Assessment", IEEE TIP 2004.

    Raises KitError for pictures with a side under 7 pixels.
    """
    from skimage.metrics import structural_similarity

    x0, y = _pair(x0, y)
    outside = read_mask(mask, x0.shape) <= WHITE
    if min(outside.shape) < 7:
        raise KitError(f"SSIM needs sides of 7 pixels or more; this picture is {x0.shape[1]}x{x0.shape[0]}")
    _, similarity = structural_similarity(x0, y, data_range=255, channel_axis=2, full=True)  # (H, W, 3)
    return float(similarity[outside].mean()) if outside.any() else math.nan


def seam_error(y, truth, mask, band=3):
    """Does the border of the edit show? How far the gradients of y are from those of the true edit around it.

    Parameters
    ----------
    y, truth : the result and the true edit
    mask : the true mask; its border is where to look
    band : pixels to each side of the border that count

    Returns
    -------
    float, grey levels 0-255 per pixel: the mean over the band, both directions and RGB of |grad y - grad truth|; nan
    for a mask without a border.

    Raises KitError for a band of less than a pixel, and for a side of one pixel, which has no gradient.
    """
    from scipy.ndimage import distance_transform_edt

    truth, y = _pair(truth, y)
    inside = read_mask(mask, truth.shape) > WHITE
    if not band >= 1:
        raise KitError(f"band is {band}; give 1 pixel or more to each side of the border")
    if min(inside.shape) < 2:
        raise KitError(f"gradients need sides of 2 pixels or more; this picture is {inside.shape[1]}x{inside.shape[0]}")
    if inside.all():
        return math.nan
    near = np.where(inside, distance_transform_edt(inside), distance_transform_edt(~inside)) <= band
    differ = [np.abs(a - b)[near].mean() for a, b in zip(np.gradient(y, axis=(0, 1)), np.gradient(truth, axis=(0, 1)))]
    return float(np.mean(differ, dtype=np.float64))


def is_unedited(x0, y):
    """True when y is the original picture: no value differs by more than one grey level (rounding)."""
    x0, y = _pair(x0, y)
    return bool(np.abs(y - x0).max() <= 1)


def clip_score(image, text):
    """Does the picture show what the text says? 100 cos of CLIP features.

    image, text : (D,), or rows (N, D) that belong together; the mean over rows is returned.
    Source: Hessel et al., "CLIPScore", EMNLP 2021, without its factor 2.5 and its cut at zero.
    """
    return 100 * _cosine(_unit(image), _unit(text))


def clip_direction(image_before, image_after, text_before, text_after):
    """Did the picture move as its caption did? cos(f1 - f0, g1 - g0) in [-1, 1]; 0 when either stands still but for
    rounding, whose direction says nothing.

    CLIP features (D,) or rows (N, D), mean over rows; the texts are **captions**, not the instruction.
    Features are made unit length before they are subtracted. Source: Gal et al., "StyleGAN-NADA", 2021, as
    used by Brooks, Holynski, Efros, "InstructPix2Pix", CVPR 2023.
    """
    moved = _unit(image_after) - _unit(image_before)
    asked = _unit(text_after) - _unit(text_before)
    return _cosine(_unit(moved, STILL), _unit(asked, STILL))


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


def format_table(rows):
    """Rows of `measure` (dicts, with more columns where you like) as aligned text.

    Columns in the order in which the keys first appear, "note" last and only where there is one. An infinite
    PSNR reads "exact", a missing number "-".
    """
    keys = list(dict.fromkeys(key for row in rows for key in row if key != "note"))
    if any(row.get("note") for row in rows):
        keys.append("note")
    lines = [[key + " (dB)" if key.endswith("psnr") else key for key in keys]]
    lines += [[_cell(key, row.get(key)) for key in keys] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(keys))]
    words = [any(isinstance(row.get(key), str) for row in rows) for key in keys]
    aligned = [[cell.ljust(width) if word else cell.rjust(width)
                for cell, width, word in zip(line, widths, words)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in aligned)


def _cell(key, value):
    if value is None or value != value:  # nan
        return "-"
    if not isinstance(value, (float, np.floating)):
        return str(value)
    if math.isinf(value) and key.endswith("psnr"):
        return "exact"
    return f"{value:.1f}" if key.endswith(("psnr", "clip_score", "seconds")) else f"{value:.4f}"


def _pair(x0, y):
    """Both as float32 (H, W, 3) 0-255, in x0's size."""
    x0 = read_image(x0, "original")
    return x0.astype(np.float32), resize_image(y, x0.shape[:2], "edit").astype(np.float32)


def _psnr(a, b, where, whole_frame=False):
    squares = ((a - b)[where].astype(np.float64) ** 2).sum()
    values = a.size if whole_frame else 3 * int(where.sum())
    if not where.any():
        return math.nan
    return 10 * math.log10(255**2 * values / squares) if squares else math.inf


def _unit(features, least=0.0):
    """Each row at length 1; of a length of `least` or less, zero."""
    features = np.asarray(features, dtype=np.float64)
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    return np.where(length > least, features / np.where(length > least, length, 1), 0)


def _cosine(a, b):
    return float((a * b).sum(axis=-1).mean())
