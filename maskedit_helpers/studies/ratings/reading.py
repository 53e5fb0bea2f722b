"""Answers of people read from CSV, one row an answer, and held to a form that the rest can rely on.

A row says that a rater gave an item, the edit of one source by one method, an answer from 1 to 5 to one question. Rows
may say more: `position` of the item in the rater's order, from 0; `repeat` 1 where the item was shown a second time;
`attention` "untouched" or "everywhere" for an item that asks whether the rater looks at all.
"""

import io
from pathlib import Path

from ...errors import KitError

SCALE = (1, 2, 3, 4, 5)
STUDY = "study.json"  # in the folder of a study, whose answers are read as they stand
ALL = "all"  # the method where none is named
COLUMNS = ("study", "rater", "item", "source", "method", "question", "answer", "position", "repeat", "attention",
           "given_at")
ATTENTION = ("untouched", "everywhere")
EMPTY = ("", "na", "nan", "none", "null", "-")


def read_ratings(files, study=None):
    """Read answers from a CSV file, from several, or from a folder of them.

    Parameters
    ----------
    files : path of a CSV file, of a folder of such, or of a study's folder, or a list of paths; or the rows themselves,
        a pandas DataFrame or a list of dicts, as `study_answers` gives it.
        Needed are rater, question, answer, and item or source and method. A file without a column `rater` is one
        rater's, who is called as the file is. Commas or semicolons, UTF-8.
    study : str, which one, where rows of several are mixed

    Returns
    -------
    pandas.DataFrame of the columns COLUMNS: answer a float from 1 to 5, nan where none was given; position a float,
        nan where none is said; repeat bool; all others str. Whoever names no source has each item as its own, whoever
        names no method has one, "all".

    Raises
    ------
    KitError
        A file that can't be read, a column that is missing, an answer off the scale, an item of two methods, a rater
        who answered the same twice: the message names file and row.
    """
    import pandas as pd

    if isinstance(files, pd.DataFrame) or isinstance(files, list) and files and isinstance(files[0], dict):
        found = _checked(pd.DataFrame(files), "the table")
    else:
        found = pd.concat([_read(path) for path in _paths(files)], ignore_index=True)
    studies = sorted(set(found["study"]))
    if study is not None:
        found = found[found["study"] == study].reset_index(drop=True)
        if found.empty:
            raise KitError(f"there is no study {study!r}; there is {', '.join(studies)}")
    elif len(studies) > 1:
        raise KitError(f"these are answers of several studies ({', '.join(map(repr, studies))}); choose one of them")
    _check_together(found)
    return found.drop(columns="_row")


def _paths(files):
    given = [files] if isinstance(files, (str, Path)) else list(files)
    paths = []
    for path in map(Path, given):
        inside = sorted(path.glob("*.csv")) if path.is_dir() and not (path / STUDY).exists() else [path]
        if not inside:
            raise KitError(f"{path}: there is neither a study nor a CSV file in this folder")
        paths += inside
    if not paths:
        raise KitError("no file of answers was given; `maskedit study export` writes one")
    return paths


def _read(path):
    """One file as a table of the right columns."""
    import pandas as pd

    if (path / STUDY).exists():
        from ..human.export import study_answers

        return _checked(pd.DataFrame(study_answers(path), columns=list(COLUMNS)), str(path))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise KitError(f"{path}: could not be read ({error.strerror})") from error
    except UnicodeDecodeError:
        raise KitError(f"{path}: this is not UTF-8 text; save it as CSV in UTF-8") from None
    head = text.partition("\n")[0]
    try:
        table = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False, skipinitialspace=True,
                            sep=";" if head.count(";") > head.count(",") else ",")
    except ValueError as error:  # pandas' own errors are ValueErrors, an empty file among them
        raise KitError(f"{path}: this is not a table of answers ({str(error).strip().splitlines()[0]})") from None
    return _checked(table, str(path), rater=path.stem)


def _checked(table, name, rater=None):
    """The columns COLUMNS and `_row`, where each stands; whatever is wrong in one row alone is said here."""
    table = table.copy()
    table.columns = [str(column).strip().lower() for column in table.columns]
    table.attrs = {}  # pandas copies them at every step
    twice = table.columns[table.columns.duplicated()]
    if len(twice):
        raise KitError(f"{name}: the column {twice[0]!r} stands there twice")
    if rater is not None and "rater" not in table:
        table["rater"] = rater
    lost = [column for column in ("rater", "question", "answer") if column not in table]
    if not ("item" in table or {"source", "method"} <= set(table.columns)):
        lost.append("item (or source and method)")
    if lost:
        raise KitError(f"{name}: there is no column {', '.join(lost)}; there is {', '.join(table.columns) or 'none'}")
    table = table.assign(**{column: _text(table[column]) for column in table.columns if column in COLUMNS})
    for column in ("study", "source", "method", "position", "repeat", "attention", "given_at"):
        if column not in table:
            table[column] = ""
    table["method"] = table["method"].replace("", ALL)
    if "item" not in table:
        table["item"] = table["source"] + " by " + table["method"]
    table["source"] = table["source"].where(table["source"] != "", table["item"])
    table["_row"] = [f"{name}, row {k + 2}" for k in range(len(table))]  # the first row has the names
    for column in ("rater", "item", "question"):
        _refuse(table, table[column] == "", f"{column} is empty")
    table["answer"] = _numbers(table, "answer", SCALE[0], SCALE[-1])
    table["position"] = _numbers(table, "position", 0, None)
    table["repeat"] = _numbers(table, "repeat", 0, 1).fillna(0).astype(bool)
    table["attention"] = table["attention"].str.lower()
    _refuse(table, ~table["attention"].isin(("", *ATTENTION)), f"attention is one of {', '.join(ATTENTION)}, or empty")
    return table[[*COLUMNS, "_row"]]


def _text(column):
    import pandas as pd

    return pd.Series(["" if value is None or value != value else str(value).strip() for value in column],
                     index=column.index, dtype=object)


def _numbers(table, column, least, most):
    """A column as whole numbers in floats, nan where it is empty."""
    import pandas as pd

    words = table[column].str.lower().replace({**dict.fromkeys(EMPTY, ""), "true": "1", "false": "0"})
    numbers = pd.to_numeric(words.replace("", "nan"), errors="coerce").astype(float)
    limit = f"{least} to {most}" if most is not None else f"{least} or more"
    top = float("inf") if most is None else most
    wrong = (words != "") & ~((numbers >= least) & (numbers <= top) & (numbers % 1 == 0))
    _refuse(table, wrong, f"{column} is a whole number, {limit}, or empty", column)
    return numbers


def _refuse(table, wrong, why, column=None):
    if wrong.any():
        row = table[wrong].iloc[0]
        found = f", not {row[column]!r}" if column else ""
        raise KitError(f"{row['_row']}: {why}{found}")


def _check_together(found):
    """What only all rows together show."""
    if found.empty or found["answer"].isna().all():
        raise KitError("there is no answer in these rows yet")
    for column in ("method", "source"):
        several = found.groupby("item")[column].nunique()
        if (several > 1).any():
            raise KitError(f"the item {several.idxmax()!r} has {several.max()} values of {column}; give each a name")
    again = found.duplicated(["rater", "item", "question", "repeat"])
    if again.any():
        row = found[again].iloc[0]
        raise KitError(f"{row['_row']}: {row['rater']} answers {row['question']!r} of {row['item']!r} a second time; "
                       "leave one out, or say repeat = 1 if it was shown again")


def proper(ratings):
    """The rows that count for means and agreement: no second showings, no attention items."""
    return ratings[~ratings["repeat"] & (ratings["attention"] == "")]


def answers(rows, unit="item", raters=None, units=None):
    """Rows as float arrays (raters, units): sums of the answers and how many there are, and the names of both axes.

    Of one question; a unit (item or source) without any answer stays, with a count of 0. raters and units may be given.
    """
    import numpy as np

    raters = sorted(set(rows["rater"])) if raters is None else raters
    units = sorted(set(rows[unit])) if units is None else units
    sums, counts = np.zeros((2, len(raters), len(units)))
    given = rows.dropna(subset="answer")
    at = ([raters.index(one) for one in given["rater"]], [units.index(one) for one in given[unit]])
    np.add.at(sums, at, given["answer"].to_numpy(float))
    np.add.at(counts, at, 1)
    return sums, counts, raters, units


def table_of(rows):
    """One question's rows as a float array (raters, items), nan where there is no answer."""
    import numpy as np

    sums, counts, *_ = answers(rows)
    return sums / np.where(counts > 0, counts, np.nan)
