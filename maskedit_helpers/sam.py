"""Segment Anything: a click or a box becomes masks. Kirillov et al. 2023.

The picture is encoded once (slow), each prompt only decoded (fast), through the unmodified
`segment_anything.SamPredictor`. What is added here: the picture's fingerprint, so that a second click on the
same picture encodes nothing; no stale picture after a failure; and prompts that make no sense are refused,
where the predictor would answer them with some mask all the same.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from .devices import memory_guard
from .errors import KitError
from .images import read_image


@dataclass(frozen=True)
class Masks:
    """What SAM answers to one prompt; N is 3, or 1 without `multimask`.

    masks: bool (N, H, W). scores: float32 (N,), the IoU with the truth that SAM expects of each.
    logits: float32 (N, h, w), low resolution; `logits[i]` may go back in as `mask_input`.
    """

    masks: np.ndarray
    scores: np.ndarray
    logits: np.ndarray

    @property
    def best(self):
        """Index of the mask that SAM rates best."""
        return int(self.scores.argmax())


class Segmenter:
    """SAM with a memory of one picture.

    Parameters
    ----------
    sam : segment_anything.modeling.Sam
    device : str
    """

    def __init__(self, sam, device="cpu"):
        from segment_anything import SamPredictor

        self.predictor, self.device = SamPredictor(sam.eval().to(device)), device
        self._seen = None  # fingerprint of the picture whose embedding the predictor holds

    def predict(self, image, points=None, labels=None, box=None, mask_input=None, multimask=True):
        """Masks of whatever the prompt points at.

        Parameters
        ----------
        image : anything `read_image` takes, H x W pixels
        points : (N, 2), pixels
            Clicks as (x, y), x to the right and y down, (0, 0) the top left pixel.
        labels : (N,), optional
            1 = keep what is here, 0 = exclude it. All 1 if not given.
        box : (x0, y0, x1, y1), pixels
        mask_input : (h, w), optional
            Logits of an earlier answer, to refine it.
        multimask : bool
            Three masks (one click is ambiguous: shirt or person?) or one.

        Returns
        -------
        Masks

        Raises
        ------
        KitError
            No prompt, a click outside the picture, labels that do not pair with the points, an inverted box.
        """
        picture = read_image(image)
        points, labels = read_points(points, labels, picture.shape)
        box = read_box(box, picture.shape)
        mask_input = self._read_mask_input(mask_input)
        if points is None and box is None and mask_input is None:
            raise KitError("SAM has no prompt; give a click, points=[(x, y)], or a box, box=(x0, y0, x1, y1)")
        if points is not None and box is None and mask_input is None and not labels.any():
            raise KitError("every click says exclude (label 0); add one with label 1 on what to keep")
        with memory_guard("SAM", 'take a smaller one, me.load("full", sam="vit_b")'):
            self.predictor.model.to(self.device)  # back from where `park` put it
            self._encode(picture)
            return Masks(*self.predictor.predict(points, labels, box, mask_input, multimask_output=multimask))

    def park(self):
        """Leave the GPU to another model until the next prompt; the picture stays encoded."""
        self.predictor.model.to("cpu")

    def segment(self, image, points=None, labels=None, box=None):
        """The mask that SAM rates best, as everything else in the kit takes it.

        Parameters and errors as for `predict`; also KitError if that mask is empty.

        Returns
        -------
        float32 (H, W), 0 or 1; white = 1 = edit.
        """
        answer = self.predict(image, points, labels, box)
        mask = answer.masks[answer.best]
        if not mask.any():
            raise KitError("SAM found nothing there; click another spot of the object, or box it in")
        return mask.astype(np.float32)

    def _encode(self, picture):
        seen = hashlib.sha1(repr(picture.shape).encode() + picture.tobytes()).digest()
        if seen != self._seen:
            # First forget: a set_image that fails would leave the last picture's embedding in place.
            self._seen = None
            self.predictor.reset_image()
            self.predictor.set_image(picture)
            self._seen = seen

    def _read_mask_input(self, logits):
        if logits is None:
            return None
        size = self.predictor.model.prompt_encoder.mask_input_size
        logits = np.asarray(logits, np.float32)
        if logits.shape[-2:] != tuple(size) or logits.size != size[0] * size[1]:
            raise KitError(f"mask_input has shape {logits.shape}; pass the logits of one mask, {tuple(size)}")
        return logits.reshape(1, *size)


def read_points(points, labels, shape):
    """Points float (N, 2) and labels int (N,), or None and None."""
    if points is None or len(points) == 0:
        if labels is not None and len(labels):
            raise KitError(f"{len(labels)} labels and no points; give one point for each")
        return None, None
    points = _numbers(points, "points")
    if points.ndim != 2 or points.shape[1] != 2:
        raise KitError("points must be a list of (x, y), for example points=[(64, 80)]")
    height, width = shape[:2]
    for x, y in points:
        if not (0 <= x < width and 0 <= y < height):
            raise KitError(f"click ({x:g}, {y:g}) lies outside the picture; x goes from 0 to {width - 1}, "
                           f"y from 0 to {height - 1}")
    labels = np.ones(len(points), int) if labels is None else np.asarray(labels)
    if labels.shape != (len(points),):
        raise KitError(f"{len(points)} points and {labels.size} labels; give one label for each point")
    if not np.isin(labels, (0, 1)).all():
        raise KitError(f"labels {labels.tolist()}: each must be 1 (keep) or 0 (exclude)")
    return points, labels.astype(int)


def read_box(box, shape):
    """Box float (4,), or None."""
    if box is None:
        return None
    box = _numbers(box, "box")
    if box.shape != (4,):
        raise KitError("box must be four numbers, (x0, y0, x1, y1): its left, top, right and bottom")
    x0, y0, x1, y1 = box
    named = f"box ({x0:g}, {y0:g}, {x1:g}, {y1:g})"
    if not (x0 < x1 and y0 < y1):
        raise KitError(f"{named} is empty or inverted; it goes (x0, y0, x1, y1) with x0 < x1 and y0 < y1")
    height, width = shape[:2]
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height:
        raise KitError(f"{named} reaches outside the picture of {width}x{height} pixels (width x height)")
    return box


def _numbers(values, name):
    try:
        return np.asarray(values, float)
    except (TypeError, ValueError):
        raise KitError(f"{name} must hold numbers only, got {values!r}") from None
