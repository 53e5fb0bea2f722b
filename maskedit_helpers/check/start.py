"""Checks of notebook 00 start here."""

import numpy as np

from .verdict import exercise


@exercise
def another_case(name, x0, y_tilde, mask):
    """Another case than the shirt was edited and blended."""
    x0, y_tilde, outside = np.asarray(x0), np.asarray(y_tilde), np.asarray(mask) <= 0.5
    if name == "shirt":
        return False, "", "Set my_case to another name than \"shirt\"; me.case_names() lists them."
    if x0.shape != y_tilde.shape or (x0 == y_tilde).all():
        return False, "", "my_y_tilde is still the original: edit it, then blend."
    return ((x0 == y_tilde)[outside].all(), f"Outside the mask all {outside.sum()} pixels are the original's.",
            "Pixels outside the mask have changed: blend with the mask of this very picture.")


@exercise
def own_instruction(kit, instruction, case):
    """An instruction of the reader's own, in words that the editor knows."""
    import warnings

    with warnings.catch_warnings(record=True) as strange:
        warnings.simplefilter("always")
        kit.editor.check_instruction(instruction)
    if strange:
        return False, "", str(strange[0].message)
    return instruction.strip() != case.instruction, "Every word is known.", "That is the case's own instruction."


@exercise
def tells_of_the_wall(name):
    """Which figure says that what lies outside the mask was left alone."""
    if name in ("background_psnr", "background_ssim"):
        return True, "It looks at the pixels outside the mask only; infinite means bit for bit the same.", ""
    return False, "", "Look for the figure that is computed outside the mask only."
