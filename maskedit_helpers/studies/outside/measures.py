"""What is measured of each edit: a row for each metric, with whose convention it follows.

A function takes what it needs by name: of `edit.known` x0, y, M, answer, target, truth, before and after; and of
`eyes.Eyes` the eyes lpips, dino_b, dino_s, clip_l and clip_b.
"""

import math
from dataclasses import dataclass

import numpy as np

from ...metrics.clip import clip_direction
from ...metrics.metric import METRICS, Metric
from ...metrics.pixels import change_iou
from ...pictures.images import WHITE
from .eyes import ASSETS
from .pixels import backgrounds, magicbrush_l1, magicbrush_l2, pie_mse, pie_psnr, pie_ssim

KIT, COURSE, PIE, IP2P, BRUSH = ("this kit", "a course project's table", "PIE-Bench", "InstructPix2Pix", "MagicBrush")


@dataclass(frozen=True)
class Measure(Metric):
    """convention: whose. scale: by which their tables multiply it; values in rows are as they are."""

    convention: str = KIT
    scale: int = 1

    @property
    def eyes(self):
        return [name for name in self.asks if name in ASSETS]

    @property
    def data(self):
        """What must be known of an edit."""
        return [name for name, must in self.asks.items() if must and name not in ASSETS]

    @property
    def title(self):
        """How it is called in a table, with its unit or the factor."""
        times = f"x {self.scale:,}" if self.scale > 1 else ""
        return f"{self.label} ({self.unit or times})" if self.unit or times else self.label


def seeds_iou(x0, y, mask):
    return change_iou(x0, y, mask, threshold="seeds")


def pie_lpips(x0, y, M, lpips):
    return lpips(*backgrounds(x0, y, M)) if (M <= WHITE).any() else math.nan


def pie_structure(x0, y, dino_b):
    return float((dino_b.keys_alike(x0) - dino_b.keys_alike(y)).square().mean())


def pie_clip_whole(y, after, clip_l):
    """100 cos, at least 0."""
    return max(0.0, 100 * float(clip_l.image(y) @ clip_l.text(after)))


def pie_clip_edited(y, M, after, clip_l):
    """The same of the picture with everything black outside the mask."""
    inside = M > WHITE
    return pie_clip_whole(np.where(inside[:, :, None], y, np.uint8(0)), after, clip_l) if inside.any() else math.nan


def ip2p_image(x0, y, clip_l):
    return float(clip_l.image(x0) @ clip_l.image(y))


def ip2p_direction(x0, y, before, after, clip_l):
    return clip_direction(clip_l.image(x0), clip_l.image(y), clip_l.text(before), clip_l.text(after))


def brush_clip_i(answer, target, clip_b):
    return float(clip_b.image(answer) @ clip_b.image(target))


def brush_dino(answer, target, dino_s):
    return float(dino_s.token(answer) @ dino_s.token(target))


def brush_clip_t(answer, after, target, clip_b):
    """Of the session's caption; asks for a target, since elsewhere it is not theirs."""
    return float(clip_b.image(answer) @ clip_b.text(after))


_OWN = ("truth_psnr", "edit_psnr", "change_iou", "background_psnr", "foreground_psnr", "background_ssim")
MEASURES = {measure.name: measure for measure in (
    *(Measure(**vars(METRICS[name]), convention=KIT) for name in _OWN),
    Measure("seeds_change_iou", "change IoU, threshold max(10, mean)", "", "high", 3, seeds_iou, convention=COURSE),
    Measure("pie_structure", "structure distance", "", "low", 2, pie_structure, convention=PIE, scale=1000),
    Measure("pie_psnr", "background PSNR", "dB", "high", 2, pie_psnr, convention=PIE),
    Measure("pie_lpips", "background LPIPS", "", "low", 2, pie_lpips, convention=PIE, scale=1000),
    Measure("pie_mse", "background MSE", "", "low", 2, pie_mse, convention=PIE, scale=10000),
    Measure("pie_ssim", "background SSIM", "", "high", 2, pie_ssim, convention=PIE, scale=100),
    Measure("pie_clip_whole", "CLIP similarity, whole", "", "high", 2, pie_clip_whole, convention=PIE),
    Measure("pie_clip_edited", "CLIP similarity, edited part", "", "high", 2, pie_clip_edited, convention=PIE),
    Measure("ip2p_clip_image", "CLIP image similarity", "", "high", 3, ip2p_image, convention=IP2P),
    Measure("ip2p_clip_direction", "CLIP direction", "", "high", 3, ip2p_direction, convention=IP2P),
    Measure("magicbrush_l1", "L1", "", "low", 4, magicbrush_l1, convention=BRUSH),
    Measure("magicbrush_l2", "L2", "", "low", 4, magicbrush_l2, convention=BRUSH),
    Measure("magicbrush_clip_i", "CLIP-I", "", "high", 4, brush_clip_i, convention=BRUSH),
    Measure("magicbrush_dino", "DINO", "", "high", 4, brush_dino, convention=BRUSH),
    Measure("magicbrush_clip_t", "CLIP-T", "", "high", 4, brush_clip_t, convention=BRUSH),
)}


def measured(measures, known, eyes):
    """{name: value} of those for which all is known.

    measures : list of Measure whose eyes are here. known : dict of `edit.known`. eyes : Eyes
    """
    known = known | ({"mask": known["M"]} if "M" in known else {})
    return {measure.name: float(measure.function(**{name: known[name] for name in measure.asks if name in known},
                                                 **{eye: eyes[eye] for eye in measure.eyes}))
            for measure in measures if all(name in known for name in measure.data)}
