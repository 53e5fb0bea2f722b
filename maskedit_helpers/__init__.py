"""maskedit_helpers: give InstructPix2Pix a *where*.

The verbs of the kit, each loaded when it is first used, so that `import maskedit_helpers` costs next to
nothing:

    import maskedit_helpers as me
    kit = me.load("auto")
    case = me.load_case("shirt")
    mask = kit.segment(case.image, points=[case.click])
    y = kit.edit(case.image, case.instruction)
    y_tilde = me.blend(case.image, y, mask)              # y_tilde = M * y + (1 - M) * x0
    me.measure(case.image, y_tilde, mask, kit=kit)
"""

import importlib
import sys
import types

VERBS = {  # name: the file it lives in
    "KitError": "errors",
    "load": "kit",
    "Kit": "kit",
    "load_case": "cases",
    "case_names": "cases",
    "training_pair": "training_pairs",
    "read_image": "images",
    "read_mask": "images",
    "resize_image": "images",
    "write_png": "images",
    "blend": "blend",
    "grow": "blend",
    "measure": "metrics",
    "mask_iou": "metrics",
    "change_map": "metrics",
    "change_iou": "metrics",
    "background_psnr": "metrics",
    "edit_psnr": "metrics",
    "seam_error": "metrics",
    "format_table": "metrics",
    "control_rows": "measured",
    "show_row": "show",
    "show_rows": "show",
    "subplots": "show",
    "overlay": "show",
    "save_figure": "show",
    "mark": "marks",
    "Blend": "controls",
    "LatentBlend": "controls",
    "GuidanceMask": "controls",
    "AttentionMask": "controls",
    "Crop": "controls",
    "attention_maps": "attention_maps",
    "read_instruction": "phrases",
    "box_crop": "crops",
    "masked_crop": "crops",
    "relevance": "relevance",
    "watch": "trajectory",
    "guidance_grid": "guidance",
    "ready": "session",
    "results": "session",
    "ClickMask": "widgets",
    "BlendStudio": "widgets",
    "GuidanceExplorer": "widgets",
    "WindowExplorer": "widgets",
}
__all__ = list(VERBS)


def __getattr__(name):
    """Load a verb, or the exercises' `check`, when it is first asked for (PEP 562)."""
    if name == "check":
        return importlib.import_module(f"{__name__}.check")
    if name not in VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    verb = getattr(importlib.import_module(f"{__name__}.{VERBS[name]}"), name)
    globals()[name] = verb
    return verb


def __dir__():
    return sorted({*globals(), *VERBS, "check"})


class _Package(types.ModuleType):
    """The package, in which `me.blend` stays the verb: Python would put the file blend.py in its place."""

    def __setattr__(self, name, value):
        if not (name in VERBS and isinstance(value, types.ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
