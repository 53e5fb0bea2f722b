"""From whatever a person hands in to plain numbers: raw pixels first, then float colours in [0, 1].

`images.py` holds the two verbs that everything else uses; here lie the rules that they share, each of which
is somebody's lost afternoon: EXIF rotation, 16-bit files, transparency, channel order, the range of floats.
"""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import KitError

CHANNELS = (1, 3, 4)  # grey; red, green, blue; and opacity


def raw_pixels(source, name):
    """The values of any source as they are: (H, W) or (H, W, C) with C = 1, 3 or 4, upright, not yet scaled.

    Raises KitError when the source is no picture; `name` is what the message calls it.
    """
    if isinstance(source, (str, os.PathLike)):
        return _from_pillow(Path(source).expanduser(), f"{name} {source}")
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _from_pillow(io.BytesIO(source), name)
    if isinstance(source, Image.Image):
        return _from_pillow(source, name)
    tensor = hasattr(source, "detach")
    if tensor:
        source = source.detach().cpu()
        source = (source.float() if source.is_floating_point() else source).numpy()  # NumPy has no bfloat16
    if not isinstance(source, np.ndarray):
        raise KitError(f"{name}: a {type(source).__name__} is no picture; "
                       "pass a path, bytes, a PIL image, an array or a tensor")
    return _height_width_channels(source, tensor, name)


def _from_pillow(source, name):
    try:
        if isinstance(source, Image.Image):
            return _upright(source)
        with Image.open(source) as image:
            return _upright(image)
    except FileNotFoundError:
        raise KitError(f"{name}: there is no such file; check the path") from None
    except IsADirectoryError:
        raise KitError(f"{name}: this is a folder; name a picture in it") from None
    except UnidentifiedImageError:
        raise KitError(f"{name}: not an image that Pillow can read; save it as PNG or JPEG first") from None
    except Exception as error:  # a damaged file makes Pillow's decoders raise nearly anything
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise KitError(f"{name}: cannot be read ({reason}); fetch or save it again") from error


def _upright(image):
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I;16") or image.mode == "I" and "transparency" in image.info:
        return _sixteen_bits(image)
    if image.has_transparency_data:
        return np.asarray(image.convert("RGBA"))
    if image.mode in ("1", "L", "I", "F"):
        return np.asarray(image)
    return np.asarray(image.convert("RGB"))


def _sixteen_bits(image):
    """Grey uint16 (H, W), or (H, W, 4) where one grey is declared transparent; convert("RGB") would clip at 255."""
    grey, clear = np.asarray(image).astype(np.uint16), image.info.get("transparency")
    if clear is None:
        return grey
    return np.dstack([grey, grey, grey, np.where(grey == clear, 0, 65535).astype(np.uint16)])


def refuse_stacks(source, name):
    """Raise KitError for an array or tensor whose shape holds several masks, or can be read in two ways.

    Averaged as if they were colours, SAM's three masks, (1, 3, H, W) or (3, H, W), would give thirds. A tensor has its
    planes first. So has an array, unless its last axis is as long as a picture has channels; if both are, nobody can
    tell a picture three pixels high from three masks.
    """
    shape, tensor = tuple(getattr(source, "shape", ())), hasattr(source, "detach")
    behind = len(shape) == 4 and shape[0] == 1
    planes, one = (shape[1:], "masks[0, 0]") if behind else (shape, "masks[0]")
    if len(planes) != 3:
        return  # one mask, or what `raw_pixels` refuses
    first, last = planes[0] in CHANNELS, planes[2] in CHANNELS
    if first and last and not tensor and planes[0] * planes[2] > 1:
        raise KitError(f"{name}: an array of shape {shape} can be read with its planes first or last; pass one mask "
                       f"of shape (H, W), for example {one}")
    if planes[0] > 1 and (first and tensor or not last):
        raise KitError(f"{name}: {planes[0]} masks in one stack; choose one of them, for example {one}")


def _height_width_channels(array, channels_first, name):
    shape = array.shape
    if array.ndim == 4 and shape[0] == 1:
        array = array[0]
    if array.ndim == 3:
        first, last = array.shape[0] in CHANNELS, array.shape[2] in CHANNELS
        if first and (channels_first or not last):
            array = np.moveaxis(array, 0, 2)
    if array.ndim == 4:
        raise KitError(f"{name}: a batch of {shape[0]}; pass one at a time, for example batch[0]")
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,)) or array.size == 0:
        raise KitError(f"{name}: an array of shape {shape} is no picture; "
                       "pass (H, W), (H, W, 3) or (3, H, W)")
    return array


def colours(pixels, name, paper):
    """Raw values -> float32 (H, W, 1 or 3) in [0, 1]; transparency lies over `paper` (1 white, 0 black).

    Raises KitError when the values span no range that a picture can have.
    """
    white = _white_value(pixels, name)
    values = np.clip(pixels.astype(np.float32) / np.float32(white), 0, 1)
    if values.ndim == 2:
        values = values[:, :, None]
    if values.shape[2] == 4:
        alpha = values[:, :, 3:]
        values = alpha * values[:, :, :3] + (1 - alpha) * np.float32(paper)
    return values


def _white_value(pixels, name):
    """The value that stands for white: 1, 255 or 65535."""
    if pixels.dtype.kind not in "buif":
        raise KitError(f"{name}: values of type {pixels.dtype} are no picture; pass numbers")
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise KitError(f"{name}: some values are NaN or infinite; replace them first, for example "
                       "with numpy.nan_to_num")
    known = {"bool": 1, "uint8": 255, "uint16": 65535}.get(pixels.dtype.name)
    if known:
        return known
    low, high = float(pixels.min()), float(pixels.max())
    if pixels.dtype.kind == "f":
        # A thousandth over the edge is rounding (float16, a resize), not another range.
        if -1e-3 <= low and high <= 1 + 1e-3:
            return 1
        if -1e-3 <= low and 2 <= high <= 255.5:
            return 255
        hint = "for -1 to 1 use (x + 1) / 2" if -1.01 <= low < 0 and high <= 1.01 else "clip or rescale"
        raise KitError(f"{name}: floats from {low:.4g} to {high:.4g}; they must span 0-1 or 0-255 ({hint})")
    if low < 0 or high > 65535:
        raise KitError(f"{name}: whole numbers from {low:.0f} to {high:.0f}; they must span 0-255 or 0-65535")
    return 255 if high <= 255 else 65535
