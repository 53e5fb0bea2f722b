"""ClickMask: where the edit shall go, by pointing at it."""

from ..errors import KitError
from .picture_widget import module
from .pointing import Pointing


class ClickMask(Pointing):
    """A picture to click on: the mask of the prompts so far is drawn over it at once.

    A click keeps, a Shift-click or right-click excludes, a drag draws a box; the keys stand beside the picture.
    The mask that SAM rates best counts until another is chosen.

    Parameters
    ----------
    image : anything `read_image` takes, H x W pixels
    kit : Kit
    points, labels, box : as for `Segmenter.predict`; the prompts to start with, none by default
    border : "snap" or "sam", as for `kit.segment`: all masks end at the picture's edges, or as SAM has them
    how : "auto", "sam" or "grabcut": who answers, see `segment.cutter`

    Attributes
    ----------
    prompts : list, the whole history, oldest first: [x, y, label] is a click, [left, top, right, bottom] a box
    choice : 0, 1 or 2, the mask that counts; None for the one that SAM rates best
    points : list of (x, y), pixels of the original
    labels : list of 1 (keep) and 0 (exclude), one for each point
    box : (left, top, right, bottom), pixels of the original, the latest one drawn; or None
    mask : float32 (H, W), 0 or 1, as `kit.segment` gives it
    scores : float32 (3,), the IoU with the truth that SAM expects of each mask; (1,), nan, of the scissors

    Raises
    ------
    KitError
        First prompts that `Segmenter.predict` refuses. Later ones, and that there is none yet, are told in the
        widget and raised when `mask`, `scores` or `code` is read.
    """

    _esm = module("pointing.js", "click_mask.js", view="clickMask")

    def code(self):
        """The line that gives `mask` without the widget, from a picture `image` and a `kit`."""
        return self._code_of_mask()

    def _tell(self, change=None):
        """Send the browser what to draw and say."""
        code = "" if isinstance(self._found, KitError) else self.code()
        self._answer = {**self._told_of_mask(), "code": code}
