"""Rows of metrics as a table."""

from .columns import Table
from .metric import metric


def table(rows, caption=""):
    """Rows of `measure` (dicts, with more columns where you like) as a table; caption: str, what it shows.

    Returns a Table. As the last line of a notebook's cell it shows itself with labels and units, the best value of a
    column in bold; in print it is aligned text. Columns stand in the order in which their keys first appear, "note"
    last and only where there is one; how they read, `metrics.metric` says: infinite PSNRs "exact", what is missing "-".
    """
    names = dict.fromkeys(name for row in rows for name in row if name != "note")
    notes = ["note"] if any(row.get("note") for row in rows) else []
    return Table(rows, [metric(name) for name in (*names, *notes)], caption)


def format_table(rows):
    """The same as aligned text, for the command line."""
    return str(table(rows))
