"""Sample: one pair on its way through the pipeline, whatever set it comes from."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    """A pair as a reader hands it on; None where its set does not say.

    id: str, unique in its set. before, after: uint8 (H, W, 3), of one size. instruction: str. captions: (before,
    after), "" where there is none. kind: what sort of edit, "" if unknown. target: bool (H, W), what one would point
    at in `before`. own: bool (H, W), the set's own mask; truth: bool (H, W), the pixels that a perfect edit may change.
    Masks are white = 1 = edit, whatever they were in the set. fault: "" or why the row can't be used.
    """

    id: str
    before: np.ndarray | None = None
    after: np.ndarray | None = None
    instruction: str = ""
    captions: tuple = ("", "")
    kind: str = ""
    target: np.ndarray | None = None
    own: np.ndarray | None = None
    truth: np.ndarray | None = None
    fault: str = ""
