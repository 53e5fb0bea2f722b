"""The two knobs of InstructPix2Pix turned through a grid: text guidance s_T, image guidance s_I, and seeds."""

from itertools import product

from ..errors import KitError


def guidance_grid(kit, image, instruction, s_T, s_I, seeds=(1337,), plan=None, steps=None, progress=True,
                  anyway=False):
    """One edit for every combination.

    Parameters
    ----------
    kit : Kit
    image, instruction : as for `editor.Editor.edit`
    s_T, s_I : lists of float, text and image guidance
    seeds : list of int
    plan, steps : as for `editor.Editor.edit`
    progress : bool
        Show a progress bar.
    anyway : bool, as for `kit.edit`

    Returns
    -------
    dict {(s_T, s_I, seed): uint8 (H, W, 3)}, in the order of the lists.

    Raises
    ------
    KitError
        An empty list, and as `edit`.
    """
    from tqdm.auto import tqdm

    if not (len(s_T) and len(s_I) and len(seeds)):
        raise KitError("s_T, s_I and seeds are lists; give at least one value in each, as in s_T=[3, 5]")
    edits = {}
    for text, picture in tqdm(list(product(s_T, s_I)), desc="guidance grid", unit="edit", disable=not progress):
        results = kit.edit([image] * len(seeds), [instruction] * len(seeds), s_T=text, s_I=picture, seed=list(seeds),
                           plan=plan, steps=steps, progress=False, anyway=anyway)
        edits |= {(text, picture, seed): y for seed, y in zip(seeds, results)}
    return edits
