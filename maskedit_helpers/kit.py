"""The kit in one's hand: the models of one size, each loaded when it is first used."""

from functools import cached_property

from . import weights


class Kit:
    """SAM, InstructPix2Pix and CLIP of one size on one device; `load` makes it.

    size: "pocket" or "full". device: "cpu" or "cuda". why: how that was chosen, in words.
    """

    def __init__(self, choice):
        self._choice = choice
        self.size, self.device, self.why = choice.size, choice.device, choice.why

    @cached_property
    def sam(self):
        """sam.Segmenter"""
        return weights.load_sam(self._choice)

    @cached_property
    def editor(self):
        """editor.Editor"""
        return weights.load_editor(self._choice)

    @cached_property
    def clip(self):
        """clip.Clip"""
        return weights.load_clip(self._choice)

    @cached_property
    def long_side(self):
        """Pixels of the longer side at which the editor works: the size to load a case at."""
        return weights.long_side(self.size)

    def segment(self, image, points=None, labels=None, box=None):
        """Mask of what a click or a box points at, float32 (H, W): see `sam.Segmenter.segment`."""
        return self.sam.segment(image, points, labels, box)

    def edit(self, image, instruction, **options):
        """The picture edited as the instruction says, uint8 (H, W, 3): see `editor.Editor.edit`."""
        return self.editor.edit(image, instruction, **options)


def load(size="auto"):
    """The kit; prints in one line which size it chose and why.

    Parameters
    ----------
    size : "auto", "pocket" or "full"
        "auto" takes full if there is a CUDA GPU and the full weights already lie here, otherwise pocket; it
        never downloads. The environment variable MASKEDIT_SIZE, if set, stands in for "auto".

    Returns
    -------
    Kit
    """
    kit = Kit(weights.choose(size))
    print(kit.why)
    return kit
