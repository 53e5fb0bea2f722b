"""How the known sets of edits lie: which column holds what, and what in a mask means "edit".

Masks come as colours, as transparency, white or black; after reading, all are bool with white = 1 = edit.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...errors import KitError
from ...pictures.images import WHITE, fitted, read_image, read_mask, resized, resized_mask
from .sample import Sample


def white(data):
    """Bytes of a mask in which white, or nearly, is edit: bool (H, W)."""
    return read_mask(data, allow_empty=True) > WHITE


def black(data):
    """Of one in which pure black is edit: the picture, with the place to edit painted over. As HumanEdit's own
    `mask_convert.py` reads it; any other grey belongs to the picture."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB").convert("L")) == 0


def transparent(data):
    """Of one in which the transparent is edit, as DALL-E 2 wants it."""
    image = Image.open(io.BytesIO(data))
    if not image.has_transparency_data:
        raise KitError("the mask has no transparency, which in this set says where the edit is")
    return np.asarray(image.convert("RGBA"))[..., 3] < 128


@dataclass(frozen=True)
class Layout:
    """Names of columns. captions: (before, after) or (); mask: "" if there are none, and mask_says what is edit in it.
    sets: names of sets that lie so. split: which is taken if nobody says. licence: of these sets."""

    before: str
    after: str
    instruction: str
    captions: tuple = ()
    mask: str = ""
    mask_says: Callable = white
    kind: str = ""
    sets: tuple = ()
    split: str = "train"
    licence: str = ""

    @property
    def columns(self):
        """Those without which it is not this layout."""
        return [name for name in (self.before, self.after, self.instruction, *self.captions, self.mask) if name]

    @property
    def pictures(self):
        return [name for name in (self.before, self.after, self.mask) if name]

    def sample(self, number, row, size=None):
        """A row of a set, its pictures as bytes, as a Sample; what can't be used has a fault. size: see `build`."""
        words = {"instruction": row[self.instruction] or "", "kind": (row.get(self.kind) or "").lower(),
                 "captions": tuple(row[name] or "" for name in self.captions) or ("", "")}
        try:
            before = read_image(row[self.before], self.before)
            if size is not None and max(before.shape[:2]) > size:
                before = fitted(before, size)
            after = resized(read_image(row[self.after], self.after), before.shape[:2], self.after)
            own = self._own(row, before.shape) if self.mask else None
        except KitError as error:
            return Sample(str(number), fault=f"unreadable: {error}", **words)
        return Sample(str(number), before, after, own=own, **words)

    def _own(self, row, shape):
        if row[self.mask] is None:
            return None
        try:
            inside = self.mask_says(row[self.mask])
        except OSError as error:  # Pillow's, of what is no picture
            raise KitError(f"{self.mask} is no picture ({error})") from None
        return resized_mask(inside.astype(np.float32), shape, self.mask) > WHITE


LAYOUTS = {
    "instructpix2pix": Layout("original_image", "edited_image", "edit_prompt", ("original_prompt", "edited_prompt"),
                              sets=("timbrooks/instructpix2pix-clip-filtered",), licence="none stated on its card"),
    "magicbrush": Layout("source_img", "target_img", "instruction", mask="mask_img", mask_says=transparent,
                         sets=("osunlp/MagicBrush",), licence="CC BY 4.0"),
    "ultraedit": Layout("source_image", "edited_image", "edit_prompt", ("source_caption", "target_caption"),
                        mask="mask_image", kind="kind", sets=("BleachNick/UltraEdit_Region_Based_100k",),
                        split="RegionBase", licence="CC BY 4.0"),
    "humanedit": Layout("INPUT_IMG", "OUTPUT_IMG", "EDITING_INSTRUCTION",
                        ("INPUT_CAPTION_BY_LLAMA", "OUTPUT_CAPTION_BY_LLAMA"), mask="MASK_IMG", mask_says=black,
                        kind="EDITING_TYPE", sets=("BryanW/HumanEdit",), licence="CC BY 4.0"),
}


def layout_of(columns, name=None):
    """(name, Layout) of a set with these columns: the one asked for, or the first that they hold.

    Raises KitError for an unknown name, and where columns are missing.
    """
    if name is not None and name not in LAYOUTS:
        raise KitError(f"layout {name!r} is unknown; use one of {', '.join(LAYOUTS)}")
    for which in [name] if name else LAYOUTS:
        if not (missing := [column for column in LAYOUTS[which].columns if column not in columns]):
            return which, LAYOUTS[which]
    lacks = f"layout {name} needs {', '.join(missing)} too" if name else f"no layout is known of ({', '.join(LAYOUTS)})"
    raise KitError(f"the columns are {', '.join(columns)}, and {lacks}")
