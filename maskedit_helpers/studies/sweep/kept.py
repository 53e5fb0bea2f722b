"""The rows that a study has, without doing anything."""

import json
import warnings

from ...errors import KitError
from .cell import cells_of
from .spec import read_spec
from .store import Store


def study_rows(spec, *, rows=None, current=False):
    """The kept rows of a study's cells.

    Parameters
    ----------
    spec : path of a study's file, or Spec
    rows : path, optional
        Folder of the rows; beside the study's file if not given.
    current : bool
        Only rows whose weights and code are as they are now. Otherwise they are taken as they were kept, which needs
        no models, unless some cells were done anew since: then all are to be current, so that no old row stands beside
        a new one.

    Returns
    -------
    list of dict: the settings of the cell, then the task's own columns; in order of the cells. Cells that are missing
    are warned of.

    Raises
    ------
    KitError
        Whatever `read_spec` refuses; no rows at all.
    """
    spec = read_spec(spec)
    store = Store(rows or spec.folder)
    keys = None if current else _as_kept(spec, store)
    if keys is None:
        there = store.cells()
        keys = [key for key in cells_of(spec, store.folder) if key in there]
    count = len(spec.cells())
    if not keys:
        raise KitError(f"{store.folder} has no rows of this study; `maskedit sweep run {spec.path}` makes them")
    if len(keys) < count:
        warnings.warn(f"{count - len(keys)} of {count} cells of {spec.path} are missing; `maskedit sweep run` makes "
                      "them", stacklevel=2)
    return rows_of(store, keys)


def rows_of(store, keys):
    """The rows of cells that are there, one after the other."""
    read = store.read(keys)
    return [row for key in keys for row in read[key]]


def _as_kept(spec, store):
    """Keys of the study's cells by their settings alone; None where some were done more than once."""
    found = {}
    for kept in store.cells().values():
        if kept.task == spec.task:
            found.setdefault(_said(kept.settings), []).append(kept.key)
    keys = [found.get(_said(settings), []) for settings in spec.cells()]
    return None if any(len(each) > 1 for each in keys) else [key for each in keys for key in each]


def _said(settings):
    return json.dumps(settings, sort_keys=True)
