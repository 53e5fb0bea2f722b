"""The kit in one's hand: the models of one size, each loaded when it is first used."""

import warnings
from functools import cached_property

from ..errors import KitError
from ..loading import no_garbage_sought
from . import weights

PHOTOGRAPH = ("the pocket models know drawn scenes only: `maskedit fetch full` on a machine with a GPU edits it; here "
              "kit.segment, me.blend and me.measure work on photographs; anyway=True (--anyway) edits it all the same")


class Kit:
    """SAM, InstructPix2Pix and CLIP of one size on one device, of full size GroundingDINO too; `load` makes it.

    size: "pocket" or "full". device: "cpu", "cuda" or "mps". why: how that was chosen, in words. choice: all of it, see
    `weights.Choice`.
    """

    def __init__(self, choice):
        self.choice = choice
        self.size, self.device, self.why = choice.size, choice.device, choice.why
        self._domains = {}  # {fingerprint of a picture: its domain}

    @cached_property
    @no_garbage_sought()
    def sam(self):
        """sam.Segmenter"""
        return weights.load_sam(self.choice)

    @cached_property
    @no_garbage_sought()
    def editor(self):
        """editor.Editor"""
        return weights.load_editor(self.choice)

    @cached_property
    @no_garbage_sought()
    def clip(self):
        """clip.Clip"""
        return weights.load_clip(self.choice)

    @cached_property
    @no_garbage_sought()
    def detector(self):
        """detector.Detector; full only"""
        return weights.load_detector(self.choice)

    @cached_property
    def long_side(self):
        """Pixels of the longer side at which the editor works: the size to load a case at."""
        return weights.long_side(self.size)

    def segment(self, image, points=None, labels=None, box=None, *, how="auto", border="snap", clean=0):
        """Mask of what a click or a box points at, float32 (H, W): see `segment.segment`, of `how` `segment.cutter`."""
        from ..masks import segment

        return segment.segment(segment.cutter(self, image, how), image, points, labels, box, border, clean)

    def domain(self, image):
        """What kind of picture it is, for pocket models, which know drawn scenes only.

        Parameters
        ----------
        image : anything `read_image` takes

        Returns
        -------
        "drawn" or "photograph" (whatever is no drawn scene), see `domain`; None for the full models, which know both,
        and for pocket models of one's own training, of which nobody knows where to draw the line.
        """
        limit = weights.domain_limit(self.choice)
        if limit is None:
            return None
        from ..picturebook.drawn import digest, is_drawn
        from ..pictures.images import read_image
        from .domain import foreignness

        picture = read_image(image)
        if is_drawn(picture):
            return "drawn"
        which = digest(picture)
        if which not in self._domains:
            self._domains[which] = "drawn" if foreignness(picture, self.editor) <= limit else "photograph"
        return self._domains[which]

    def edit(self, image, instruction, *, anyway=False, **options):
        """The picture edited as the instruction says, uint8 (H, W, 3): see `editor.Editor.edit`.

        On pocket a photograph is refused with a KitError that names the ways out; with `anyway` it is edited.
        """
        if not anyway:
            self.check_domain(image)
        if self.choice.memory == "low":
            for part in {"sam", "detector"} & set(vars(self)):
                getattr(self, part).park()
        return self.editor.edit(image, instruction, **options)

    def check_domain(self, image, anyway=False):
        """Raise a KitError for a photograph, or one in a list, of which pocket knows nothing; warn if it's `anyway`."""
        many = isinstance(image, (list, tuple))
        for number, picture in enumerate(image if many else [image], start=1):
            if self.domain(picture) == "photograph":
                message = f"{f'picture {number}' if many else 'this'} looks like a photograph, and {PHOTOGRAPH}"
                if not anyway:
                    raise KitError(message)
                warnings.warn(message, stacklevel=2)

    def ground(self, image, instruction, **options):
        """Mask, phrase and report of what the instruction speaks of: see `grounding.ground`."""
        from ..masks import grounding

        self.check_domain(image, anyway=True)
        return grounding.ground(self, image, instruction, **options)


def load(size="auto", memory="auto", sam="auto", fetch=False, clip="vit_b_32"):
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
    clip : "vit_b_32" or "vit_l_14"
        Which of the full CLIPs. The larger is that of InstructPix2Pix's and PIE-Bench's own metrics and of
        Grounded-Instruct-Pix2Pix; scores of the two do not compare.

    Returns
    -------
    Kit

    Raises
    ------
    KitError
        A word that is none of these. What is wrong with weights is said when a model is first used.
    """
    kit = Kit(weights.choose(size, memory, sam, fetch, clip))
    print(kit.why)
    return kit
