"""The rows of a scoreboard, kept in a file as they are measured: a run that was stopped goes on where it was.

The file's first line says what its rows depend on (`origin`). Rows of anything else are refused; only where a control's
settings have changed, its own rows are measured anew. Whatever happens, the file is whole: its beginning is written
aside and renamed, and each row is added as one line.
"""
import json
import warnings
from pathlib import Path

from ..errors import KitError
from ..pictures.images import write_file
from .measured import read_rows


def key(row):
    """What tells a row from all others of its run."""
    return row["scene"], row["control"], row["source"]


class Rows:
    """The rows of a run, those of its file first.

    Parameters
    ----------
    file : path or None
        Made if it is not there; without it nothing is kept.
    run : dict
        What the rows depend on: a value for each thing by its name, "controls": {name: its settings}, and "words" where
        masks come from words.

    Attributes
    ----------
    rows : list of dict. done : set of their keys.

    Raises
    ------
    KitError
        A file that holds rows of another run, or no rows; one that can't be written.
    """

    def __init__(self, file=None, run=None):
        self.path, self.rows = file and Path(file).resolve(), []  # a link stays one
        if self.path:
            self._open(run)
        self.done = set(map(key, self.rows))

    def add(self, row):
        self.rows.append(row)
        self.done.add(key(row))
        if self.path:
            try:
                with open(self.path, "a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
            except OSError as error:
                raise KitError(f"{self.path}: could not be written ({error.strerror}); the rows before this one are "
                               "kept there") from error

    def _open(self, run):
        if self.path.is_file():
            before, rows = read_rows(self.path)
            if before is not None:
                self._refuse_another(before, run, rows)
                self.rows, run = self._still_true(before, run, rows)
        lines = "".join(json.dumps(line) + "\n" for line in (run, *self.rows)).encode()
        if not (self.path.is_file() and self.path.read_bytes() == lines):
            write_file(self.path, lines, self.path.suffix.lower())

    def _refuse_another(self, before, run, rows):
        """Raise KitError if rows of these two runs don't belong on one scoreboard."""
        new = set() if any(row["source"] == "words" for row in rows) else {"words"} - set(before)
        others = [name.replace("_", " ") for name in run if name not in {"controls", *new}
                  and before.get(name) != run[name]]
        if others:
            raise KitError(f"{self.path} holds the rows of another run (other {', '.join(others)}); give another "
                           "file, or delete it")

    def _still_true(self, before, run, rows):
        """(the rows whose control is set as it was, the run that they and the new ones are of)"""
        was = before.get("controls", {})
        changed = {name for name, settings in run["controls"].items() if was.get(name) != settings}
        kept = [row for row in rows if row["control"] not in changed]
        if len(kept) < len(rows):
            again = sorted({row["control"] for row in rows} & changed)
            warnings.warn(f"{self.path}: {', '.join(again)} had other settings or other code; "
                          f"{len(rows) - len(kept)} rows are measured anew", stacklevel=2)
        return kept, {**before, **run, "controls": {**was, **run["controls"]}}
