"""The drawn pairs as a source: each is its seed, and knows what is edited and which pixels may change."""

from ...errors import KitError
from ...picturebook.pairs import make_pair
from ..dataset import PREVIEW_SEEDS, refuse_evaluation_seeds
from .sample import Sample

COUNT = 1000  # pairs, if nobody says how many


class Drawn:
    """Pairs of the seeds `first` on. leak: 0 to 1, how far their edits spill. size: pixels of each side."""

    name = "drawn"
    masks = False  # no masks of its own: SAM is to make them, and the truth only measures them
    target = True  # what to click on is known
    captions = True
    licence = "drawn by this kit: no licence of others"

    def __init__(self, count, first, leak, size):
        if first < 0:
            raise KitError(f"first is {first}; give a seed of 0 or more")
        if not 0 <= leak <= 1:
            raise KitError(f"leak is {leak}; give 0 (no edit spills) to 1 (every edit spills, and far)")
        self.count, self.first, self.leak, self.size = COUNT if count is None else count, first, leak, size or 128
        if first + self.count > PREVIEW_SEEDS:
            refuse_evaluation_seeds([first + self.count - 1])

    def rows(self):
        """What a worker needs of each pair, in order."""
        yield from range(self.first, self.first + self.count)

    def bytes_of_a_row(self):
        """At most: the pictures as they are in memory."""
        return 7 * self.size**2

    def to_hand_over(self):
        return self

    def sample(self, seed):
        pair = make_pair(seed, self.leak, self.size)
        return Sample(str(seed), pair.before, pair.after, pair.instruction, pair.captions, pair.kind, pair.target,
                      truth=pair.mask)
