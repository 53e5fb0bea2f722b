"""What a study has, what it lacks, and what lies in its folder that is of older settings, weights or code."""

from .cell import cells_of, failure, under_way
from .spec import read_spec
from .store import PACK, Store


def status(spec, rows=None):
    """How far a study is.

    spec : path of its file, or Spec. rows : folder of its rows, if not beside the file

    Returns
    -------
    dict: "cells", how many there are; of these "done", "missing", "failed" (missing, and why is known) and "under_way"
    (missing, and a process does it); "rows"; "stale", cells of the folder that are none of the study's any more;
    "levels", {factor: {level: [done, all]}}; "failures", [(settings that tell it, why, file of the log)]; "bytes" of
    all its rows; "packed", how many cells are joined in one file; "folder".
    """
    spec = read_spec(spec)
    store = Store(rows or spec.folder)
    cells, there = cells_of(spec, store.folder), store.cells()
    missing = [cell for key, cell in cells.items() if key not in there]
    failed = [cell for cell in missing if failure(store.folder, cell.key).is_file()]
    done = [there[key] for key in cells if key in there]
    return {
        "cells": len(cells), "done": len(done), "missing": len(missing), "failed": len(failed),
        "under_way": sum(under_way(store.folder, cell.key) for cell in missing),
        "rows": sum(kept.count for kept in done), "stale": len(there.keys() - cells.keys()),
        "levels": {name: {str(level): [sum(key in there for key, cell in cells.items() if cell.settings[name] == level),
                                       sum(cell.settings[name] == level for cell in cells.values())]
                          for level in dict.fromkeys(cell.settings[name] for cell in cells.values())}
                   for name in spec.varied()},
        "failures": [_why(spec, store, cell) for cell in failed],
        "bytes": sum(path.stat().st_size for path in {kept.path for kept in there.values()}),
        "packed": sum(kept.path.name == PACK for kept in done), "folder": str(store.folder),
    }


def drop_stale(spec, rows=None):
    """Remove the cells of a study's folder that are none of its cells any more; how many they were."""
    spec = read_spec(spec)
    store = Store(rows or spec.folder)
    stale = store.cells().keys() - cells_of(spec, store.folder).keys()
    store.drop(stale)
    return len(stale)


def pack(spec, rows=None):
    """Join a study's finished cells into one file. Returns (cells, bytes)."""
    spec = read_spec(spec)
    store = Store(rows or spec.folder)
    there = store.cells()
    keys = [key for key in cells_of(spec, store.folder) if key in there]
    return len(keys), store.pack(keys) if keys else 0


def _why(spec, store, cell):
    path = failure(store.folder, cell.key)
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return {"cell": spec.told(cell.settings), "why": lines[-1].strip() if lines else "", "log": str(path)}
