"""Kept rows: a folder of parquet files, each whole or not there; one for a cell, or one for many that `pack` joined.

Both look alike: the settings and the rows' own columns side by side, as pandas and `datasets` read them, and in the
file's metadata which cells it holds, under which keys, and what they depend on. A few rows weigh less than the notes
that parquet makes of them, so finished cells are joined before they are kept in git.
"""

import io
import json
from dataclasses import dataclass
from pathlib import Path

from ...errors import KitError
from ...pictures.images import write_file
from ...written import make_folder
from .columns import columns_of
from .keys import cell_key

NOTE = b"maskedit_cells"
PACK = "cells.parquet"


@dataclass(frozen=True)
class Kept:
    """A cell that is kept: rows `first` to `first + count` of a file."""

    key: str
    task: str
    settings: dict
    depends: dict
    path: Path
    first: int
    count: int


class Store:
    """The rows in a folder, which need not be there yet."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self._packed = (None, {})

    def cells(self):
        """{key: Kept} of all cells that are there. Raises KitError for a parquet file that no sweep wrote."""
        while True:
            try:
                found = self._pack()
                for path in sorted(self.folder.glob("[0-9a-f]*.parquet")):
                    if path.name != PACK:
                        found = _cells_of(path) | found  # a pack that was cut off has not removed yet what it holds
                return found
            except FileNotFoundError:  # a pack took it up meanwhile
                continue

    def __contains__(self, key):
        return self._path(key).is_file() or key in self._pack()

    def write(self, task, settings, depends, rows):
        """Keep the rows of a cell; the same again does no harm. Returns its key.

        Raises KitError for no rows, for values that can't be kept, and where the system refuses.
        """
        kept = Kept(cell_key(task, settings, depends), task, settings, depends, None, 0, len(rows))
        _note_and_write(self._path(kept.key), columns_of(settings, rows), [kept])
        return kept.key

    def read(self, keys):
        """{key: list of dict} of cells that are there, each row with its cell's settings first. Raises KeyError."""
        while True:
            there, tables = self.cells(), {}
            try:
                for path in {there[key].path for key in keys}:
                    tables[path] = _table(path)
            except FileNotFoundError:
                continue
            slices = {key: tables[there[key].path].slice(there[key].first, there[key].count) for key in keys}
            return {key: table.to_pylist() for key, table in slices.items()}

    def pack(self, keys):
        """Join these cells, and those of an earlier pack, into one file, and remove their own. Bytes of the new file.

        Cut off anywhere, nothing is lost and nothing there twice.
        """
        there = self.cells()
        chosen = [*keys, *(key for key, kept in there.items() if kept.path.name == PACK and key not in keys)]
        self._write_pack([there[key] for key in chosen])
        for key in chosen:
            self._path(key).unlink(missing_ok=True)
        return (self.folder / PACK).stat().st_size

    def drop(self, keys):
        """Remove cells."""
        packed, keys = self._pack(), set(keys)
        if rest := [kept for key, kept in packed.items() if key not in keys]:
            if len(rest) < len(packed):
                self._write_pack(rest)
        elif packed:
            (self.folder / PACK).unlink()
        for key in keys:
            self._path(key).unlink(missing_ok=True)

    def _path(self, key):
        return self.folder / f"{key}.parquet"

    def _pack(self):
        """{key: Kept} of the pack, looked into again only when it is another file."""
        path = self.folder / PACK
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        if self._packed[0] != (stat.st_mtime_ns, stat.st_size, stat.st_ino):
            self._packed = (stat.st_mtime_ns, stat.st_size, stat.st_ino), _cells_of(path)
        return dict(self._packed[1])

    def _write_pack(self, cells):
        import pyarrow

        tables = {path: _table(path) for path in {kept.path for kept in cells}}
        joined = pyarrow.concat_tables([tables[kept.path].slice(kept.first, kept.count) for kept in cells],
                                       promote_options="permissive")
        _note_and_write(self.folder / PACK, joined, cells)


def _table(path):
    """A file's rows. Not by `read_table`, which imports pandas."""
    import pyarrow.parquet

    with pyarrow.parquet.ParquetFile(path) as file:
        return file.read()


def _note_and_write(path, table, cells):
    """A file of cells, whose rows the table holds one after the other."""
    import pyarrow
    import pyarrow.parquet

    first = cells[0].settings
    shared = {name: value for name, value in first.items()
              if all(kept.settings.get(name) == value and name in kept.settings for kept in cells)}
    depends = list({json.dumps(kept.depends, sort_keys=True): None for kept in cells})
    note = {"task": cells[0].task, "shared": shared, "depends": [json.loads(one) for one in depends],
            "cells": [[kept.key, {name: value for name, value in kept.settings.items() if name not in shared},
                       depends.index(json.dumps(kept.depends, sort_keys=True)), kept.count] for kept in cells]}
    words = [field.name for field in table.schema if field.type == pyarrow.string()]
    data = io.BytesIO()
    with pyarrow.parquet.ParquetWriter(data, table.schema, compression="zstd", compression_level=19, store_schema=False,
                                       write_statistics=False, use_dictionary=words) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({NOTE: json.dumps(note, separators=(",", ":"))})
    make_folder(path.parent)
    write_file(path, data.getvalue(), ".parquet")


def _cells_of(path):
    """{key: Kept} of a file"""
    import pyarrow
    import pyarrow.parquet

    strange = KitError(f"{path} is not as a sweep wrote it; move it elsewhere, or delete it to have it done again")
    try:
        said = json.loads(pyarrow.parquet.read_metadata(path).metadata[NOTE])
        found, first = {}, 0
        for key, own, which, count in said["cells"]:
            kept = Kept(key, said["task"], said["shared"] | own, said["depends"][which], path, first, count)
            if cell_key(kept.task, kept.settings, kept.depends) != key:
                raise strange
            found[key], first = kept, first + count
    except FileNotFoundError:
        raise
    except (OSError, KeyError, TypeError, ValueError, pyarrow.ArrowInvalid) as error:
        raise strange from error
    return found
