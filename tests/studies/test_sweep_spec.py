"""A study's file: its cells, and every mistake in it as one line before any work."""

import itertools
import sys

import pytest

import maskedit_helpers as me
from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.sweep.spec import read_spec
from maskedit_helpers.studies.sweep.tasks import TASKS, Task, find_task

STUDY = """
title = "A title"
question = "Why?"
task = "toy_sweep:TOY"
scenes = 5
[fixed]
nap = 1
[factors]
colour = ["red", "blue"]
number = [1, 2, 3]
[[cells]]
colour = "green"
soft = true
[[figure]]
x = "number"
"""


def read(tmp_path, text):
    (tmp_path / "some_study.toml").write_text(text)
    return read_spec(tmp_path / "some_study.toml")


def test_cells_are_the_product_last_factor_fastest_and_the_extra_ones(tmp_path):
    spec = read(tmp_path, STUDY)
    assert (spec.name, spec.title, spec.question, spec.scenes, spec.seed) == ("some_study", "A title", "Why?", 5, 0)
    assert spec.folder == tmp_path / "some_study" and spec.figures == [{"x": "number"}]
    cells = spec.cells()
    assert [(cell["colour"], cell["number"], cell["soft"]) for cell in cells] == [
        *((*pair, False) for pair in itertools.product(["red", "blue"], [1, 2, 3])), ("green", 0, True)]
    for cell in cells:
        assert cell.keys() == find_task("toy_sweep:TOY").defaults.keys()
        assert cell["scenes"] == 5 and cell["share"] == 0.5
        assert cell["nap"] == 1 and type(cell["nap"]) is float  # so it has one key, however it was written
    assert spec.told(cells[1]) == "colour red, number 2, soft False"


def test_seeds_may_be_a_factor(tmp_path):
    spec = read(tmp_path, 'task = "toy_sweep:TOY"\n[factors]\nseed = [3, 4]\n')
    assert spec.seed is None and [cell["seed"] for cell in spec.cells()] == [3, 4]


def test_a_task_may_lie_beside_its_study_and_is_done_anew_when_its_code_changes(tmp_path):
    code = ("from maskedit_helpers.studies.sweep.tasks import Task\ndef run(settings):\n"
            "    return [{'twice': 2 * settings['depth']}]\nMINE = Task(run, {'depth': 1})\n")
    (tmp_path / "beside_a_study.py").write_text(code)
    spec = read(tmp_path, 'task = "beside_a_study:MINE"\n[factors]\ndepth = [1, 2]\n')
    try:
        assert me.sweep(spec, progress=False) == [{"depth": 1, "twice": 2}, {"depth": 2, "twice": 4}]
        (tmp_path / "beside_a_study.py").write_text(code.replace("2 *", "0 + 3 *"))
        del sys.modules["beside_a_study"]
        assert [row["twice"] for row in me.sweep(spec, progress=False)] == [3, 6]
    finally:
        del sys.modules["beside_a_study"]


@pytest.mark.parametrize("name", TASKS)
def test_each_task_of_the_table_is_there(name):
    task = find_task(name)
    assert isinstance(task, Task)
    assert all(type(value) in (int, float, str, bool) for value in task.defaults.values())


@pytest.mark.parametrize(("old", "new", "said"), [
    ("title =", "titel =", "no 'titel' in a study; it has title, question"),
    ("scenes = 5", "nap = 5", "no 'nap' in a study.*settings go below .fixed."),
    ("scenes = 5", "scenes = 'five'", "scenes must be a whole number"),
    ("scenes = 5", "scenes = true", "scenes must be a whole number"),
    ("toy_sweep:TOY", "edit", "no task 'edit'; tasks are edits"),
    ("toy_sweep:TOY", "toy_swep:TOY", "no module toy_swep, nor toy_swep.py in"),
    ("toy_sweep:TOY", "toy_sweep:run", "toy_sweep has no Task of the name run"),
    ("task =", "# ", "say what is done in each cell"),
    ("nap = 1", "naps = 1", "no setting 'naps'; settings are scenes, seed, colour, number"),
    ("nap = 1", "nap = 'long'", "nap = \"long\": give a number"),
    ("nap = 1", "nap = [1, 2]", "give a number"),
    ("nap = 1", "number = 1", "number is set twice"),
    ("nap = 1", "scenes = 1", "scenes is set twice"),
    ("number = [1, 2, 3]", "number = []", "factor number: give its levels as a list"),
    ("number = [1, 2, 3]", "number = 1", "factor number: give its levels as a list"),
    ("number = [1, 2, 3]", "number = [1, 2.5]", "number = 2.5: give a whole number"),
    ("number = [1, 2, 3]", "number = [1, 2, 1]", "the cell colour red, number 1, soft False is there twice"),
    ("soft = true", "soft = 1", "soft = 1: give true or false"),
    ('colour = "green"\nsoft = true', 'colour = "red"\nnumber = 1', "the cell colour red, number 1 is there twice"),
    ("[[cells]]", "[cells]", "cells must be tables, ..cells.."),
    ("[factors]", "[factors", "is no TOML .*mend that place"),
])
def test_mistakes_are_one_line_that_says_what_to_do(tmp_path, old, new, said):
    assert STUDY.count(old) == 1
    with pytest.raises(KitError, match=said) as error:
        read(tmp_path, STUDY.replace(old, new))
    assert "some_study.toml" in str(error.value) and "\n" not in str(error.value)


def test_a_study_without_cells_and_one_that_is_not_there(tmp_path):
    with pytest.raises(KitError, match="there are no cells"):
        read(tmp_path, 'task = "toy_sweep:TOY"\n[fixed]\nnumber = 3\n')
    with pytest.raises(KitError, match="could not be read"):
        read_spec(tmp_path / "nowhere.toml")
    with pytest.raises(KitError, match="end in .toml"):
        read_spec(tmp_path / "study.json")
