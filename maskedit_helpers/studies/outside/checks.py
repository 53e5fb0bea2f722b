"""Before the work: is every picture there and readable, do they fit each other, does each mask select something?"""

from tqdm import tqdm

from ...errors import KitError
from ...pictures.images import WHITE
from .edit import known

LEAST = 11  # pixels of the shorter side, one window of PIE-Bench's SSIM


def check(edits, fit, progress=True):
    """Read everything once.

    Parameters
    ----------
    edits : list of Edit. fit : see `edit.known`. progress : bool

    Raises
    ------
    KitError
        The first edit that can't be measured and why, and how many others there are.
    """
    faults = []
    for edit in tqdm(edits, desc="checking", unit="edit", disable=not progress):
        try:
            _check(edit, known(edit, fit))
        except KitError as error:
            faults.append(str(error))
    if faults:
        more = f" ({len(faults)} of {len(edits)} edits can't be measured; this is the first)" if len(faults) > 1 else ""
        raise KitError(f"{faults[0]}{more}")


def _check(edit, found):
    if "x0" in found and min(found["x0"].shape[:2]) < LEAST:
        height, width = found["x0"].shape[:2]
        raise KitError(f"original {edit.original}: {width}x{height} pixels are too few; SSIM needs sides of {LEAST}")
    if "M" in found and not (found["M"] > WHITE).any():
        raise KitError(f"{edit.mask.name}: nothing is selected; if another colour means edit in it, say so: "
                       'masks="black" or "transparent" (--masks)')
