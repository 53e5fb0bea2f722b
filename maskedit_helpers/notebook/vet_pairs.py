"""VetPairs: pairs one at a time, to accept or reject by a key."""

from numbers import Integral
from pathlib import Path

import anywidget
import numpy as np
from traitlets import Dict, List, validate

from ..errors import KitError
from ..pictures.images import WHITE, read_image, read_mask
from ..training.pairs_with_masks.card import write_card
from ..training.pairs_with_masks.reading import Pairs, read_pairs
from ..training.vetting import add_answer, read_vetting, vetting_file
from .picture_widget import Refused, bits, module, png

NAMES = ("id", "seed")  # what a row may be called by, the first that it has; else its place among the rows


class VetPairs(anywidget.AnyWidget):
    """Is this a pair to learn from? One at a time: before, the mask on it, after, and the instruction.

    a accepts, r rejects, u takes the last answer back; so do three buttons. Each answer is kept at once, so a session
    that is cut off goes on where it was. Once all pairs of a folder are answered, its data card says so.

    Parameters
    ----------
    pairs : folder of built pairs, of which those are shown that were set aside for this and that the filter kept; or a
        sequence of rows, as of `read_pairs`: dicts with `before`, `after`, `mask` and `instruction`, and `id` or
        `seed`, by which the answers name them
    vetter : str, whose answers these are; several vetters may share a file
    file : path of the file that keeps the answers, see `vetting`; vetting.jsonl in the folder of the pairs if not
        given. Of rows that are from no folder nothing is kept without one.

    Attributes
    ----------
    answers : {name of the pair: bool}, True for an accepted one, oldest first; the pairs that are shown and no others
    names : list of str, of all the pairs, in the order in which they are shown

    Raises
    ------
    KitError
        No pairs, a row that lacks something, a picture or a mask that cannot be read, two pairs of one name, a file
        that cannot be read. That an answer could not be kept is told in the widget, and it is kept with the next one.
    """

    _esm = module("vet_pairs.js", view="vetPairs")
    _css = Path(__file__).with_name("picture_widget.css").read_text(encoding="utf-8")
    _history = List().tag(sync=True)  # [place of the pair, 1 or 0], oldest first
    _answer = Dict().tag(sync=True)

    def __init__(self, pairs, vetter="me", file=None):
        if not isinstance(vetter, str) or not vetter.strip() or "\n" in vetter:
            raise KitError(f"vetter is {vetter!r}; give a name, in quotes")
        self._folder = Path(pairs) if isinstance(pairs, (str, Path)) else getattr(pairs, "folder", None)
        self._rows = _rows_of(pairs)
        self.names = _names_of(self._rows)
        self.vetter, self._file = vetter, file if file is not None else self._folder
        known = {} if self._file is None else read_vetting(self._file).get(vetter, {})
        places = {name: place for place, name in enumerate(self.names)}
        super().__init__(_history=[[places[name], int(accept)] for name, accept in known.items() if name in places])
        self._kept = dict(self._history)  # what the file says
        self._tell()
        self.observe(self._keep, "_history")

    @property
    def answers(self):
        return {self.names[place]: bool(accept) for place, accept in self._history}

    def accept(self, name=None):
        """Accept a pair, by its name; the one that is shown if not given."""
        self._say(name, 1)

    def reject(self, name=None):
        """Reject a pair, by its name; the one that is shown if not given."""
        self._say(name, 0)

    def undo(self):
        """Take the last answer back; nothing happens if there is none."""
        self._history = self._history[:-1]

    def _say(self, name, accept):
        place = self._shown() if name is None else self._place(name)
        if place is None:
            raise KitError("all pairs have been answered; name one to answer it anew")
        self._history = [one for one in self._history if one[0] != place] + [[place, accept]]

    def _place(self, name):
        if str(name) not in self.names:
            raise KitError(f"no pair is called {name!r}; their names are in .names")
        return self.names.index(str(name))

    def _shown(self):
        """The first pair without an answer; None if all have one."""
        answered = {place for place, _ in self._history}
        return next((place for place in range(len(self._rows)) if place not in answered), None)

    @validate("_history")
    def _makes_sense(self, proposal):
        history = proposal["value"]
        right = all(isinstance(one, list) and len(one) == 2 and all(type(n) is int for n in one)
                    and 0 <= one[0] < len(self._rows) and one[1] in (0, 1) for one in history)
        if not right or len({place for place, _ in history}) < len(history):
            raise Refused(f"_history is {history}; give [place, 0 or 1] for each answered pair, once")
        return history

    def _keep(self, change=None):
        """Write what the file does not say yet, an answer that it did not take before among it."""
        now, problem = dict(self._history), ""
        if self._file is not None:
            try:
                for place in [*(place for place in self._kept if place not in now), *now]:
                    if now.get(place) != self._kept.get(place):
                        accept = now.get(place)
                        add_answer(self._file, self.names[place], self.vetter, None if accept is None else bool(accept))
                        self._kept[place] = accept
                self._kept = now
                if self._folder is not None and len(now) == len(self._rows):
                    write_card(self._folder)
            except KitError as error:
                problem = f"Not kept: {error}"
        self._tell(problem)

    def _tell(self, problem=""):
        """Send the browser the pair to look at, and how far one is."""
        at, accepted, done = self._shown(), sum(accept for _, accept in self._history), len(self._history)
        counted = f"{done} of {len(self._rows)} answered: {accepted} accepted, {done - accepted} rejected."
        kept = "" if self._file is None else f" Kept as {self.vetter}’s in {vetting_file(self._file)}."
        answer = {"at": -1 if at is None else at, "status": problem or counted + kept, "done": done}
        if at is not None:
            row = self._rows[at]
            x0 = read_image(row["before"], "before")
            M = read_mask(row["mask"], x0.shape, allow_empty=True) > WHITE
            answer |= {"of": [x0.shape[1], x0.shape[0]], "before": png(x0),
                       "after": png(read_image(row["after"], "after")), "instruction": row["instruction"],
                       "heading": f"Pair {at + 1} of {len(self._rows)}", **bits(M[np.newaxis])}
        self._answer = answer


def _rows_of(pairs):
    """A sequence of rows; those of a folder are read when they are shown."""
    if isinstance(pairs, (str, Path)):
        rows = read_pairs(pairs, validation=True)
        if not len(rows):
            raise KitError(f"{pairs}: none of the pairs that were set aside to be looked at was kept; build more, or "
                           "give rows of me.read_pairs")
        return rows
    rows = list(pairs)
    if not rows:
        raise KitError("there are no pairs; give one row at least")
    for place, row in enumerate(rows):
        if missing := [key for key in ("before", "after", "mask", "instruction") if row.get(key) is None]:
            raise KitError(f"pair {place} has no {', no '.join(missing)}")
    return rows


def _names_of(rows):
    names = rows.names if isinstance(rows, Pairs) else [
        str(next((row[key] for key in NAMES if isinstance(row.get(key), (str, Integral))), place))
        for place, row in enumerate(rows)]
    if doubled := {name for name in names if names.count(name) > 1}:
        raise KitError(f"several pairs are called {sorted(doubled)[0]!r}; give each an id of its own")
    return names
