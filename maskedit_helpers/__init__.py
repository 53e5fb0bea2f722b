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

VERBS = {  # name: the room and file it lives in
    "KitError": "errors",
    "load": "kit.kit",
    "Kit": "kit.kit",
    "load_case": "picturebook.cases",
    "case_names": "picturebook.cases",
    "training_pair": "picturebook.training_pairs",
    "build_pairs": "training.pairs_with_masks.build",
    "read_pairs": "training.pairs_with_masks.reading",
    "filter_curve": "training.pairs_with_masks.curve",
    "filter_report": "training.pairs_with_masks.curve",
    "show_filter": "training.pairs_with_masks.curve_figure",
    "read_image": "pictures.images",
    "read_mask": "pictures.images",
    "resize_image": "pictures.images",
    "write_png": "pictures.images",
    "blend": "pictures.blend",
    "grow": "pictures.blend",
    "measure": "metrics.measure",
    "measure_folder": "studies.outside.run",
    "mask_iou": "metrics.truth",
    "change_map": "metrics.pixels",
    "change_iou": "metrics.pixels",
    "background_psnr": "metrics.pixels",
    "edit_psnr": "metrics.truth",
    "truth_psnr": "metrics.truth",
    "seam_error": "metrics.truth",
    "table": "metrics.tables",
    "control_rows": "studies.measured",
    "mask_aware_rows": "studies.mask_aware",
    "sweep": "studies.sweep.run",
    "study_rows": "studies.sweep.kept",
    "new_study": "studies.human.folder",
    "rating_order": "studies.human.design",
    "study_answers": "studies.human.export",
    "read_ratings": "studies.ratings.reading",
    "analyse_ratings": "studies.ratings.analyse",
    "agreement_of_ratings": "studies.ratings.agreement",
    "show_ratings": "studies.ratings.figures",
    "simulate_raters": "studies.ratings.simulated",
    "study_figure": "studies.sweep.figure",
    "study_table": "studies.sweep.table",
    "compare_in_pairs": "studies.comparing",
    "report": "studies.report.run",
    "show_row": "figures.show",
    "show_rows": "figures.show",
    "subplots": "figures.show",
    "overlay": "figures.show",
    "save_figure": "figures.show",
    "mark": "figures.marks",
    "Blend": "editing.controls.blend",
    "LatentBlend": "editing.controls.latent_blend",
    "GuidanceMask": "editing.controls.guidance_mask",
    "AttentionMask": "editing.controls.attention_mask",
    "Crop": "editing.controls.crop",
    "MaskAware": "editing.controls.mask_aware",
    "Plan": "editing.plan",
    "attention_maps": "watching.attention_maps",
    "read_instruction": "language.phrases",
    "box_crop": "pictures.crops",
    "masked_crop": "pictures.crops",
    "snap": "masks.border",
    "train_mask_aware": "training.mask_aware.run",
    "relevance": "masks.relevance",
    "watch": "watching.trajectory",
    "guidance_grid": "watching.guidance",
    "ready": "notebook.session",
    "results": "notebook.session",
    "bring": "notebook.bring",
    "upload_button": "notebook.bring",
    "register": "notebook.register",
    "ClickMask": "notebook.click_mask",
    "Studio": "notebook.studio",
    "VetPairs": "notebook.vet_pairs",
    "RateEdits": "notebook.rate_edits",
    "agreement": "training.vetting",
    "read_vetting": "training.vetting",
    "BlendStudio": "notebook.widgets",
    "GuidanceExplorer": "notebook.widgets",
    "WindowExplorer": "notebook.widgets",
}
__all__ = list(VERBS)


def __getattr__(name):
    """Load a verb, or the exercises' `check`, when it is first asked for (PEP 562)."""
    if name == "check":
        return importlib.import_module(f"{__name__}.notebook.check")
    if name not in VERBS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    verb = getattr(importlib.import_module(f"{__name__}.{VERBS[name]}"), name)
    globals()[name] = verb
    return verb


def __dir__():
    return sorted({*globals(), *VERBS, "check"})
