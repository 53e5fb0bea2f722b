"""How good is a pair, and does its mask fit? Scores that the filter asks, CLIP's in one batch for many samples."""

from dataclasses import asdict, dataclass

import numpy as np

from ...errors import KitError
from ...masks.clip import Clip
from ...metrics.clip import clip_direction
from ...metrics.pixels import change_map
from ...metrics.truth import mask_iou

CHANGED = 20.0  # grey levels, as in `metrics.change_iou`


@dataclass(frozen=True)
class Scores:
    """None where there is nothing to measure: no caption, no mask, no truth.

    clip_image: cosine of the two pictures, in CLIP's eyes. clip_direction: of their difference and the captions'.
    clip_source, clip_target: of each picture and its caption. change_iou: IoU of the mask and what has changed by more
    than 20 grey levels. change_inside: the share of all change (grey levels) that lies in the mask. mask_score:
    the IoU that SAM expects of the mask. phrase_score: how well the mask fits the words that it was found by, as
    `kit.ground` has it. anyedit_l1: see `wrapped_l1`. mask_iou: IoU of the mask and the true one.
    """

    clip_image: float | None = None
    clip_direction: float | None = None
    clip_source: float | None = None
    clip_target: float | None = None
    change_iou: float | None = None
    change_inside: float | None = None
    mask_score: float | None = None
    phrase_score: float | None = None
    anyedit_l1: float | None = None
    mask_iou: float | None = None

    def rounded(self):
        """As a dict, with five decimals: more say nothing of a pair."""
        return {name: None if value is None else round(float(value), 5) for name, value in asdict(self).items()}


def score(kit, samples, masks):
    """[Scores] of samples without a fault and their `masking.Mask`s."""
    clip = Clip(kit.clip.model, kit.clip.preprocess, kit.clip.tokenizer, kit.clip.device)  # remembers no caption longer
    features = clip.images([picture for sample in samples for picture in (sample.before, sample.after)])
    return [_scores(clip, sample, found, *pair)
            for sample, found, pair in zip(samples, masks, features.reshape(len(samples), 2, -1), strict=True)]


def _scores(clip, sample, found, f0, f1):
    g0, g1 = (_text(clip, caption) for caption in sample.captions)
    change = change_map(sample.before, sample.after)
    mask, truth = found.mask, sample.truth
    return Scores(
        clip_image=f0 @ f1,
        clip_direction=None if g0 is None or g1 is None else clip_direction(f0, f1, g0, g1),
        clip_source=None if g0 is None else f0 @ g0,
        clip_target=None if g1 is None else f1 @ g1,
        change_iou=None if mask is None or not (mask | (change > CHANGED)).any() else
        (mask & (change > CHANGED)).sum() / (mask | (change > CHANGED)).sum(),
        change_inside=None if mask is None or not change.any() else change[mask].sum() / change.sum(),
        mask_score=found.score,
        phrase_score=found.phrase_score,
        anyedit_l1=wrapped_l1(sample.before, sample.after),
        mask_iou=None if mask is None or truth is None or not truth.any() else mask_iou(mask, truth))


def _text(clip, caption):
    """CLIP's feature of a caption, or of as many of its words as CLIP reads; None of an empty one."""
    words = caption.split()
    while words:
        try:
            return clip.texts([" ".join(words)])[0]
        except KitError:  # more tokens than it reads
            words = words[:len(words) * 9 // 10]
    return None


def wrapped_l1(before, after):
    """AnyEdit's "L1" of two pictures, in [0, 1], as its code computes it: mean of after - before in 8 bits.

    That subtraction wraps: a pixel that gets darker by 1 counts as 255. So it says how much of the picture has changed
    at all rather than by how much, and only so its thresholds (0.3, 0.2 to 0.8) can be met by a local edit.
    Source: Yu et al., "AnyEdit", CVPR 2025, its `utils.get_L1_distance`.
    """
    return float((np.asarray(before, np.uint8) - np.asarray(after, np.uint8)).mean() / 255)
