"""Rows as a table: how a column reads, and the same cells as HTML in a notebook and as aligned text anywhere else."""

import html
import math
from dataclasses import dataclass
from numbers import Integral, Real

# Colours are the page's own, so that a table is legible in light and in dark.
BOX = "overflow-x: auto; max-width: 100%"
GRID = "border-collapse: collapse; margin: 0.5em 0"
CELL = "white-space: nowrap; padding: 0.3em 0.6em; text-align: {}"
HEAD = "; vertical-align: bottom; border-bottom: 1px solid rgba(128, 128, 128, 0.7)"


@dataclass(frozen=True)
class Column:
    """How the values under a name are shown.

    name: the key of a row. label: what people call it. unit: "" where it has none. better: "high", "low", or "" where
    neither is. digits: behind the point.
    """

    name: str
    label: str
    unit: str = ""
    better: str = ""
    digits: int = 3

    def head(self, words):
        return f"{words} ({self.unit})" if self.unit else words

    def cell(self, value):
        """A value as it reads: "-" where there is none, "exact" for the infinite PSNR of equal pictures."""
        if value is None or value != value:  # nan
            return "-"
        if isinstance(value, Integral) or not isinstance(value, Real):
            return str(value)
        if math.isinf(value) and self.unit == "dB":
            return "exact"
        return f"{value:.{self.digits}f}"

    def best(self, values):
        """The cell that is best as it reads, or None: where nothing is better, or all are the same."""
        numbers = {self.cell(value): value for value in values if isinstance(value, Real) and value == value}
        if not self.better or len(numbers) < 2:
            return None
        return (max if self.better == "high" else min)(numbers, key=numbers.get)


@dataclass(frozen=True, repr=False)
class Table:
    """Rows (dicts) under columns. In a notebook it shows itself as HTML; `repr` and `str` are text."""

    rows: list
    columns: list
    caption: str = ""

    def __repr__(self):
        lines = [[column.head(column.name) for column in self.columns]]
        lines += [[column.cell(row.get(column.name)) for column in self.columns] for row in self.rows]
        widths = [max(map(len, cells)) for cells in zip(*lines)]
        aligned = [[cell.ljust(width) if words else cell.rjust(width)
                    for cell, width, words in zip(line, widths, self._words())] for line in lines]
        title = [self.caption] if self.caption else []
        return "\n".join(title + ["  ".join(line).rstrip() for line in aligned])

    def _words(self):
        """Does a column hold words? They stand left, numbers right."""
        return [any(isinstance(row.get(column.name), str) for row in self.rows) for column in self.columns]

    def _repr_html_(self):
        words = self._words()
        named = max(1, words.index(False) if False in words else 1)  # columns before the first number name the row
        best = [column.best([row.get(column.name) for row in self.rows]) for column in self.columns]
        sides = [CELL.format("left" if left else "right") for left in words]
        heads, lines = "", ""
        for column, side in zip(self.columns, sides):
            unit = f" <br>({html.escape(column.unit)})" if column.unit else ""  # below the label: narrower
            says = f"{column.name}: {column.better}er is better" if column.better else column.name
            heads += _tag("th", html.escape(column.label) + unit, scope="col", title=says, style=side + HEAD)
        for row in self.rows:
            cells = [column.cell(row.get(column.name)) for column in self.columns]
            shown = [_tag("strong", html.escape(cell)) if cell == first else html.escape(cell)
                     for cell, first in zip(cells, best)]
            lines += _tag("tr", "".join(
                _tag("th", cell, scope="row", style=f"{side}; font-weight: normal") if i < named else
                _tag("td", cell, style=side) for i, (cell, side) in enumerate(zip(shown, sides))))
        title = _tag("caption", html.escape(self.caption), style=CELL.format("left")) if self.caption else ""
        content = title + _tag("thead", _tag("tr", heads)) + _tag("tbody", lines)
        # Keys scroll what has the focus, and what has the focus has a name.
        return _tag("div", _tag("table", content, style=GRID), style=BOX, tabindex="0", role="region",
                    aria_label=self.caption or "table")


def _tag(tag, content, **attributes):
    said = "".join(f' {name.replace("_", "-")}="{html.escape(value)}"' for name, value in attributes.items())
    return f"<{tag}{said}>{content}</{tag}>"
