"""Reading what a reader hands in: numbers, pictures and masks in any form in which a right answer may come."""

import re

import numpy as np

from ...errors import KitError
from ...pictures.images import WHITE, read_image, read_mask
from .verdict import NotYet

NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?(?:[eE][-+]?\d+)?")


def array(result):
    """A NumPy array of numbers out of an array, a tensor on any device, a picture of Pillow, a list or a number."""
    if hasattr(result, "detach"):
        result = result.detach().cpu()
        result = (result.float() if result.is_floating_point() else result).numpy()  # NumPy has no bfloat16
    values = np.asarray(result)
    if values.dtype.kind not in "biuf":
        raise NotYet(f"A {type(result).__name__} came where numbers were expected.")
    return values


def number(answer):
    """One float, from any kind of number or a text that holds just one: "60", " s_I = 1.0 ", "60 rows", "once"."""
    if isinstance(answer, str):
        found = NUMBER.findall(re.sub(r"\b(one|once)\b", "1", answer.lower()))
        if len(found) > 1:
            raise NotYet(f"{answer!r} holds {len(found)} numbers; hand in one number.")
        answer = float(found[0].replace(",", ".")) if found else None
    values = np.asarray(None) if answer is None else array(answer)
    if values.dtype.kind not in "iuf" or values.size != 1 or np.isnan(values).any():
        raise NotYet("Hand in a number.")
    return float(values.reshape(()))


def picture(answer, shape):
    """A picture uint8 (H, W, 3) of that size."""
    try:
        pixels = read_image(answer, "your picture")
    except KitError as error:
        raise NotYet(f"That is no picture. {error}.") from error
    _require_size(pixels.shape, shape, "picture")
    return pixels


def mask(answer, shape):
    """A mask bool (H, W) of that size, from any kind of mask; the usual slips get a word of their own."""
    if isinstance(answer, str) or answer is None:
        raise NotYet("Hand in the mask itself, for instance of kit.segment.")
    if isinstance(answer, tuple):
        raise NotYet("kit.ground gives mask, phrase and report: hand in the first of the three.")
    if hasattr(answer, "masks"):
        raise NotYet("SAM gave several masks: hand in one, for instance answer.masks[answer.best].")
    values = answer if hasattr(answer, "shape") or not isinstance(answer, list) else array(answer)
    stack = tuple(getattr(values, "shape", ()))
    if len(stack) >= 3 and stack[-3] == 3 and stack[-1] > 4:
        raise NotYet("These are three masks in one stack: hand in one of them, for instance masks[0].")
    if stack[-1:] in ((3,), (4,)) and len(stack) == 3 and np.ptp(array(values)[..., :3], axis=2).any():
        raise NotYet("That is a picture in colour; a mask is black and white.")
    soft = read_mask(values, name="your mask", allow_empty=True)
    _require_size(soft.shape, shape, "mask")
    return soft > WHITE


def bounds(kit):
    """What a hint adds where its bounds may not suit the models."""
    return "" if kit.size == "pocket" else " (The bounds were set on pocket models; full ones may not reach them.)"


def _require_size(mine, right, what):
    if tuple(mine[:2]) != tuple(right[:2]):
        raise NotYet(f"Your {what} has {mine[1]}x{mine[0]} pixels (width x height) where the picture has "
                     f"{right[1]}x{right[0]}.")
