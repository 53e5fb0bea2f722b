"""Measured before: rows of a long `maskedit evaluate --controls`, kept in data/ so that lessons need not wait.

A file of rows holds JSON objects, one a line. The first is the run's: all that its rows depend on. The others are rows.
"""

import json
from pathlib import Path

from ..errors import KitError
from ..places import HOME

FILE = HOME / "data" / "controls_pocket.jsonl"


def control_rows(file=FILE):
    """What every control did on held-out scenes.

    Parameters
    ----------
    file : path, as `maskedit evaluate --controls all --rows FILE` writes it; the kit's own run, of pocket models, if
        not given

    Returns
    -------
    list of dict, one for each scene, control and source of the mask: see `studies.scoreboard.compare`.

    Raises
    ------
    KitError
        No such file, or one that no such run wrote.
    """
    path = Path(file)
    if not path.is_file():
        raise KitError(f"{path} is not there; `maskedit evaluate --controls all --rows {path}` makes it")
    return read_rows(path)[1]


def read_rows(path):
    """(run, rows) of a file of rows: a dict and a list of dict, without the half line that a killed run may leave.

    (None, []) of an empty file. Raises KitError for a file of anything else.
    """
    strange = KitError(f"{path} holds no rows of a scoreboard; give another file")
    try:
        text = path.read_text(encoding="utf-8")
        whole = [line for line in text.splitlines(keepends=True) if line.endswith("\n") and line.strip()]
        run, *rows = map(json.loads, whole or ["null"])
    except OSError as error:
        raise KitError(f"{path}: could not be read ({error.strerror}); give another file") from error
    except ValueError:
        raise strange from None
    if run is None and not text.strip():
        return None, []
    if not isinstance(run, dict) or "models" not in run:
        raise strange
    if not all(isinstance(row, dict) and {"scene", "control", "source"} <= set(row) for row in rows):
        raise strange
    return run, rows
