"""One way in for pictures and masks, whatever a person has, and one way out to disk.

The public verbs read what they are given here, once. Everything behind them sees exactly two things: a picture, uint8
(H, W, 3) RGB, and a mask, float32 (H, W) in [0, 1] where white = 1 = edit. Sizes that differ are resized as documented
or refused by name, never silently squashed; a file is written whole or not at all.
"""

import contextlib
import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from ..errors import KitError
from ..written import note
from .pixels import colours, raw_pixels, refuse_stacks

WHITE = 0.5  # a pixel counts as "inside the mask" above this value, here and in the metrics


def read_image(source, name="image"):
    """A picture from whatever a person has.

    Parameters
    ----------
    source : path, bytes, PIL image, array or tensor
        Files and PIL images of any mode: turned upright by their EXIF tag, transparency laid over white,
        16-bit scaled rather than clipped. Arrays: (H, W), (H, W, C) or (C, H, W) with C = 1, 3 or 4, also
        behind one leading axis of length 1; where both readings fit, a tensor is (C, H, W) and an array
        (H, W, C). Values: bool, uint8, uint16 (65535 = white), other integers 0-255 or 0-65535 by their
        maximum, floats 0-1 or 0-255 by their maximum.
    name : str
        What error messages call it.

    Returns
    -------
    uint8 (H, W, 3), RGB.

    Raises
    ------
    KitError
        No such file, not an image, a shape or a range that is none of the above.
    """
    pixels = raw_pixels(source, name)
    if pixels.dtype == np.uint8 and pixels.shape[2:] == (3,):
        return np.array(pixels, order="C")  # already right; a copy, so that nobody paints on the source
    values = colours(pixels, name, paper=1.0)
    picture = np.rint(values * np.float32(255)).astype(np.uint8)
    return picture if picture.shape[2] == 3 else np.repeat(picture, 3, axis=2)


def read_mask(source, shape=None, name="mask", allow_empty=False):
    """A mask from whatever a person has: white = 1 = edit, black = 0 = keep.

    Parameters
    ----------
    source : as for `read_image`, but of one mask: (H, W), also behind axes of length 1 or before one, or a picture
        of it, (H, W, 3 or 4)
        Colours are averaged, transparent pixels count as black (nothing was painted there), and integers
        that never exceed 1 are taken as labels 0 and 1.
    shape : (H, W), optional
        Size of the picture in pixels. A mask of another size but the same aspect (as in `resize_image`) is
        resized by nearest neighbour.
    name : str
        What error messages call it.
    allow_empty : bool
        Accept a mask in which no pixel lies above 0.5.

    Returns
    -------
    float32 (H, W) in [0, 1].

    Raises
    ------
    KitError
        As `read_image`; also an empty mask, another aspect than the picture's, several masks in one array, a shape
        that can be read in two ways.
    """
    refuse_stacks(source, name)
    pixels = raw_pixels(source, name)
    labels = pixels.dtype.kind in "bui" and pixels.min() >= 0 and pixels.max() <= 1
    if labels and pixels.ndim == 3 and (pixels != pixels[:, :, :1]).any():  # no colours, then, and no mean of them
        raise KitError(f"{name}: {pixels.shape[2]} masks in one stack, its last axis; choose one of them, for example "
                       "masks[..., 0]")
    mask = colours(pixels.astype(bool) if labels else pixels, name, paper=0.0).mean(axis=2)
    if not allow_empty and not (mask > WHITE).any():
        raise KitError(f"{name}: nothing is selected, its brightest value is {mask.max():.4g} of 1; "
                       "paint the region to edit in white")
    return mask if shape is None else resized_mask(mask, shape, name)


def resized_mask(mask, shape, name="mask"):
    """A mask that was read, float32 (H, W), at a picture's size (H, W, ...), by nearest neighbour: see `read_mask`."""
    if mask.shape == tuple(shape[:2]):
        return mask
    _require_same_aspect(mask.shape, shape, name)
    return _nearest(mask, shape)


def fit(image, long_side, multiple=8):
    """The picture at the size a model wants: its longer side `long_side`, both sides multiples of `multiple`.

    The aspect is kept but for rounding: each side goes to the nearest multiple, so a side is off by at most
    multiple / 2 pixels (and is at least one multiple). Nothing is cropped. Smaller pictures are enlarged.

    Parameters
    ----------
    image : anything `read_image` takes
    long_side : int, pixels
    multiple : int, pixels; 8 is the factor by which Stable Diffusion's VAE shrinks a picture

    Returns
    -------
    uint8 (h, w, 3).

    Raises
    ------
    KitError
        As `read_image`; a long side under one multiple.
    """
    return fitted(read_image(image), long_side, multiple)


def fitted(picture, long_side, multiple=8):
    """`fit` of a picture that was read, uint8 (H, W, 3)."""
    if long_side < multiple:
        raise KitError(f"long_side is {long_side} pixels; it must be at least {multiple}")
    return _resample(picture, _fitted_size(picture.shape[:2], long_side, multiple))


def resize_image(image, size, name="image"):
    """The picture at another size of the same aspect (Lanczos); another aspect is refused, never squashed.

    Sizes have the same aspect when they agree to one pixel, measured on the smaller of the two, or when one
    is what `fit` makes of the other.

    Parameters
    ----------
    image : anything `read_image` takes
    size : (H, W), pixels
    name : str, what error messages call it

    Returns
    -------
    uint8 (H, W, 3); the same values when the size is already right.

    Raises
    ------
    KitError
        Another aspect.
    """
    return resized(read_image(image, name), size, name)


def resized(picture, size, name="image"):
    """`resize_image` of a picture that was read, uint8 (H, W, 3)."""
    _require_same_aspect(picture.shape, size, name)
    return _resample(picture, size[:2])


def write_png(path, picture):
    """Write a picture, or a mask as 8-bit grey, to `path`; whole or not at all.

    Parameters
    ----------
    path : path ending in .png, in a folder that exists
    picture : anything `read_image` takes; a 2-D array is written as a mask (white = 1)

    Raises
    ------
    KitError
        Another ending, a folder that is missing, a full disk, no permission. An older file at `path` then
        still stands as it was.
    """
    if getattr(picture, "ndim", 3) == 2:
        pixels = np.rint(read_mask(picture, allow_empty=True) * 255).astype(np.uint8)
    else:
        pixels = read_image(picture)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "png")
    write_file(path, data.getvalue(), ".png")


def write_file(path, data, ending):
    """Write `data` (bytes) to `path` whole or not at all: aside first, then renamed, which is one step.

    In the folder of results it is noted, for `maskedit clean`.

    Raises
    ------
    KitError
        `path` does not end in `ending`, its folder is missing, or the system refuses (disk full, read-only).
    """
    path = Path(path)
    if path.suffix.lower() != ending:
        raise KitError(f"{path}: this writes a {ending[1:].upper()} file, so let its name end in {ending}")
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if not path.parent.is_dir():
            raise KitError(f"{path}: there is no folder {path.parent}; make it first")
        with open(aside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # a full disk may speak up only here
        os.replace(aside, path)
        note(path, data)
    except OSError as error:
        raise KitError(f"{path}: could not be written ({error.strerror}); free some room there or choose "
                       "another place") from error
    finally:
        with contextlib.suppress(OSError):
            aside.unlink()


def _fitted_size(size, long_side, multiple=8):
    scale = long_side / max(size)
    return tuple(max(multiple, round(side * scale / multiple) * multiple) for side in size)


def _require_same_aspect(old, new, name):
    old, new = tuple(old[:2]), tuple(new[:2])
    if old == _fitted_size(new, max(old)) or new == _fitted_size(old, max(new)):
        return  # a model works at such a size, and its answer must find the way back
    small, big = sorted((old, new), key=max)
    scale = max(small) / max(big)
    if any(abs(side * scale - given) > 1 for side, given in zip(big, small)):
        raise KitError(f"{name}: {old[1]}x{old[0]} pixels (width x height) does not fit a picture of "
                       f"{new[1]}x{new[0]}; crop or pad it to the same shape first")


def _resample(picture, size):
    if picture.shape[:2] == tuple(size):
        return picture
    small = Image.fromarray(picture).resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return np.array(small)  # a copy, which may be painted on; what Pillow lends is read-only


def _nearest(mask, size):
    rows, columns = (((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, mask.shape))
    return mask[rows][:, columns]
