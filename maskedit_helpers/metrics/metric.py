"""The table of metrics: a row each, which all reads that measures metrics or shows them.

A new metric is one function and one row. Metrics that are measured elsewhere have a row too, which says how they read.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import signature

from .clip import clip_direction, clip_score
from .columns import Column
from .pixels import background_psnr, background_ssim, change_iou, foreground_psnr
from .truth import edit_psnr, seam_error, sharpness, truth_psnr

# Of one edit: as it is; blended by SAM's mask as SAM has it, by the kit's mask of the same click, by the true mask.
RESULTS = ("baseline", "unsnapped", "blended", "oracle")
FEATURES = ("image", "text", "image_before", "image_after", "text_before", "text_after")  # of CLIP


@dataclass(frozen=True)
class Metric(Column):
    """One metric, and where it stands.

    function: takes what it measures by the names of `measure.scored`; None for what is measured elsewhere. on: where it
    stands: in "measure"; of evaluate's RESULTS; of the controls', "control" and, before the pixel blend, "edit"; in
    "bench". place: on a scoreboard, the first 0. share: 0 or 1 by its nature, so that a mean is a share.
    """

    function: Callable | None = None
    on: tuple = ("measure", "baseline", "blended", "control")
    place: int = 9
    share: bool = False

    @property
    def asks(self):
        """{name of a parameter: must it be there?}"""
        parameters = signature(self.function).parameters if self.function else {}
        return {name: parameter.default is parameter.empty for name, parameter in parameters.items()}

    @property
    def needs(self):
        """What a caller must have besides the pictures and the mask: "truth", "CLIP", both or neither."""
        return {"CLIP" if name in FEATURES else name for name in self.asks if name in ("truth", *FEATURES)}


METRICS = {metric.name: metric for metric in (
    Metric("truth_psnr", "truth PSNR", "dB", "high", 1, truth_psnr, ("measure", *RESULTS, "control"), 0),
    Metric("change_iou", "change IoU", "", "high", 3, change_iou, place=3),
    Metric("background_psnr", "background PSNR", "dB", "high", 1, background_psnr,
           ("measure", "baseline", "blended", "edit", "bench"), 2),
    Metric("foreground_psnr", "foreground PSNR", "dB", "", 1, foreground_psnr, ("measure",)),
    Metric("background_ssim", "background SSIM", "", "high", 3, background_ssim, ("measure",)),
    Metric("edit_psnr", "edit PSNR", "dB", "high", 1, edit_psnr, ("measure", "baseline", "control", "bench"), 1),
    Metric("sharpness", "sharpness", "", "", 3, sharpness, ("bench",), 2),
    Metric("seam_error", "seam error", "grey levels", "low", 2, seam_error, ("control",)),
    Metric("clip_score", "CLIP score", "", "high", 1, clip_score, ("measure",)),
    Metric("clip_direction", "CLIP direction", "", "high", 3, clip_direction,
           ("measure", "blended", "control", "bench")),
    Metric("unet_rows", "U-Net rows", "", "low", 0, on=("control",)),
    Metric("seconds", "seconds", "", "low", 1, on=("control",)),
    Metric("sam_iou_click", "SAM, one click, best of three masks", "IoU", "high", on=()),
    Metric("sam_iou_rated", "SAM, one click, the mask it rates best", "IoU", "high", on=()),
    Metric("sam_iou_box", "SAM, box", "IoU", "high", on=()),
    Metric("mask_iou", "one click, the mask snapped", "IoU", "high", on=()),
    Metric("edit_success", "edit success (colour asked = colour got)", "", "high", on=(), share=True),
    Metric("clip_retrieval", "CLIP, right caption among ten", "", "high", on=(), share=True),
    Metric("ground_iou", "mask from words, against the true target", "IoU", "high", on=()),
    Metric("phrase_right", "the phrase names what is edited", "", "high", on=(), share=True),
    Metric("relevance_iou", "mask from the editor's relevance", "IoU", "high", on=()),
)}


def standing(*boards):
    """The metrics that stand on any of these boards, in their places."""
    return sorted((metric for metric in METRICS.values() if set(boards) & set(metric.on)), key=lambda m: m.place)


def metric(name):
    """The row of a name, which may say more: "baseline_change_iou", "by caption: clip_score". A new one for others."""
    more, colon, rest = name.rpartition(": ")
    result, _, plain = name.partition("_")
    if name in METRICS:
        return METRICS[name]
    if colon:
        return replace(metric(rest), name=name, label=f"{more}: {metric(rest).label}")
    if result in RESULTS and plain in METRICS:
        return replace(METRICS[plain], name=name, label=f"{METRICS[plain].label}, {result}")
    return Metric(name, name)
