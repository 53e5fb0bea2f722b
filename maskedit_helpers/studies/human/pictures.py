"""Pictures as a rater may get them: nothing but pixels, and all of one source of one length.

A picture that was blended back compresses better or worse than one that was not, so the length of a file could tell
methods apart before anybody looks. Each file of a source is therefore filled up to the longest one's length by a chunk
that PNG readers pass over. What the pixels themselves tell stays, of course: it is what is rated.
"""

import io
import struct
import zlib

import numpy as np

from ...errors import KitError
from ...pictures.images import WHITE, read_image, read_mask, resize_image

END = 12  # bytes of a chunk without data, as the last one, IEND, is
FILLER = b"fiLl"  # by the case of its letters: may be passed over, of no standard, stays as it is


def source_pictures(name, source):
    """What is shown of one source.

    Parameters
    ----------
    name : str, for error messages
    source : {"original": picture, "mask": mask, "edits": {method: picture}}, anything `read_image` and `read_mask` take

    Returns
    -------
    {"original", "outlined", "untouched", "everywhere" and ("edit", method): bytes of a PNG}, all of one length and of
    the original's size in pixels.

    Raises
    ------
    KitError
        A picture that can't be read, of another aspect; an empty mask.
    """
    from ...figures.show import outline

    x0 = read_image(source["original"], f"{name}: the original")
    M = read_mask(source["mask"], x0.shape, f"{name}: the mask")
    shown = {"original": x0, "outlined": outline(x0, M > WHITE), "untouched": x0, "everywhere": 255 - x0}
    for method, edit in source["edits"].items():
        called = f"{name}: the edit by {method}"
        shown["edit", method] = resize_image(read_image(edit, called), x0.shape, called)
    files = {key: _png(picture) for key, picture in shown.items()}
    longest = max(map(len, files.values())) + END
    return {key: filled(data, longest) for key, data in files.items()}


def filled(data, length):
    """A PNG file's bytes filled up to a length that is END bytes longer, or more."""
    if length < len(data) + END:
        raise KitError(f"a PNG of {len(data)} bytes can't be filled up to {length}")
    body = FILLER + bytes(length - len(data) - END)
    chunk = struct.pack(">I", len(body) - len(FILLER)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:-END] + chunk + data[-END:]


def size_of(data):
    """[width, height] of a PNG file's bytes, pixels."""
    return list(struct.unpack(">II", data[16:24]))


def _png(picture):
    from PIL import Image

    data = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(data, "png")
    return data.getvalue()
