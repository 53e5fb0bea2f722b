"""A notebook's cells, run in this process, for tests that hold what its text says against what they give."""

import ast
import json
import re
from pathlib import Path

import pytest

import maskedit_helpers as me

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NUMBER = r"(-?\d+(?:\.\d+)?)"


def texts(number):
    """{id: source} of the notebook of that number, such as "07"."""
    return {cell["id"]: "".join(cell["source"]) for cell in _cells(number)}


def ran(number, results, left_out=(), silent=(), change=(), after=None):
    """The variables after a notebook's code cells ran in order, "text", {id: source}, and "said", what they printed.

    results : folder that they write to. left_out : ids of cells that don't run, beside the set-up and the exercises.
    silent : verbs that do nothing. change : {id: function of the source}. after : called with the id of each cell that
    ran and the variables.
    """
    names, said = {"me": me, "Path": Path, "home": FOLDER.parent, "display": lambda shown: None}, []
    names["print"] = lambda *words, sep=" ": said.append(sep.join(map(str, words)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_SIZE", "pocket")
        patch.setenv("MASKEDIT_RESULTS", str(results))
        for verb in silent:
            patch.setattr(me, verb, lambda *shown, **more: None)
        for cell in _cells(number):
            name, source = cell["id"], "".join(cell["source"])
            if cell["cell_type"] == "code" and not name.startswith("exercise-") and name not in ("setup", *left_out):
                exec(compile(ast.parse(change[name](source) if name in change else source), name, "exec"), names)
                if after:
                    after(name, names)
    return {**names, "text": texts(number), "said": "\n".join(said)}


def says(lesson, cell, sentence, *values):
    """The sentence stands in that cell, with these numbers, for each {}, to its last digits."""
    match = re.search(re.escape(sentence).replace(r"\{\}", NUMBER), lesson["text"][cell])
    assert match, f"{cell} does not say: {sentence}"
    for written, value in zip(match.groups(), values, strict=True):
        digits = len(written.partition(".")[2])
        assert abs(float(written) - value) < 0.55 * 10**-digits, f"{sentence}: {written}, {value}"


def _cells(number):
    return json.loads(next(FOLDER.glob(f"{number}_*.ipynb")).read_text())["cells"]
