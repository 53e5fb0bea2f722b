"""What the columns of a study's rows are called on its tables and figures, with their units."""

from ...metrics.metric import METRICS, Metric
from ...metrics.metric import metric as listed

MEASURED = {each.name: each for each in (  # as they are measured here, where the kit's own table says too little
    Metric("mask_iou", "IoU of the mask with the true one", "", "high"),
    Metric("background_psnr", "background PSNR before the blend", "dB", "high", 1),
    Metric("edit_psnr_before", "edit PSNR before the blend", "dB", "high", 1),
    Metric("edit_psnr", "edit PSNR", "dB", "high", 1),
    Metric("edit_success", "share with the colour asked", "", "high", 2, share=True),
    Metric("clip_image", "CLIP image similarity", "", ""),
    Metric("clip_direction", "CLIP direction similarity", "", "high"),
)}
SETTINGS = {
    "s_T": "text guidance $s_T$", "s_I": "picture guidance $s_I$", "control": "control", "mask": "mask", "way": "way",
    "jitter": "jitter of the masks in training", "penalty": r"penalty $\lambda$", "leak": "leak of the training pairs",
    "target": "target outside the mask", "train_seed": "training", "words": "words", "plan": "plan", "steps": "steps",
    "rank": "rank of the adapter", "seed": "scenes of seed",
}
SYMBOLS = {"s_T": "$s_T$", "s_I": "$s_I$", "penalty": r"$\lambda$"}


def column(name):
    """How a metric reads: a Metric."""
    return MEASURED.get(name) or listed(name)


def is_metric(name):
    """Is it a metric that we know?"""
    return name in MEASURED or name in METRICS


def setting(name):
    """What a setting is called."""
    return SETTINGS.get(name, name.replace("_", " "))


def symbol(name):
    """The same as short as can be: "$s_T$"."""
    return SYMBOLS.get(name, name.replace("_", " "))


def is_number(level):
    """Is a level a number?"""
    return isinstance(level, (int, float)) and not isinstance(level, bool)


def plain(words):
    """The same without the signs of formulas, for alt texts and tables: "$s_T$" is "s_T"."""
    return words.replace(r"$\lambda$", "lambda").replace("$", "")


def said(level):
    """A level of a setting as it reads."""
    if isinstance(level, bool):
        return "yes" if level else "no"
    return f"{level:g}" if isinstance(level, float) else "none" if level in ("", None) else str(level)
