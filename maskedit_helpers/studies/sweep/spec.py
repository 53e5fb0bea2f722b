"""A study's file: a question, what is done, what is fixed, and the factors whose levels make its cells.

    title = "How exact must a mask be?"
    question = "From which IoU on does a mask help?"
    task = "edits"                            # what is done in each cell
    scenes = 30                               # a setting like those below; so is seed

    [fixed]                                   # settings of all cells
    plan = "fast"

    [factors]                                 # each combination of levels is a cell, the last factor fastest
    control = ["blend", "mask-aware:channel"]
    mask = ["truth", "dilated:4"]

    [[cells]]                                 # one more cell
    control = "none"

    [[figure]]                                # how its figures are drawn, and its tables: see drawing.py
    x = "mask_iou"
    y = "truth_psnr"

    [[table]]
    by = ["mask", "control"]
"""

import itertools
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

from ...errors import KitError
from .tasks import find_task

KNOWN = {"title": str, "question": str, "task": str, "scenes": int, "seed": int, "fixed": dict, "factors": dict,
         "cells": list, "figure": list, "table": list}
WORDS = {str: "text in quotes", int: "a whole number", float: "a number", bool: "true or false",
         dict: "a table, [{name}]", list: "tables, [[{name}]]"}


@dataclass(frozen=True)
class Spec:
    """A study, as `read_spec` reads it.

    name : str, the file's without its ending. path : Path
    title, question, task : str
    scenes, seed : int, or None where the task has no such setting or they are factors
    fixed : dict, settings of all cells
    factors : {name: list of levels}
    extra : list of dict, cells beside the product
    figures, tables : list of dict, as the file has them
    defaults : dict, of the task
    """

    name: str
    path: Path
    title: str
    question: str
    task: str
    scenes: int | None
    seed: int | None
    fixed: dict
    factors: dict
    extra: list
    figures: list
    tables: list
    defaults: dict

    def cells(self):
        """The settings of each cell, all that the task has: list of dict, the product of the factors first."""
        levels = [dict(zip(self.factors, chosen)) for chosen in itertools.product(*self.factors.values())]
        return [self.defaults | self.fixed | own for own in (levels if self.factors else []) + self.extra]

    def varied(self):
        """Names of the settings that tell a cell from the others: the factors first."""
        return list(dict.fromkeys([*self.factors, *(name for one in self.extra for name in one)]))

    def told(self, settings):
        """A cell in words: "control blend, mask truth"."""
        return ", ".join(f"{name} {settings[name]}" for name in self.varied())

    @property
    def folder(self):
        """Where its rows are kept: beside the file, a folder of its name."""
        return self.path.with_suffix("")


def read_spec(path):
    """A study's file.

    Parameters
    ----------
    path : of a TOML file, as the top of this module shows one; or a Spec, which is returned as it is

    Returns
    -------
    Spec

    Raises
    ------
    KitError
        No such file; no TOML; a table, task or setting that there is not; a value of another type than the setting's;
        a factor without levels; a cell that is there twice; no cells.
    """
    if isinstance(path, Spec):
        return path
    path = Path(path)
    if path.suffix != ".toml":
        raise KitError(f"{path}: a study is a TOML file, so let its name end in .toml")
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KitError(f"{path}: could not be read ({error.strerror}); name the file of a study") from error
    except ValueError as error:
        raise KitError(f"{path} is no TOML ({error}); mend that place") from error
    try:
        return _spec(path, said)
    except KitError as error:
        raise KitError(f"{path}: {error}") from None


def _spec(path, said):
    _check_top(said)
    task = find_task(said["task"], path.parent)
    fixed = {name: said[name] for name in ("scenes", "seed") if name in said}
    twice = [*(fixed.keys() & said.get("fixed", {}).keys())]
    fixed |= said.get("fixed", {})
    factors, extra = said.get("factors", {}), said.get("cells", [])
    if twice := twice + [*(fixed.keys() & factors.keys())]:
        raise KitError(f"{twice[0]} is set twice; leave one of the two")
    for name, levels in factors.items():
        if not isinstance(levels, list) or not levels:
            raise KitError(f"factor {name}: give its levels as a list, for example {name} = [1, 2]")
    fixed = {name: _fitted(task, name, value) for name, value in fixed.items()}
    scenes, seed = (None if name in factors else (task.defaults | fixed).get(name) for name in ("scenes", "seed"))
    spec = Spec(path.stem, path, said.get("title", path.stem), said.get("question", ""), said["task"], scenes, seed,
                fixed, {name: [_fitted(task, name, level) for level in levels] for name, levels in factors.items()},
                [{name: _fitted(task, name, value) for name, value in one.items()} for one in extra],
                said.get("figure", []), said.get("table", []), dict(task.defaults))
    _check_cells(spec)
    return spec


def _check_top(said):
    for name, value in said.items():
        if name not in KNOWN:
            raise KitError(f"there is no {name!r} in a study; it has {', '.join(KNOWN)}"
                           + (" (settings go below [fixed])" if not isinstance(value, (dict, list)) else ""))
        if type(value) is not KNOWN[name] or KNOWN[name] is list and not all(isinstance(one, dict) for one in value):
            raise KitError(f"{name} must be {WORDS[KNOWN[name]].format(name=name)}")
    if "task" not in said:
        raise KitError('say what is done in each cell, for example task = "edits"')


def _fitted(task, name, value):
    """A setting's value, of the type of its default."""
    if name not in task.defaults:
        raise KitError(f"there is no setting {name!r}; settings are {', '.join(task.defaults) or 'none'}")
    kind = type(task.defaults[name])
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise KitError(f"{name} = {json.dumps(value, default=str)}: give {WORDS[kind]}")
    return value


def _check_cells(spec):
    seen = set()
    for settings in spec.cells():
        key = json.dumps(settings)
        if key in seen:
            raise KitError(f"the cell {spec.told(settings)} is there twice; leave one out")
        seen.add(key)
    if not seen:
        raise KitError("there are no cells; name a factor and its levels below [factors]")
