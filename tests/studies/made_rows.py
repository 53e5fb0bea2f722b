"""Rows of a study that nobody measured, but shaped as if, and the study that they are of."""

from pathlib import Path

import numpy as np

from maskedit_helpers.studies.sweep.spec import Spec

CONTROLS, MASKS, SCENES = ["blend", "latent", "channel"], ["truth", "grown", "shifted"], 12
IOU = dict(zip(MASKS, (0.98, 0.8, 0.5)))


def spec(*figures, tables=(), factors=None, extra=()):
    factors = factors or {"control": CONTROLS, "mask": MASKS}
    defaults = {name: levels[0] for name, levels in factors.items()}
    return Spec("masks", Path("masks.toml"), "How exact must a mask be?", "From which IoU on?", "edits", SCENES, 0, {},
                factors, list(extra), list(figures), list(tables), defaults)


def rows(seed=0):
    """What a mask costs each control: 4 dB per 0.1 of IoU, and for "channel" half of it."""
    rng = np.random.default_rng(seed)
    hard = rng.normal(0, 3, SCENES)
    made = []
    for control in CONTROLS:
        for mask in MASKS:
            for scene in range(SCENES):
                iou = IOU[mask] - 0.01 * rng.random()
                lost = 40 * (1 - iou) * (0.5 if control == "channel" else 1)
                made.append({"control": control, "mask": mask, "scene": scene, "mask_iou": iou,
                             "truth_psnr": 35 + hard[scene] - lost + rng.normal(0, 0.3) + (control == "latent"),
                             "edit_success": None if scene % 4 == 3 else float(rng.random() < IOU[mask])})
    return made
