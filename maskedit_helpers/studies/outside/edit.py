"""One edit to be measured: files and words as a layout finds them, and the arrays that metrics ask for."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...pictures.images import read_image, resized_mask


@dataclass(frozen=True)
class Mask:
    """source: a file, or a benchmark's code for it. says: from source to bool (H, W), True = edit."""

    source: object
    says: Callable
    name: str = "mask"

    def read(self, shape):
        """float32 (H, W), white = 1 = edit, at a picture's size."""
        return resized_mask(self.says(self.source).astype(np.float32), shape, self.name)


@dataclass(frozen=True)
class Edit:
    """Where the pictures of one edit lie.

    name: of the picture, and of the turn where there are several. session: what its edits hang together by. setting:
    "" or, where a benchmark has several, which. target: the answer that the benchmark gives; truth: the perfect edit,
    where there is such a thing. before, after: captions, "" where there are none.
    """

    name: str
    method: str
    edited: Path
    original: Path | None = None
    mask: Mask | None = None
    target: Path | None = None
    truth: Path | None = None
    before: str = ""
    after: str = ""
    session: str = ""
    setting: str = ""

    def by(self, **changed):
        return replace(self, **changed)

    @property
    def heading(self):
        """Under which its numbers stand."""
        return f"{self.method}, {self.setting}" if self.setting else self.method


def known(edit, fit):
    """All that metrics may ask for, by its name; what there is not is left out.

    Parameters
    ----------
    edit : Edit
    fit : (picture, shape, name) -> picture; how the layout brings an edit to the size of its original

    Returns
    -------
    dict: "answer", the edit as it lies; "x0", "y" in its size, "target", "truth", all uint8 (H, W, 3); "M", float32
    (H, W); "before" and "after", str.

    Raises KitError, which names the file, for what can't be read or does not fit.
    """
    found = {"answer": read_image(edit.edited, "edit")}
    if edit.original is not None:
        found["x0"] = read_image(edit.original, "original")
        found["y"] = fit(found["answer"], found["x0"].shape, f"edit {edit.edited}")
        if edit.mask is not None:
            found["M"] = edit.mask.read(found["x0"].shape)
    if edit.target is not None:
        found["target"] = read_image(edit.target, "target")
    if edit.truth is not None:
        found["truth"] = read_image(edit.truth, "true edit")
    return found | {which: words for which in ("before", "after") if (words := getattr(edit, which))}
