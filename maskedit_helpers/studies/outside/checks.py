"""Before the work: is every picture there and readable, do they fit each other, does a mask select something?"""

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

    Returns
    -------
    notes : list of str, what is odd but can be measured: masks that cover all

    Raises
    ------
    KitError
        How many edits can't be measured, and the first one's reason.
    """
    faults, whole, seen = [], {}, set()
    for edit in tqdm(edits, desc="checking", unit="edit", disable=not progress):
        try:
            found = known(edit, fit)
        except KitError as error:
            faults.append(str(error))
            continue
        if "x0" in found and min(found["x0"].shape[:2]) < LEAST:
            height, width = found["x0"].shape[:2]
            faults.append(f"original {edit.original}: {width}x{height} pixels are too few; SSIM needs sides of {LEAST}")
        if "M" in found and edit.name not in seen:
            seen.add(edit.name)
            inside = found["M"] > WHITE
            if not inside.any():
                faults.append(f"{edit.mask.name}: nothing is selected; if it means the edit by another colour, say so: "
                              'masks="black" or "transparent" (--masks)')
            elif inside.all():
                whole[edit.name] = True
    if faults:
        more = f" ({len(faults)} of {len(edits)} edits can't be measured; this is the first)" if len(faults) > 1 else ""
        raise KitError(f"{faults[0]}{more}")
    if whole:
        return [f"the mask covers the whole picture in {few(whole)}: no background to measure there"]
    return []


def few(names):
    """ "3 of them: a, b, c" """
    names = list(names)
    return f"{len(names)} ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
