"""Which pictures were drawn here, in this process: of those nobody need look what kind they are."""

import hashlib

LAST = 4096  # pictures
_drawn = {}  # as a set that knows which came first


def digest(picture):
    """Bytes that are a picture's own: uint8 (H, W, 3)."""
    return hashlib.sha256(repr(picture.shape).encode() + picture.tobytes()).digest()


def remember(picture):
    """The same picture, and from now on it is known to be drawn."""
    _drawn[digest(picture)] = True
    while len(_drawn) > LAST:
        del _drawn[next(iter(_drawn))]
    return picture


def is_drawn(picture):
    """Was this very picture drawn here? One that was changed, scaled or saved as JPEG was not."""
    return digest(picture) in _drawn
