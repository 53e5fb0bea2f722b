"""Pointing at a picture: clicks and boxes become a mask, and what the browser is told of it.

One click is ambiguous (shirt or person?), so SAM answers with three masks and the IoU that it expects of each. On a
photograph pocket's SAM knows nothing; there the scissors answer, with one mask and no score. Kirillov et al. 2023,
section 4 (promptable masks). ClickMask and Studio are both built on it; pointing.js is the browser's half.
"""

import numpy as np
from traitlets import Int, List, validate

from ..errors import KitError
from ..masks.scissors import Scissors
from ..masks.segment import check_finish, cutter, found, segmented
from ..pictures.images import read_image
from .picture_widget import PictureWidget, Refused, bits, percent


class Pointing(PictureWidget):
    """A picture to point at; a subclass says in `_tell` what the browser is told. See `ClickMask` for parameters,
    attributes and errors."""

    prompts = List().tag(sync=True)
    choice = Int(None, allow_none=True, min=0, max=2).tag(sync=True)

    def __init__(self, image, kit, points=None, labels=None, box=None, border="snap", how="auto", **traits):
        check_finish(border)
        self._image, self._border, self._how = read_image(image), border, how
        self._sam = cutter(kit, self._image, how)
        self._scissors = isinstance(self._sam, Scissors)
        prompts = []
        if any(given is not None and len(given) for given in (points, labels, box)):
            self._sam.predict(self._image, points, labels, box)  # refuses what makes no sense
            points = [] if points is None else np.asarray(points).tolist()
            labels = [1] * len(points) if labels is None else np.asarray(labels).astype(int).tolist()
            prompts = [[x, y, label] for (x, y), label in zip(points, labels)]
            prompts += [] if box is None else [np.asarray(box).tolist()]
        elif not self._scissors:
            self._sam.predict(self._image, points=[(0, 0)])  # encodes the picture, so that no click waits for it
        super().__init__(self._image, prompts=prompts, **traits)
        self._ask()
        self.observe(self._ask, "prompts")
        self.observe(self._tell, "choice")

    @property
    def points(self):
        return [tuple(prompt[:2]) for prompt in self.prompts if len(prompt) == 3]

    @property
    def labels(self):
        return [prompt[2] for prompt in self.prompts if len(prompt) == 3]

    @property
    def box(self):
        boxes = [tuple(prompt) for prompt in self.prompts if len(prompt) == 4]
        return boxes[-1] if boxes else None

    @property
    def mask(self):
        return found(self._masks().masks[self._chosen()])

    @property
    def scores(self):
        return self._masks().scores

    def _code_of_mask(self, image="image"):
        """The line that gives `mask` without the widget, from a `kit` and a picture called so."""
        best, prompt = self._masks().best, []
        if self.points:
            prompt.append(f"points={self.points}")
        if 0 in self.labels:
            prompt.append(f"labels={self.labels}")
        if self.box:
            prompt.append(f"box={self.box}")
        prompt = ", ".join([image, *prompt])
        if self._chosen() == best:
            named = {"how": (self._how, "auto"), "border": (self._border, "snap")}
            other = "".join(f', {name}="{value}"' for name, (value, usual) in named.items() if value != usual)
            return f"mask = kit.segment({prompt}{other})"
        other = f"kit.sam.predict({prompt}).masks[{self._chosen()}]"
        return f"mask = me.snap({image}, {other})" if self._border == "snap" else f'mask = {other}.astype("float32")'

    def _masks(self):
        """sam.Masks of the prompts, or the KitError that says why there are none."""
        if isinstance(self._found, KitError):
            raise self._found
        return self._found

    def _chosen(self):
        return self._found.best if self.choice is None else self.choice

    @validate("prompts")
    def _read_prompts(self, proposal):
        if not all(isinstance(prompt, (list, tuple)) and len(prompt) in (3, 4) for prompt in proposal["value"]):
            raise Refused("each of prompts must be a click, [x, y, label], or a box, [left, top, right, bottom]")
        return proposal["value"]

    @validate("choice")
    def _there_is_one(self, proposal):
        if self._scissors and proposal["value"]:
            raise Refused("there is one mask only, for GrabCut made it; leave choice as None")
        return proposal["value"]

    def _ask(self, change=None):
        """The answer to the prompts; a choice among the earlier masks says nothing about the new ones."""
        try:
            if not self.prompts:
                raise KitError("nothing is selected yet; click on what to keep, or drag a box around it")
            self._found = segmented(self._sam, self._image, self.points, self.labels, self.box, self._border)
        except KitError as error:
            self._found = error
        if self.choice is None:
            self._tell()
        else:
            self.choice = None  # which tells

    def _told_of_mask(self):
        """What the browser draws and says of the masks, or why there are none: a part of `_answer`."""
        found = self._found
        if isinstance(found, KitError):
            return {"status": str(found)}
        chosen = self._chosen()
        prompt = [f"{self.labels.count(label)} {what}" for label, what in ((1, "keep"), (0, "exclude"))
                  if label in self.labels] + ["box"] * (self.box is not None)
        share = found.masks[chosen].mean()
        which, trust = "mask", "by GrabCut, from the picture's own colours and edges"
        if not self._scissors:
            which = f"mask {chosen + 1}{', rated best,' if chosen == found.best else ''}"
            trust = f"SAM expects IoU {found.scores[chosen]:.2f}"
        return {
            **bits(found.masks), "best": found.best, "scores": [] if self._scissors else found.scores.tolist(),
            "shares": [percent(mask.mean()) for mask in found.masks],
            "status": f"{', '.join(prompt)}: {which} "
                      + (f"covers {percent(share)} of the picture" if share else "is empty, so click another spot")
                      + f"; {trust}."}
