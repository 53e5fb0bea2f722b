"""Measured before: rows of a long `maskedit evaluate --controls`, kept in data/ so that lessons need not wait."""

import json
from pathlib import Path

from .errors import KitError

FILE = Path(__file__).resolve().parents[1] / "data" / "controls_pocket.jsonl"


def control_rows(file=FILE):
    """What every control did on held-out scenes.

    Parameters
    ----------
    file : path, as `maskedit evaluate --controls all --rows FILE` writes it; the kit's own run, of pocket models, if
        not given

    Returns
    -------
    list of dict, one for each scene, control and source of the mask: see `pocket.scoreboard.compare`.

    Raises
    ------
    KitError
        No such file.
    """
    path = Path(file)
    if not path.is_file():
        raise KitError(f"{path} is not there; `maskedit evaluate --controls all --rows {path}` makes it")
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]
