"""Where pairs come from: drawn here, a set of `datasets` by name, streamed, or files of the same layout."""

import io
from itertools import islice
from pathlib import Path

from ...errors import KitError
from .drawn import Drawn
from .layouts import LAYOUTS, layout_of

LARGE = 2_000_000  # bytes that a pair of a set takes at most, as a guess: three PNG of 512 x 512


def open_source(source, count, first, leak, split=None, layout=None, size=None):
    """A `Drawn` or a `Streamed`. Parameters as for `build.build_pairs`.

    Raises
    ------
    KitError
        There is no such set, file or folder; it can't be opened; its columns are of no known layout; an unknown split.
    """
    if str(source) == "drawn":
        if split or layout:
            raise KitError("split and layout are for sets; drawn pairs have none")
        return Drawn(count, first, leak, size)
    if first < 0:
        raise KitError(f"first is {first}; give 0 or more rows to leave out")
    rows = _opened(source, split)
    try:
        columns = list(next(iter(rows)))
    except StopIteration:
        raise KitError(f"{source} is empty") from None
    except Exception as error:
        raise KitError(f"{source}: its first row could not be read ({_said(error)})") from error
    return Streamed(rows, count, first, size, *layout_of(columns, layout))


class Streamed:
    """Rows of a set, read one after another. rows: what yields them as dicts."""

    target = False

    def __init__(self, rows, count, first, size, name, layout):
        self.stream, self.count, self.first, self.size, self.name, self.layout = rows, count, first, size, name, layout
        self.masks, self.captions, self.licence = bool(layout.mask), bool(layout.captions), layout.licence

    def rows(self):
        """(number, row) of each pair, in order; pictures as bytes."""
        last = None if self.count is None else self.first + self.count
        try:
            for number, row in islice(enumerate(self.stream), self.first, last):
                yield number, {name: _bytes(row[name]) if name in self.layout.pictures else row.get(name)
                               for name in (*self.layout.columns, *filter(None, [self.layout.kind]))}
        except KitError:
            raise
        except Exception as error:  # a connection, a damaged file: in many ways
            raise KitError(f"reading went wrong ({_said(error)}); the same call goes on from what is whole") from error

    def bytes_of_a_row(self):
        return LARGE if self.size is None else 7 * self.size**2

    def sample(self, task):
        return self.layout.sample(*task, self.size)

    def to_hand_over(self):
        """Without the stream, which other processes don't need."""
        return Streamed(None, self.count, self.first, self.size, self.name, self.layout)


def _opened(source, split):
    """The rows of a set, undecoded: what can be iterated over, again and again."""
    from datasets import Image, disable_progress_bars, load_dataset, load_from_disk

    disable_progress_bars()
    path = Path(source).expanduser()
    try:
        if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
            found = load_from_disk(str(path))
        elif path.exists():
            files = [str(path)] if path.is_file() else sorted(map(str, path.rglob("*.parquet")))
            if not files or not all(file.endswith(".parquet") for file in files):
                raise KitError(f"{source} holds no parquet files, and no set that save_to_disk wrote")
            found = load_dataset("parquet", data_files=files, streaming=True)
        elif str(source).count("/") == 1 and str(source)[0].isalnum():
            found = load_dataset(str(source), streaming=True)
        else:
            raise KitError(f"source {source!r}: give drawn, a file or folder that is here, or the name of a set "
                           "(owner/name)")
        rows = _split_of(found, source, split)
    except KitError:
        raise
    except Exception as error:  # no such set, no connection, a damaged file: each library its own
        raise KitError(f"{source} could not be opened ({_said(error)}); check its name, and the connection") from error
    for name, kind in (rows.features or {}).items():
        if isinstance(kind, Image):
            rows = rows.cast_column(name, Image(decode=False))
    return rows


def _split_of(found, source, split):
    if not hasattr(found, "keys"):
        return found
    known = next((layout.split for layout in LAYOUTS.values() if str(source) in layout.sets), "train")
    names = list(found)
    name = split or (known if known in names else names[0] if len(names) == 1 else known)
    if name not in names:
        raise KitError(f"{source} has no split {name!r}; use one of {', '.join(names)}")
    return found[name]


def _bytes(stored):
    """A stored picture as the bytes of its file, or None."""
    if isinstance(stored, dict):
        if stored.get("bytes") is None and stored.get("path"):
            return Path(stored["path"]).read_bytes()
        return stored.get("bytes")
    if hasattr(stored, "save"):  # a PIL image
        data = io.BytesIO()
        stored.save(data, "png")
        return data.getvalue()
    return stored


def _said(error):
    return " ".join(str(error).split())[:160] or type(error).__name__
