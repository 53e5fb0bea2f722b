"""RateEdits: the items of a human study in a notebook, rated by keys 1 to 5, into the study's own answers."""

from pathlib import Path

import anywidget
from traitlets import Dict, List, validate

from ..errors import KitError
from ..studies.human.answers import Answers
from ..studies.human.folder import open_study
from ..studies.human.questions import SCALE
from .picture_widget import Refused, module


class RateEdits(anywidget.AnyWidget):
    """Rate the edits of a study, one at a time, without being told which method made them.

    Keys 1 to 5 answer the question that is marked, and the mark moves on; b goes back; so do buttons. Each answer is
    kept at once in the study's folder, where `maskedit study serve` keeps those of its raters, too; who shows the
    widget again, by the same name, goes on where they were.

    Parameters
    ----------
    study : folder of a study, or what `new_study` returns
    rater : str, by which one is found again; only a code made of it is kept

    Attributes
    ----------
    at : int, position of the edit that is shown, from 0; None when all are answered
    answers : {position: {question: 1 to 5}}
    total : int, how many are shown

    Raises
    ------
    KitError
        No study there, or its answers can't be read or kept.
    """

    _esm = module("rate_edits.js", view="rateEdits")
    _css = Path(__file__).with_name("picture_widget.css").read_text(encoding="utf-8")
    # The hand's latest answer, [position, number of the question, 1 to 5 or 0 for unsure, count], and the position that
    # it asked for, [position, count]; the counts make the same said twice a change.
    _said = List().tag(sync=True)
    _place = List().tag(sync=True)
    _answer = Dict().tag(sync=True)

    def __init__(self, study, rater="me"):
        if not isinstance(rater, str) or not rater.strip():
            raise KitError(f"rater is {rater!r}; give a name, in quotes")
        self.study = open_study(study)
        self._answers = Answers(self.study)
        self.rater = self._answers.rater_named(rater.strip())
        self._order = self._answers.order(self.rater)
        self._names = [one["name"] for one in self.study.questions]
        self._at = self._answers.next(self.rater)
        super().__init__()
        self._tell()
        self.observe(self._heard, "_said")
        self.observe(self._went, "_place")

    @property
    def at(self):
        return self._at

    @property
    def total(self):
        return len(self._order)

    @property
    def answers(self):
        return self._answers.given(self.rater)

    def say(self, *answers, at=None):
        """Answer all questions of an edit by code.

        Parameters
        ----------
        *answers : int, 1 to 5, in the order of the questions; None where one is unsure and may be
        at : int, its position; the one that is shown if not given

        Raises
        ------
        KitError
            Too few answers or too many, one out of range, all edits answered; nothing is kept then.
        """
        at = self._at if at is None else at
        if at is None:
            raise KitError("all edits are answered; say at= to answer one anew")
        if len(answers) != len(self._names):
            raise KitError(f"{len(answers)} answers to {len(self._names)} questions; give one for each of "
                           f"{', '.join(self._names)}")
        self._answers.keep(self.rater, at, dict(zip(self._names, answers)))
        self._at = self._answers.next(self.rater)
        self._tell()

    def pictures(self, at=None):
        """(original, outlined, edited) of a position as a rater sees them, uint8 (H, W, 3); of the one that is shown
        if not given."""
        from ..pictures.images import read_image

        at = self._at if at is None else at
        if type(at) is not int or not 0 <= at < self.total:
            raise KitError(f"nothing is shown at position {at}; they go from 0 to {self.total - 1}")
        item = self._item(at)
        return tuple(read_image(self.study.picture(item[kind])) for kind in ("original", "outlined", "edited"))

    def _item(self, at):
        return self.study.items[self._order[at][0]]

    @validate("_said", "_place")
    def _makes_sense(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        right = all(type(n) is int for n in value) and len(value) == (4 if name == "_said" else 2)
        if right:
            right = 0 <= value[0] < self.total
        if right and name == "_said":
            right = 0 <= value[1] < len(self._names) and (value[2] in SCALE or not value[2] and "unsure" in
                                                          self.study.questions[value[1]])
        if value and not right:
            raise Refused(f"{name} is {value}; give a position out of {self.total}, and for an answer the number of "
                          "the question and 1 to 5")
        return value

    def _heard(self, change):
        """An answer of the hand; on from an edit once all its questions are answered, and it was the last of them."""
        if not change["new"]:
            return
        at, question, answer, _ = change["new"]
        problem = ""
        try:
            self._answers.keep(self.rater, at, {self._names[question]: answer or None})
            if question == len(self._names) - 1 and not self._missing(at):
                following = at + 1 if at + 1 < self.total else None
                self._at = following if following is not None and self._missing(following) else \
                    self._answers.next(self.rater)
        except KitError as error:
            problem = f"Not kept: {error}"
        self._tell(problem)

    def _went(self, change):
        if change["new"]:
            self._at = change["new"][0]
            self._tell()

    def _missing(self, at):
        return set(self._names) - self._answers.given(self.rater, at).keys()

    def _tell(self, problem=""):
        """Send the browser the edit to look at."""
        done = sum(len(one) == len(self._names) for one in self.answers.values())
        answer = {"at": -1 if self._at is None else self._at, "total": self.total, "done": done,
                  "status": problem or f"{done} of {self.total} rated."}
        if self._at is not None:
            item, given = self._item(self._at), self._answers.given(self.rater, self._at)
            answer |= {"size": item["size"], "instruction": item["instruction"],
                       **{kind: self.study.picture(item[kind]) for kind in ("original", "outlined", "edited")},
                       "questions": self.study.questions,
                       "given": [given[name] or 0 if name in given else -1 for name in self._names]}
        self._answer = answer
