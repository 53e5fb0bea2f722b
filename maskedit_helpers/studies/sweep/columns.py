"""Rows as columns that parquet holds: whole numbers, float32, text and bools, each with gaps."""

from ...errors import KitError


def columns_of(settings, rows):
    """A pyarrow table of a cell's rows, its settings first; whole and fractional settings as exact as they are.

    Raises KitError for no rows, and for values that can't be kept.
    """
    import pyarrow

    if not rows:
        raise KitError("the task gave no rows for a cell; let it give one at least")
    columns = {name: _array([value] * len(rows), type(value), exact=True) for name, value in settings.items()}
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        values = [value.item() if hasattr(value, "item") else value for value in values]  # numpy's numbers
        if name in settings:
            if any(value != settings[name] for value in values):
                raise KitError(f"column {name} of the task's rows is a setting, and differs from it; call it otherwise")
            continue
        columns[name] = _array(values, _kind(name, values))
    return pyarrow.Table.from_arrays(list(columns.values()), list(columns))


def _kind(name, values):
    """The type of a column's values; None where it has none."""
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {int, float}:
        return float
    if len(kinds) > 1 or not kinds <= {bool, int, float, str}:
        told = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise KitError(f"column {name} of the task's rows holds {told}; let it hold numbers, text or bools")
    return kinds.pop() if kinds else None


def _array(values, kind, exact=False):
    """A pyarrow array of values of one type and None, by its buffers: pyarrow.array imports pandas, in every worker."""
    import numpy as np
    import pyarrow

    def bits(truths):
        return np.packbits(truths, bitorder="little")

    if kind is None:
        return pyarrow.nulls(len(values))
    full = [kind() if value is None else value for value in values]
    if kind is str:
        data = [text.encode() for text in full]
        parts = pyarrow.string(), np.cumsum([0, *map(len, data)]).astype(np.int32), b"".join(data)
    elif kind is bool:
        parts = pyarrow.bool_(), bits(full)
    elif kind is int:
        parts = pyarrow.int64(), np.array(full, np.int64)
    else:
        parts = (pyarrow.float64(), np.array(full)) if exact else (pyarrow.float32(), np.array(full, np.float32))
    buffers = [bits([value is not None for value in values]), *parts[1:]]
    return pyarrow.Array.from_buffers(parts[0], len(values), [pyarrow.py_buffer(part) for part in buffers])
