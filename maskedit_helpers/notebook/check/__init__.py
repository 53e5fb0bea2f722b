"""Kind answers to exercises: `me.check.NAME(answer)` says "Right" or "Not yet" and why, and never stops a notebook.

A reader's function is held against the formula on random inputs, an own mask or picture against the known truth of a
drawn scene or places that a person looked up in a photograph; where settings are asked for, the check makes the
edit itself.
"""

from ...errors import KitError
from .ablations import gain_function, holm_function, lying_figure, planned_study
from .blending import blend_function, fringe, mask_reader
from .change import change_function
from .editing import gentler, guidance_function, thrifty, unet_rows, weightless
from .grounding import enclosing_function, published_score, targets
from .masks import encoded_once, iou_function, mask_of
from .metrics import direction_function, fooled, psnr_function
from .pairs import alpha_function, filter_function, kappa_function, slips_through
from .photo import head, slip_function, told_without_truth
from .rating import alpha_of_answers, balanced_orders, enough_raters, paired_function
from .start import another_case, own_instruction, tells_of_the_wall
from .steering import keeps_more, latent_blend_function, masked_guidance_function
from .telling import adapter_size, penalty_function, told_where, widening_function
from .verdict import Verdict

__all__ = [
    "another_case", "own_instruction", "tells_of_the_wall",
    "encoded_once", "iou_function", "mask_of",
    "gentler", "guidance_function", "thrifty", "unet_rows", "weightless",
    "blend_function", "fringe", "mask_reader",
    "change_function", "direction_function", "fooled", "psnr_function",
    "keeps_more", "latent_blend_function", "masked_guidance_function",
    "enclosing_function", "published_score", "targets",
    "alpha_function", "filter_function", "kappa_function", "slips_through",
    "adapter_size", "penalty_function", "told_where", "widening_function",
    "gain_function", "holm_function", "lying_figure", "planned_study",
    "alpha_of_answers", "balanced_orders", "enough_raters", "paired_function",
    "head", "slip_function", "told_without_truth",
    "Verdict",
]


def __getattr__(name):
    raise KitError(f"there is no check {name!r}; copy the line from the notebook as it stands")
