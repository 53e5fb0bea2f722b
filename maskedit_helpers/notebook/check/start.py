"""Checks of notebook 00 start here."""

import re
import warnings

import numpy as np

from ...metrics.pixels import is_unedited
from .answers import mask as read_mask
from .answers import picture
from .verdict import NotYet, exercise

ROOM = 0.1  # of the longer side: as far from the mask, the softest of borders has ended
NEAR = 0.45  # of the way from the original to the editor's own edit; its other seeds and scales lie at 0.15 and less

# Of the words of the picture book's grammar, those that do something, and those that name nothing to do it to.
VERBS = set("add change give make paint recolor replace turn be were".split())
SMALL = set("a an and at if in into it me on should the to under what with".split())


@exercise
def another_case(kit, case, mask, y_tilde):
    """Another case than the shirt was edited and blended; the edit is made once more to compare."""
    from scipy.ndimage import distance_transform_edt

    if not hasattr(case, "image"):
        raise NotYet("Hand in the case itself, as me.load_case(my_case) gives it.")
    if case.name == "shirt":
        raise NotYet("Set my_case to another name than \"shirt\"; me.case_names() lists them.")
    x0, inside, y_tilde = case.image, read_mask(mask, case.image.shape), picture(y_tilde, case.image.shape)
    if is_unedited(x0, y_tilde):
        raise NotYet("my_y_tilde is still the original: edit it, then blend.")
    far = distance_transform_edt(~inside) > ROOM * max(x0.shape)
    if not inside[case.click[1], case.click[0]] or not far.any() or inside.all():
        raise NotYet("my_mask should be white on what was clicked and black elsewhere. Is it another picture's, or "
                     "the wrong way round?")
    if (x0 != y_tilde)[far].any():
        raise NotYet("Pixels far outside the mask have changed: blend with the mask of this very picture.")
    if case.truth is not None and (y_tilde == case.truth)[inside].all():
        raise NotYet("That is the truth, which only the renderer knows: let kit.edit make the edit.")
    y = kit.edit(x0, case.instruction, progress=False)
    if _distance(y_tilde, y, inside) > NEAR * _distance(x0, y, inside):
        raise NotYet("Inside the mask it is not what kit.edit(other.image, other.instruction) gives: edit as in "
                     "section 3, then blend.")
    return f"Edited inside the mask, and far from it all {far.sum()} pixels are the original's."


def _distance(a, b, inside):
    return np.abs(a.astype(float) - b)[inside].mean()


@exercise
def own_instruction(kit, instruction, case):
    """An instruction of the reader's own, in words that the editor knows."""
    if not isinstance(instruction, str):
        raise NotYet("An instruction is a text in quotes, as in \"make the hat purple\".")
    with warnings.catch_warnings(record=True) as strange:
        warnings.simplefilter("always")
        kit.editor.check_instruction(instruction)
    if strange:
        raise NotYet(str(strange[0].message))
    words, known = _words(instruction), set(kit.editor.words_known())
    if len(words) < 2:
        raise NotYet("An instruction has words that say what to do, and to what.")
    if words == _words(case.instruction):
        raise NotYet("That is the case's own instruction. What else could be done with the picture?")
    if known and not set(words) & VERBS:
        raise NotYet("Say what to do: begin with a verb, as in make, turn, paint or replace.")
    if set(words) <= VERBS | SMALL:
        raise NotYet("Say what to change too: the hat, the ball, the tree?")
    return "Every word is known." if known else "This editor takes any words."


def _words(text):
    return re.findall(r"[^\W\d_]+", text.lower())


NOT_OUTSIDE = {
    "foregroundpsnr": "It looks inside the mask. What looks outside only?",
    "editpsnr": "It looks inside the mask. What looks outside only?",
    "changeiou": "It asks for both, inside and outside. What looks outside only?",
    "clipscore": "CLIP sees the whole picture. What looks outside the mask only?",
    "clipdirection": "CLIP sees the whole picture. What looks outside the mask only?",
    "psnr": "There are several of them: which?",
    "ssim": "Give the column's whole name: which ssim?",
    "background": "Two columns begin so: which?",
}


@exercise
def tells_of_the_wall(answer):
    """Which column says that what lies outside the mask was left alone; any of the two, or both."""
    if isinstance(answer, str):
        answer = re.split(r",|/| and | or ", answer)
    if not isinstance(answer, (list, tuple, set)) or not all(isinstance(name, str) for name in answer):
        raise NotYet("Answer with the name of a column, in quotes.")
    names = [re.sub(r"\(db\)|[^a-z]", "", name.lower()) for name in answer]
    for name in names:
        if name not in ("backgroundpsnr", "backgroundssim"):
            raise NotYet(NOT_OUTSIDE.get(name, "Look for the column that is computed outside the mask only."))
    if not names:
        raise NotYet("Look for the column that is computed outside the mask only.")
    return "It looks at the pixels outside the mask only; infinite means bit for bit the same."
