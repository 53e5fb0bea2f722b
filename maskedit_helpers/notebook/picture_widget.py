"""What the widgets share: how pictures, masks and the browser's half of the code get to the browser.

anywidget carries them, in JupyterLab, VS Code and Colab alike.
"""

import io
from pathlib import Path

import anywidget
import numpy as np
from PIL import Image
from traitlets import Bytes, Dict, List, TraitError

from ..errors import KitError

SENT = 1024  # longest side that is sent, pixels: as much as a screen shows, and a phone's photo stays small


class Refused(KitError, TraitError):
    """What a `validate` raises: traitlets leaves everything as it was at a TraitError only, and a value may come from
    the browser."""


class PictureWidget(anywidget.AnyWidget):
    """A widget on one picture; a subclass gives `_esm`, made by `module`.

    Parameters
    ----------
    x0 : uint8 (H, W, 3)
    **traits : those of the subclass
    """

    _css = Path(__file__).with_name("picture_widget.css").read_text(encoding="utf-8")
    _size = List().tag(sync=True)  # [W, H], pixels of the original
    _x0 = Bytes().tag(sync=True)
    _answer = Dict().tag(sync=True)  # all that Python says, in one piece, so that nothing is drawn half-way

    def __init__(self, x0, **traits):
        super().__init__(_size=[x0.shape[1], x0.shape[0]], _x0=png(x0), **traits)


def module(*files, view):
    """The browser's half of a widget as one ES module: picture_widget.js, `files` beside it, their function `view`."""
    sources = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("picture_widget.js", *files)]
    return "\n".join([*sources, f"export default {{ render: (context) => render(context, {view}) }};"])


def png(picture):
    """uint8 (H, W, 3) as the bytes of a PNG file, made smaller if a side exceeds SENT."""
    data = io.BytesIO()
    Image.fromarray(picture).reduce(step_of(picture.shape)).save(data, "png", compress_level=1)  # 1: fast
    return data.getvalue()


def bits(masks):
    """bool (N, H, W) as one bit per pixel, row by row, mask after mask; made smaller as `png` does."""
    step = step_of(masks.shape[1:])
    shown = masks[:, ::step, ::step]
    return {"bits": np.packbits(shown).tobytes(), "size": [shown.shape[2], shown.shape[1]]}


def percent(share):
    """0.1234 -> "12 %", 0.00123 -> "0.12 %"."""
    return f"{100 * share:.0f} %" if share >= 0.01 or share == 0 else f"{100 * share:.2g} %"


def step_of(shape):
    """By how much a picture is made smaller for the browser: a whole number, 1 up to SENT pixels."""
    return -(-max(shape[:2]) // SENT)
