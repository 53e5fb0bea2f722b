"""What the pocket editor learnt from: drawn pairs, one at a time, with the dial that stained them in the reader's hand.

InstructPix2Pix's pairs were made, not photographed (Brooks, Holynski & Efros, CVPR 2023, section 3.1). Pocket's are
drawn, so their truth is known, and how far an edit spills is a choice: see `pairs`.
"""

from ..errors import KitError


def training_pair(seed, leak=None, size=128):
    """One training pair of the pocket editor: the picture before, and after as the editor was taught it.

    Parameters
    ----------
    seed : int >= 0; always the same pair, whose stain alone depends on the leak. The pocket models were trained on
        seeds 0 to 23,999, and on none from 10,000,000 on
    leak : float in [0, 1]; 0: the edit stays inside its mask, 1: every edit spills, and far. The pocket editor's own
        setting, 0.6, if not given
    size : int, pixels of each side

    Returns
    -------
    pocket.pairs.Pair : its `before`, `after` and `truth` are pictures, uint8 (size, size, 3); `mask` bool (size, size)
        is where a perfect edit may change something; `instruction` and `captions` are its words.

    Raises
    ------
    KitError
        A seed that is no whole number, a leak outside [0, 1].
    """
    from .pairs import LEAK, make_pair

    leak = LEAK if leak is None else leak
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise KitError(f"seed {seed!r} must be a whole number, 0 or more")
    if not 0 <= leak <= 1:
        raise KitError(f"leak is {leak}; give 0 (no edit spills) to 1 (every edit spills, and far)")
    return make_pair(seed, leak, size)
