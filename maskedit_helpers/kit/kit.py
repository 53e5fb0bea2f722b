"""The kit in one's hand: the models of one size, each loaded when it is first used."""

from functools import cached_property

from . import weights


class Kit:
    """SAM, InstructPix2Pix and CLIP of one size on one device, of full size GroundingDINO too; `load` makes it.

    size: "pocket" or "full". device: "cpu", "cuda" or "mps". why: how that was chosen, in words. choice: all of it, see
    `weights.Choice`.
    """

    def __init__(self, choice):
        self.choice = choice
        self.size, self.device, self.why = choice.size, choice.device, choice.why

    @cached_property
    def sam(self):
        """sam.Segmenter"""
        return weights.load_sam(self.choice)

    @cached_property
    def editor(self):
        """editor.Editor"""
        return weights.load_editor(self.choice)

    @cached_property
    def clip(self):
        """clip.Clip"""
        return weights.load_clip(self.choice)

    @cached_property
    def detector(self):
        """detector.Detector; full only"""
        return weights.load_detector(self.choice)

    @cached_property
    def long_side(self):
        """Pixels of the longer side at which the editor works: the size to load a case at."""
        return weights.long_side(self.size)

    def segment(self, image, points=None, labels=None, box=None, *, border="snap", clean=0):
        """Mask of what a click or a box points at, float32 (H, W): see `segment.segment`."""
        from ..masks import segment

        return segment.segment(self.sam, image, points, labels, box, border, clean)

    def edit(self, image, instruction, **options):
        """The picture edited as the instruction says, uint8 (H, W, 3): see `editor.Editor.edit`."""
        if self.choice.memory == "low":
            for part in {"sam", "detector"} & set(vars(self)):
                getattr(self, part).park()
        return self.editor.edit(image, instruction, **options)

    def ground(self, image, instruction, **options):
        """Mask, phrase and report of what the instruction speaks of: see `grounding.ground`."""
        from ..masks import grounding

        return grounding.ground(self, image, instruction, **options)


def load(size="auto", memory="auto", sam="auto", fetch=False):
    """The kit; prints in one line which size it chose and why.

    Parameters
    ----------
    size : "auto", "pocket" or "full"
        "auto" takes full if there is a CUDA GPU with memory enough and all weights are here, otherwise pocket.
        "full" downloads what is missing when it is first used, and says how much and where to. The environment
        variable MASKEDIT_SIZE, if set, stands in for "auto".
    memory : "auto", "normal" or "low"
        "low" moves each part of the full models to the GPU only while it works, for GPUs of 6 to 8 GB; slower.
    sam : "auto", "vit_h", "vit_l" or "vit_b"
        Which of the full SAMs; "auto" takes the largest that lies here, or vit_h.
    fetch : bool
        Let "auto" download the full weights too.

    Returns
    -------
    Kit

    Raises
    ------
    KitError
        A word that is none of these. What is wrong with weights is said when a model is first used.
    """
    kit = Kit(weights.choose(size, memory, sam, fetch))
    print(kit.why)
    return kit
