"""Segment Anything: a click or a box becomes masks. Kirillov et al. 2023.

The picture is encoded once (slow), each prompt only decoded (fast), through the unmodified
`segment_anything.SamPredictor`. What is added here: the picture's fingerprint, so that a second click on the
same picture encodes nothing; no stale picture after a failure; and prompts that make no sense are refused,
where the predictor would answer them with some mask all the same. `propose` asks without being told where: a
grid of clicks, and what SAM itself holds to be good masks.
"""

import hashlib
from dataclasses import dataclass

import numpy as np

from ..devices import memory_guard
from ..errors import KitError
from ..pictures.images import read_image
from ..pictures.prompts import read_box, read_points


@dataclass(frozen=True)
class Masks:
    """What SAM answers to one prompt, N is 3, or 1 without `multimask`; or all that it proposes, best first.

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
        box : (left, top, right, bottom), pixels
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
            raise KitError("SAM has no prompt; give a click, points=[(x, y)], or a box, box=(left, top, right, bottom)")
        if points is not None and box is None and mask_input is None and not labels.any():
            raise KitError("every click says exclude (label 0); add one with label 1 on what to keep")
        with memory_guard("SAM", 'take a smaller one, me.load("full", sam="vit_b")'):
            self._back()
            self._encode(picture)
            return Masks(*self.predictor.predict(points, labels, box, mask_input, multimask_output=multimask))

    def propose(self, image, side=16, least_iou=0.88, least_stability=0.95, same=0.7):
        """Masks of all things that SAM finds by itself: a click at each point of a grid, the good answers kept once.

        Parameters
        ----------
        image : anything `read_image` takes, H x W pixels
        side : int
            Points along each side of the grid: side * side clicks with three masks each.
        least_iou : float in [0, 1]
            Masks of which SAM expects a lower IoU are dropped.
        least_stability : float in [0, 1]
            So are masks that hang on the threshold: the IoU of the mask cut at one logit above and one below it.
        same : float in [0, 1]
            Of masks with a higher IoU than this only the one with the best expected IoU is kept.

        Returns
        -------
        Masks, best expected IoU first; N is 0 where nothing is good enough.

        Raises
        ------
        KitError
            A grid without points.

        Source: Kirillov et al. 2023, appendix B. The thresholds are those of their
        `segment_anything.SamAutomaticMaskGenerator`, which clicks 32 x 32 points and compares the masks' boxes, in
        which a car's body and the whole car are the same. It is not called because it encodes the picture anew
        and, as PyPI has it, fails on a GPU.
        """
        import torch

        if side < 1:
            raise KitError(f"side is {side}; the grid needs at least one point along each side")
        picture = read_image(image)
        predictor = self.predictor
        with memory_guard("SAM", "ask for a coarser grid, side=8"), torch.inference_mode():
            self._back()
            self._encode(picture)
            logits, scores = [], []
            for points in self._grid(side).split(_points_at_once(picture)):
                masks, expected, low = predictor.predict_torch(
                    points[:, None], torch.ones(len(points), 1, device=self.device), return_logits=True)
                good = (expected > least_iou) & (self._stability(masks) >= least_stability)
                good &= (masks > predictor.model.mask_threshold).any(-1).any(-1)
                logits.append(low[good])
                scores.append(expected[good])
            logits, scores = torch.cat(logits), torch.cat(scores)
            kept = self._once(logits, scores, same)
            logits, scores = logits[kept], scores[kept]
            masks = [self._full_size(one) for one in logits.split(_points_at_once(picture))]
            return Masks(torch.cat(masks).cpu().numpy() if masks else np.zeros((0, *picture.shape[:2]), bool),
                         scores.cpu().numpy(), logits.cpu().numpy())

    def park(self):
        """Leave the GPU to another model until the next prompt; the picture stays encoded."""
        self.predictor.model.to("cpu")

    def _back(self):
        """To its device, if `park` took it away; `to` alone walks through all layers, half as long as a click takes."""
        import torch

        if self.predictor.model.device.type != torch.device(self.device).type:
            self.predictor.model.to(self.device)

    def _encode(self, picture):
        seen = hashlib.sha1(repr(picture.shape).encode() + picture.tobytes()).digest()
        if seen != self._seen:
            # First forget: a set_image that fails would leave the last picture's embedding in place.
            self._seen = None
            self.predictor.reset_image()
            self.predictor.set_image(picture)
            self._seen = seen

    def _grid(self, side):
        """(side * side, 2) points in the middle of equal cells, in the frame of SAM's own picture."""
        import torch

        height, width = self.predictor.input_size
        x, y = ((torch.arange(side, device=self.device) + 0.5) * length / side for length in (width, height))
        return torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).reshape(-1, 2)

    def _stability(self, logits):
        """IoU of each mask cut a logit above the threshold and a logit below; (..., H, W) -> (...)."""
        threshold = self.predictor.model.mask_threshold
        inner, outer = ((logits > threshold + by).sum((-2, -1)) for by in (1, -1))
        return inner / outer.clamp(min=1)  # the inner mask lies in the outer one

    def _once(self, logits, scores, same):
        """Indices of masks (N, h, w), best score first, none too like a better one."""
        import torch

        order = scores.argsort(descending=True, stable=True)
        height, width = (round(n * logits.shape[-1] / self.predictor.model.image_encoder.img_size)
                         for n in self.predictor.input_size)  # beyond lies padding
        flat = (logits[order, :height, :width] > self.predictor.model.mask_threshold).flatten(1).float()
        both, area = flat @ flat.T, flat.sum(1)
        alike = (both / (area[:, None] + area - both).clamp(min=1) > same).cpu().numpy()
        kept = []
        for i in range(len(order)):
            if not alike[i, kept].any():
                kept.append(i)
        return order[torch.as_tensor(kept, dtype=torch.long, device=order.device)]

    def _full_size(self, logits):
        """Masks (N, h, w) of SAM's own size as bool (N, H, W) of the picture's."""
        sam = self.predictor.model
        masks = sam.postprocess_masks(logits[:, None], self.predictor.input_size, self.predictor.original_size)
        return masks[:, 0] > sam.mask_threshold

    def _read_mask_input(self, logits):
        if logits is None:
            return None
        size = self.predictor.model.prompt_encoder.mask_input_size
        logits = np.asarray(logits, np.float32)
        if logits.shape[-2:] != tuple(size) or logits.size != size[0] * size[1]:
            raise KitError(f"mask_input has shape {logits.shape}; pass the logits of one mask, {tuple(size)}")
        return logits.reshape(1, *size)


def _points_at_once(picture):
    """So many clicks that their three masks, float32 at the picture's size, stay under about 200 MB; at most 64."""
    return int(np.clip(2**24 // picture[..., 0].size, 1, 64))
