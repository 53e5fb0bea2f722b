"""A picture of one's own: by its path, by a button, or through Colab's own upload."""

import importlib
import sys

from ..errors import KitError
from ..pictures.images import fitted, read_image


def upload_button(words="Upload a picture"):
    """A button (ipywidgets' FileUpload) that takes one picture from the reader's machine; `bring` reads it."""
    from ipywidgets import FileUpload, Layout

    return FileUpload(accept="image/*", multiple=False, description=words, layout=Layout(width="auto"))


def bring(path="", button=None, long_side=None):
    """The picture that was brought, upright and sized, or None if none was.

    Parameters
    ----------
    path : path or str
        A file; "colab" asks with Colab's own upload, and waits; "" leaves it to the button.
    button : of `upload_button`, optional
    long_side : pixels, optional
        The longer side becomes this, both become multiples of 8 (see `images.fit`); else the size stays.

    Returns
    -------
    uint8 (H, W, 3), or None.

    Raises
    ------
    KitError
        No such file, no picture, "colab" elsewhere.
    """
    if path == "colab":
        source = _from_colab()
    else:
        source = path or _uploaded(button)
    if not source:
        return None
    picture = read_image(source, "your picture")
    return picture if long_side is None else fitted(picture, long_side)


def _uploaded(button):
    """The bytes that the button holds, or None: ipywidgets 8 gives a tuple of files, 7, as in Colab, a dict by name."""
    files = [] if button is None else list(button.value.values() if isinstance(button.value, dict) else button.value)
    return bytes(files[-1]["content"]) if files else None


def _from_colab():
    if "google.colab" not in sys.modules:
        raise KitError('"colab" asks in Colab only; give a path, or use the upload button')
    files = importlib.import_module("google.colab.files")  # there only, so no dependency
    return next(iter(files.upload().values()), None)
