"""`maskedit report`: from kept results to figures, tables, a page and a paper."""

import sys
from importlib.util import find_spec
from pathlib import Path

from ...errors import KitError
from ...pictures.images import write_file
from ...places import results_folder
from ...written import make_folder
from .gather import gather

NEEDED = ("tueplots", "jinja2")


def report(out=None, *, demo=None, data=None, ratings=None, studies=(), title=None, author=None, progress=True):
    """Write a report of kept results; nothing is measured.

    Parameters
    ----------
    out : path, its folder; `report` in the folder of results if not given. What a person wrote between the lines that
        say "yours" in report.tex and report.md stays; of a file that was changed elsewhere a copy stays,
        report.before.tex
    demo : path, what `maskedit demo` wrote; `demo` in the folder of results if not given
    data : path of kept rows, laid out as the kit's folder data, which it is if not given
    ratings : what people answered: a study's folder, a CSV file of answers, or what else `read_ratings` takes
    studies : paths of further studies' files
    title, author : str
    progress : bool, say on stderr what is being done

    Returns
    -------
    dict of "folder", "page" (report.md), "paper" (report.tex): Path; "pdf": Path or None; "said": how many pages it
    has, or why there is none; "figures": {name: its alt text}; "tables": names; "missing": [(what, how to get it)].

    Raises
    ------
    KitError
        Nothing to report; tueplots or jinja2 is not installed; a file that can't be read or written.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise KitError(f"a report needs {' and '.join(missing)}: pip install {' '.join(missing)}, or the kit with its "
                       "extra [report]")
    from . import facts
    from .figures import figures
    from .marks import safe
    from .paper import compiled, paper
    from .rendered import body, changed, markdown, sealed, written_by_hand
    from .tables import tables
    from .text import AUTHOR, TITLE, document

    def tell(what):
        if progress:
            print(f"report: {what}", file=sys.stderr, flush=True)

    tell("reading what is kept")
    found = gather(demo, data, ratings, studies)
    if not found:
        raise KitError("there is nothing to report yet; begin with `maskedit demo`")
    title, author = (safe(words) if words else usual for words, usual in ((title, TITLE), (author, AUTHOR)))
    out = Path(out) if out is not None else results_folder() / "report"
    for folder in (out, out / "figures", out / "tables"):
        _make(folder)
    tell("tables")
    made = tables(found) | facts.facts(found)
    drawn = figures(found, out / "figures", tell)
    for table in made.values():
        for ending, text in (("csv", table.csv()), ("md", table.markdown()), ("tex", table.tex())):
            write_file(out / "tables" / f"{table.name}.{ending}", text.encode(), f".{ending}")
    tell("text")
    blocks = document(found, drawn, made)
    for ending, write in (("md", lambda kept: markdown(title, author, blocks, drawn, made, kept)),
                          ("tex", lambda kept: paper(title, author, body(blocks, drawn, made, kept)))):
        path = out / f"report.{ending}"
        before = path.read_text(encoding="utf-8") if path.is_file() else ""
        if before and changed(before, ending):
            write_file(out / f"report.before.{ending}", before.encode(), f".{ending}")
            tell(f"{path.name} was changed outside of the places for that; as it was, it is report.before.{ending}")
        write_file(path, sealed(write(written_by_hand(before, ending)), ending).encode(), f".{ending}")
    tell("report.pdf")
    pdf, said = compiled(out)
    if pdf:
        write_file(out / "report.pdf", pdf, ".pdf")
    return {"folder": out, "page": out / "report.md", "paper": out / "report.tex",
            "pdf": out / "report.pdf" if pdf else None, "said": said, "figures": {
                name: each.alt for name, each in drawn.items()}, "tables": [*made], "missing": found.missing}


def _make(folder):
    try:
        make_folder(folder)
    except OSError as error:
        raise KitError(f"{folder}: the folder could not be made ({error.strerror}); choose another one") from error
