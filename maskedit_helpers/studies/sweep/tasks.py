"""Tasks: what a sweep does in each of its cells, by name."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from ...errors import KitError
from ...fingerprint import fingerprint

TASKS = {  # where each is; imported when a study asks for it
    "edits": "maskedit_helpers.studies.sweep.edits:TASK",
    "clip_curve": "maskedit_helpers.studies.reproduce.clip_curve:TASK",
    "trained": "maskedit_helpers.studies.sweep.trained:TASK",
}


def _nothing(settings):
    pass


@dataclass(frozen=True)
class Task:
    """What is measured.

    run : settings -> list of dict, the rows of a cell, at least one. Their values are numbers, strings, bools or None;
        numbers with a fraction are kept as float32. The same settings give the same rows.
    defaults : dict of all settings there are, with their defaults: numbers, strings or bools. A study's settings are
        of the same types; those that it does not name are at their defaults.
    check : raises KitError for settings that can't be, of each cell before any is begun
    depends : settings -> dict of all else that the rows depend on, such as fingerprints of weights and of code, as
        JSON holds it; if not given, the code of the file that `run` is in. Asked of every cell, and again where the
        cell is done, so it remembers what is slow to find out.

    `run`, `check` and `depends` are called in this process, in workers and on other machines, so they are functions of
    a module. Neighbouring cells are done by the same process: what is slow to load is worth keeping there.
    """

    run: Callable
    defaults: dict = field(default_factory=dict)
    check: Callable = _nothing
    depends: Callable | None = None

    def dependencies(self, settings):
        """What the rows of these settings depend on besides them."""
        if self.depends:
            return self.depends(settings)
        return {"code": fingerprint(sys.modules[self.run.__module__])}


def find_task(name, beside=None):
    """The task of a name of `TASKS`, or of "module:object".

    beside : folder in which a module is looked for that is not installed

    Raises KitError where there is none.
    """
    module, colon, thing = TASKS.get(name, name).partition(":")
    if not colon:
        raise KitError(f"there is no task {name!r}; tasks are {', '.join(TASKS)}, or module:object for one of your own")
    task = getattr(_module(module, name, beside), thing, None)
    if not isinstance(task, Task):
        raise KitError(f"task {name!r}: {module} has no Task of the name {thing}")
    return task


def _module(module, name, beside):
    place = str(Path(beside).resolve()) if beside else None
    if place:
        sys.path.append(place)
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.split(".")[0] and error.name != module:  # it is there, and asks for another
            raise
        where = f", nor {module}.py in {beside}" if beside else ""
        raise KitError(f"task {name!r}: there is no module {module}{where}") from None
    finally:
        if place:
            sys.path.remove(place)
