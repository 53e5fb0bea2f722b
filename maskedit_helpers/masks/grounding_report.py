"""How a mask came out of words, to be looked at: a table in print, pictures in a notebook."""

import textwrap
from dataclasses import dataclass
from html import escape

import numpy as np

from ..metrics.tables import table


@dataclass(frozen=True)
class Found:
    """One phrase and what was found of it.

    phrase: what was looked for. written: the phrase as it stands in the instruction. role: see `phrases`. score:
    100 cos of CLIP, at least 0, or for "relevance" the IoU with the map; nan where nothing was found. box: (left,
    top, right, bottom) around all of it, pixels, or None. mask: float32 (H, W), 0 or 1, or None.
    """

    phrase: str
    written: str
    role: str
    score: float = np.nan
    box: tuple | None = None
    mask: np.ndarray | None = None


@dataclass(frozen=True, repr=False)
class Grounding:
    """What `grounding.ground` looked for, found and chose.

    picture: uint8 (H, W, 3). found: list of Found, all phrases of the instruction. chosen: index of the one the mask
    is of, or None for the whole picture. published: index of the one with the best score, which the published rule
    chooses whatever its role (None where nothing was found). mask: float32 (H, W). why: in words. relevance: the map,
    float32 (H, W), or None. note: what is doubtful about how the instruction was read, "" where nothing is. reader: who
    read it, "rules" or "spaCy ...", "" where it was not read.
    """

    picture: np.ndarray
    instruction: str
    how: str
    found: list
    chosen: int | None
    published: int | None
    mask: np.ndarray
    why: str
    relevance: np.ndarray | None = None
    note: str = ""
    reader: str = ""

    def __repr__(self):
        return "\n".join([*self._reading(), *([repr(self._table())] if self.found else []), *self._conclusion()])

    def _reading(self):
        read = f", read by {self.reader}" if self.reader else ""
        lines = [f"{self.instruction!r}, by {self.how}{read}: {self.why}"]
        return lines + ([f"note: {self.note}"] if self.note else [])

    def _table(self):
        score = "IoU" if self.how == "relevance" else "clip_score"
        return table([{"looked for": f.phrase, "role": f.role, score: float(f.score),
                       "box": "-" if f.box is None else ", ".join(f"{v:.0f}" for v in f.box), "note": self._note(i)}
                      for i, f in enumerate(self.found)])

    def _note(self, i):
        published = "the published rule's choice" if i == self.published != self.chosen else ""
        return "chosen" if i == self.chosen else published

    def _conclusion(self):
        """What the mask is, and how to get another: two lines."""
        if self.chosen is None:
            return "The mask is the whole picture.", 'To name a thing: kit.ground(..., phrase="the ...").'
        if self.how == "relevance":
            return "The mask is the proposal of SAM nearest to the map.", "To go by the words: kit.ground(...)."
        says = f"The mask is of {self.found[self.chosen].phrase!r}"
        if self.published != self.chosen:
            says += f"; CLIP's best score alone, the published rule, would take {self.found[self.published].phrase!r}"
        others = [f.phrase for i, f in enumerate(self.found) if i != self.chosen]
        return f"{says}.", f'To overrule: kit.ground(..., phrase="{others[0] if others else "the ..."}").'

    def _repr_mimebundle_(self, include=None, exclude=None):
        before, after = ("<p>" + "<br>".join(map(escape, lines)) + "</p>"
                         for lines in (self._reading(), self._conclusion()))
        shown, size = self.figure()._repr_mimebundle_()
        rows = self._table()._repr_html_() if self.found else ""
        return {**shown, "text/html": shown["text/html"] + before + rows + after}, size

    def _repr_html_(self):
        return self._repr_mimebundle_()[0]["text/html"]

    def figure(self):
        """The mask, then each phrase with its box and mask on the picture: a `show.PictureRow` with alt text."""
        from ..figures.marks import mark
        from ..figures.show import overlay, show_row

        pictures, told = {"the mask": self.mask}, []
        if self.relevance is not None:
            pictures["relevance"] = self.relevance
        for i, f in enumerate(self.found):
            note = self._note(i)
            score = "not found" if f.mask is None else f"{f.score:.2f}" if self.how == "relevance" else f"{f.score:.0f}"
            says = f"{'chosen: ' if note == 'chosen' else ''}{{}}: {score}"
            short = "nearest proposal" if self.how == "relevance" else textwrap.shorten(f.phrase, 22, placeholder="...")
            number = f"{i + 1} " if len(self.found) > 1 else ""  # a phrase may stand in an instruction twice
            drawn = self.picture if f.mask is None else overlay(self.picture, f.mask)
            pictures[number + says.format(short)] = mark(drawn, box=f.box)
            told.append(says.format(f.phrase) + (f" ({note})" if note not in ("", "chosen") else ""))
        alt = (f"The mask for {self.instruction!r}, then each phrase outlined on the picture, with its score: "
               f"{'; '.join(told) or 'none'}. {' '.join(self._conclusion())}")
        return show_row(alt=alt, **pictures)
