"""Widgets that put an idea into one's hands: click a mask, blend an edit, turn its guidance or its window.

What the browser does goes into traits; Python computes at once, and the next cell reads the outcome: `.mask`,
`.y_tilde`, `.y`. It is there from the start, so a notebook that runs by itself needs no browser.
Each widget shows the line of code that does the same without it.
"""

from itertools import product
from numbers import Real

import numpy as np
from PIL import Image
from traitlets import Bool, Float, Int, List, Unicode, validate

from ..errors import KitError
from ..pictures.blend import blend, check_mode, grow
from ..pictures.images import WHITE, read_image, read_mask, resize_image
from .click_mask import ClickMask
from .picture_widget import PictureWidget, Refused, bits, module, percent, png, step_of

__all__ = ["ClickMask", "BlendStudio", "GuidanceExplorer", "WindowExplorer"]

REACH = {"dilate": 20, "feather": 10}  # of the sliders, pixels


class BlendStudio(PictureWidget):
    """The blending equation under sliders, with before and after under one divider.

    Parameters
    ----------
    x0 : picture (H, W, 3), the original; anything `read_image` takes, as y
    y : picture, the edit; another size of the same aspect is resized to x0's
    mask : mask, white = 1 = edit; anything `read_mask` takes
    dilate, feather, mode : as for `blend`; where to start. At most 20 and 10 pixels

    Attributes
    ----------
    dilate : int, feather : float, mode : "alpha" or "poisson"; as the controls stand
    y_tilde : uint8 (H, W, 3), what `blend` makes of them; computed when it is read, for what the browser shows is the
        same blend of smaller pictures where these are larger than a screen

    Raises
    ------
    KitError
        As `blend`; more pixels than the sliders reach.
    """

    _esm = module("swipe.js", "widgets.js", view="blendStudio")
    dilate = Int(0).tag(sync=True)
    feather = Float(0.0).tag(sync=True)
    mode = Unicode("alpha").tag(sync=True)
    _outline = Bool(False).tag(sync=True)
    _known_for = None  # the settings that `_y_tilde` was computed with
    _reach = List(list(REACH.values())).tag(sync=True)

    def __init__(self, x0, y, mask, dilate=0, feather=0.0, mode="alpha"):
        x0 = read_image(x0, "original")
        self._full = x0, resize_image(y, x0.shape[:2], "edit"), read_mask(mask, x0.shape)
        self._step = step_of(x0.shape)
        self._small = tuple(_reduced(picture, self._step) for picture in self._full)
        super().__init__(x0, dilate=dilate, feather=feather, mode=mode)
        self._preview()
        self.observe(self._preview, ["dilate", "feather", "mode"])
        self.observe(self._tell, "_outline")

    @property
    def y_tilde(self):
        how = self.dilate, self.feather, self.mode
        if self._known_for != how:
            self._y_tilde = blend(*self._full, dilate=self.dilate, feather=self.feather, mode=self.mode)
            self._known_for = how
        return self._y_tilde.copy()

    def code(self):
        """The line that gives `y_tilde` without the widget."""
        mode = "" if self.mode == "alpha" else f', mode="{self.mode}"'
        return f"y_tilde = me.blend(x0, y, mask, dilate={self.dilate}, feather={self.feather:g}{mode})"

    @validate("dilate", "feather")
    def _within_reach(self, proposal):
        name, pixels = proposal["trait"].name, proposal["value"]
        if not 0 <= pixels <= REACH[name]:
            raise KitError(f"{name} is {pixels:g}; the slider goes from 0 to {REACH[name]} pixels")
        return pixels

    @validate("mode")
    def _known(self, proposal):
        check_mode(proposal["value"])
        return proposal["value"]

    def _preview(self, change=None):
        """The blend at the size that is sent; a step of the slider must not wait for millions of pixels."""
        x0, y, M = self._small
        how = {"dilate": self.dilate / self._step, "feather": self.feather / self._step}
        self._M, self._shown = grow(M, **how), blend(x0, y, M, mode=self.mode, **how)
        self._tell()

    def _tell(self, change=None):
        """Send the browser what to draw and say."""
        # Under half of 1/255 the mask moves no pixel by a whole level, so that is where its soft edge ends.
        inside, touched = self._M > WHITE, self._M > 0.5 / 255
        changed = (self._shown != self._small[0]).any(axis=2).mean()
        self._answer = {
            **(bits(np.stack([inside, touched])) if self._outline else {}),
            "picture": png(self._shown), "code": self.code(),
            "status": f"M covers {percent(inside.mean())} of the picture; the blend changes {percent(changed)} of it."}


def _reduced(picture, step):
    """A picture or mask made smaller by a whole number, each pixel the mean of those that it stands for."""
    if step == 1:
        return picture
    small = np.asarray(Image.fromarray(picture).reduce(step))
    # The brightest spot stays: of a mask of a few pixels the mean may leave nothing to blend with.
    return small if small.ndim == 3 or small.max() > WHITE else np.where(small == small.max(), 1, small)


class Explorer(PictureWidget):
    """One edit under many settings, computed beforehand; a subclass says which settings.

    Parameters
    ----------
    x0 : picture (H, W, 3), the original; anything `read_image` takes
    edits : {key: picture}, key a tuple of numbers, one of each setting, with every combination of the values that
        occur in it

    Attributes
    ----------
    choice : a key of edits; may be set
    y : uint8 (H, W, 3), its picture

    Raises
    ------
    KitError
        No edits, a key that is no such tuple, a combination that is missing.
    """

    _esm = module("widgets.js", view="explorer")
    settings = {}  # name: what its control is called
    _labels = List().tag(sync=True)
    _values = List().tag(sync=True)  # what the controls offer, as text
    _place = List().tag(sync=True)  # and where they stand

    def __init__(self, x0, edits):
        key_of = f"({', '.join(self.settings)})"
        if not edits:
            raise KitError(f"edits is empty; give {{{key_of}: picture}}, with one picture at least")
        for key in edits:
            if not (isinstance(key, tuple) and len(key) == len(self.settings)
                    and all(isinstance(value, Real) for value in key)):
                raise KitError(f"edits: {key!r} must be {len(self.settings)} numbers, {key_of}")
        self._edits = {key: read_image(picture, f"edit {key}") for key, picture in edits.items()}
        self._axes = [sorted(set(values)) for values in zip(*edits)]
        for key in product(*self._axes):
            if key not in edits:
                raise KitError(f"edits: {key_of} = {key} is missing; add its picture, so that each control can be "
                               "turned by itself")
        super().__init__(read_image(x0, "original"), _labels=list(self.settings.values()),
                         _place=[0] * len(self.settings),
                         _values=[[f"{value:.12g}" for value in axis] for axis in self._axes])
        self._tell()
        self.observe(self._tell, "_place")

    @validate("_place")
    def _on_the_axes(self, proposal):
        place = proposal["value"]
        if len(place) != len(self._axes) or not all(
                isinstance(at, int) and not isinstance(at, bool) and 0 <= at < len(axis)
                for at, axis in zip(place, self._axes)):
            raise Refused(f"_place is {place}; give one whole number for each of {', '.join(self.settings)}, less "
                           f"than {', '.join(str(len(axis)) for axis in self._axes)}")
        return place

    @property
    def choice(self):
        return tuple(axis[at] for axis, at in zip(self._axes, self._place))

    @choice.setter
    def choice(self, key):
        if tuple(key) not in self._edits:
            raise KitError(f"edits has no picture for ({', '.join(self.settings)}) = {key}; choose one of its keys")
        self._place = [axis.index(value) for axis, value in zip(self._axes, key)]

    @property
    def y(self):
        return self._edits[self.choice].copy()

    def code(self):
        """The line that gives `y` without the widget."""
        return f"y = edits[({', '.join(f'{value:.12g}' for value in self.choice)})]"

    def _tell(self, change=None):
        """Send the browser what to show."""
        shown = (f"{name} {value}" if name == "seed" else f"{name} = {value}" for name, value in
                 zip(self.settings, (values[at] for values, at in zip(self._values, self._place))))
        self._answer = {"picture": png(self._edits[self.choice]), "code": self.code(),
                        "status": f"Edit at {', '.join(shown)}."}


class GuidanceExplorer(Explorer):
    """What s_T, s_I and the seed each do to one edit: an Explorer of {(s_T, s_I, seed): picture}, see
    `guidance_grid`."""

    settings = {"s_T": "s_T: how strongly the text counts", "s_I": "s_I: how strongly the original counts",
                "seed": "seed"}


class WindowExplorer(Explorer):
    """When it matters where: an Explorer of {(start, end): picture}, edits by LatentBlend in several windows."""

    settings = {"start": "start: the timestep from which on the outside is the original's",
                "end": "end: the timestep until which it is"}
