"""One table in three forms: CSV with all digits, Markdown to read, LaTeX with booktabs by pandas' Styler."""

import csv
import io
import textwrap
from dataclasses import dataclass, field, replace

from ...metrics.columns import Column
from ..pages import markdown
from .marks import as_markdown, as_tex, plain, tex

CSV = ("mean", "low", "high", "n", "effect", "p_holm")  # of a score, in columns of their own
COLUMN = 80  # letters that fit a column of the page
SMALLER = 0.68  # are a cell's letters with its interval
STAR = 0.05  # p after Holm, below which a gain is marked


@dataclass(frozen=True)
class Table:
    """Rows of names and numbers.

    name : of its files, tables/NAME.csv, .md and .tex
    caption : what it shows, in the report's markup (`marks`)
    keys : {name: what heads it}, of the columns that say what a row is of
    columns : list of Column, the numbers
    rows : list of dict: a str for each key; for each column a number, a `score` or None; "bound" True for what is no
        method, only what none can pass
    within : keys: the best of a column is sought for each of their values by itself
    best : is the best bold?
    short : {key: how many letters of it are printed}; the CSV file has all
    form : LaTeX's letters for the columns, where they are not just as wide as their words
    """

    name: str
    caption: str
    keys: dict
    columns: list
    rows: list
    within: tuple = ()
    best: bool = True
    short: dict = field(default_factory=dict)
    form: str = ""

    def csv(self):
        """Every number with all its digits; of a score its ends and n in columns beside it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        parts = [(column, what) for column in self.columns for what in self._parts(column)]
        writer.writerow([*self.keys, *(column.head(column.name) if what == "mean" else f"{column.name}_{what}"
                                       for column, what in parts)])
        for row in self.rows:
            numbers = [_score(row.get(column.name)).get(what) for column, what in parts]
            writer.writerow([*(plain(str(row[key])) for key in self.keys),
                             *("" if number is None else number for number in numbers)])
        return out.getvalue()

    def is_wide(self):
        """Is it too wide for one column of the page?"""
        if self.form:
            return False
        lines = [[max(map(len, _broken(head))) for head in (*self.keys.values(), *(one.label for one in self.columns))]]
        lines += [[*map(len, self._named(row, plain)), *(SMALLER * len(cell) for cell, _ in self._cells(row, _read))]
                  for row in self.rows]
        return sum(max(cells) + 1 for cells in zip(*lines)) > COLUMN

    def _named(self, row, marked):
        return [marked(str(row[key])[:self.short.get(key)]) for key in self.keys]

    def _parts(self, column):
        """What the scores of a column hold."""
        there = {what for row in self.rows for what, value in _score(row.get(column.name)).items() if value is not None}
        return [what for what in CSV if what in there or what == "mean"]

    def markdown(self):
        lines = [self._named(row, as_markdown) + [
            f"**{cell}**" if best else cell for cell, best in self._cells(row, _read)] for row in self.rows]
        heads = [*map(as_markdown, self.keys.values()), *(column.head(column.label) for column in self.columns)]
        return f"{as_markdown(self.caption)}\n\n{markdown([head.replace('|', '/') for head in heads], lines)}\n"

    def tex(self):
        """A float with caption and label, over both columns where one is too narrow."""
        import pandas as pd

        heads = [*(_head([as_tex(line) for line in _broken(head)], "l") for head in self.keys.values()),
                 *(_head(_lines(column), "r") for column in self.columns)]
        cells = [self._named(row, as_tex) + [cell for cell, _ in self._cells(row, _printed)] for row in self.rows]
        best = [[False] * len(self.keys) + [best for _, best in self._cells(row, _printed)] for row in self.rows]
        places = range(len(heads))  # two columns may have one name
        style = pd.DataFrame(cells, columns=places).style.hide(axis="index").format_index(
            lambda i: heads[i], axis="columns")
        style = style.apply(lambda frame: pd.DataFrame(best, columns=places).replace(
            {True: "textbf:--rwrap;", False: ""}), axis=None)
        sides = self.form or "l" * len(self.keys) + "r" * len(self.columns)
        body = style.to_latex(hrules=True, column_format=sides)
        wide = self.is_wide()
        where = "table*" if wide else "table"
        return "\n".join((rf"\begin{{{where}}}[{'t' if wide else 'tbp'}]",
                          r"\centering\footnotesize\setlength{\tabcolsep}{3pt}",
                          rf"\caption{{{as_tex(self.caption)}}}", rf"\label{{tab:{self.name}}}", r"\fitted{%",
                          self._ruled(body).rstrip() + "}", rf"\end{{{where}}}", ""))

    def _cells(self, row, read):
        """[(cell, is it the best?)]"""
        group = [other for other in self.rows if all(other[key] == row[key] for key in self.within)
                 and not other.get("bound")]
        for column in self.columns:
            first = column.best([_mean(other.get(column.name)) for other in group]) if self.best else None
            value = row.get(column.name)
            yield read(column, value), (
                first is not None and not row.get("bound") and column.cell(_mean(value)) == first)

    def _ruled(self, body):
        """A little room between the groups."""
        if not self.within:
            return body
        lines, groups = body.split("\n"), [tuple(row[key] for key in self.within) for row in self.rows]
        first = lines.index(r"\midrule") + 1
        for i in reversed(range(1, len(groups))):
            if groups[i] != groups[i - 1]:
                lines.insert(first + i, r"\addlinespace")
        return "\n".join(lines)


def _score(value):
    return value if isinstance(value, dict) else {"mean": value}


def _mean(value):
    return _score(value)["mean"]


def _stars(value):
    p = _score(value).get("p_holm")
    return p is not None and p < STAR


def _read(column, value):
    """ "33.3 (31.9 to 34.7)" """
    mean, *ends = _numbers(column, value)
    return mean + (f" ({' to '.join(ends)})" if ends else "") + r" \*" * _stars(value)


def _printed(column, value):
    """The same for print, the interval smaller."""
    mean, *ends = (number.replace("-", "$-$") if number != "-" else "--" for number in _numbers(column, value))
    star = r"\textsuperscript{*}" * _stars(value)
    return mean + star + (rf"\,{{\scriptsize[{ends[0]}, {ends[1]}]}}" if ends else "")


def _numbers(column, value):
    """[the mean] or [the mean, its interval's ends], as they read."""
    told = _score(value)
    column = replace(column, digits=told.get("digits", column.digits))
    shown = [told["mean"]] + ([told["low"], told["high"]] if told.get("low") is not None else [])
    cells = [column.cell(number) for number in shown]
    if len(set(shown)) == 1:  # a count that is the same everywhere
        cells = cells[:1]
    return ["+" + cell if told.get("signed") and cell[0].isdigit() else cell for cell in cells]


def _lines(column):
    """Label and unit, one below the other, so that columns are narrow."""
    return [*map(tex, _broken(column.label)), *([f"({tex(column.unit)})"] if column.unit else [])]


def _head(lines, side):
    if len(lines) == 1:
        return lines[0]
    return rf"\begin{{tabular}}[b]{{@{{}}{side}@{{}}}}" + r"\\".join(lines) + r"\end{tabular}"


def _broken(words, most=13):
    return textwrap.wrap(words, most, break_long_words=False, break_on_hyphens=False)


def score(mean, low=None, high=None, n=None, effect=None, p_holm=None, **more):
    """A mean with its interval, as tables take it; of a gain its effect and p too.

    **more : "signed" True of a gain: "+0.3"; "digits", other ones than the column's
    """
    return {"mean": mean, "low": low, "high": high, "n": n, "effect": effect, "p_holm": p_holm, **more}


def number(name, label, unit="", better="", digits=2):
    """A column of numbers that is no metric of the kit's."""
    return Column(name, label, unit, better, digits)
