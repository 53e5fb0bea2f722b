"""`make studies`: every figure and table of the studies from their kept rows, without measuring anything.

A study has a page beside its file, data/studies/NAME.md: its question, its figures with their alt texts, its tables.
What is written by hand there, between <!-- findings --> and <!-- end of findings -->, stays. All are listed
in docs/results.md.
"""

import json
import os
import re
import sys

from ...errors import KitError
from ...pictures.images import write_file
from ...places import HOME
from ...written import make_folder
from .figure import study_figures
from .kept import study_rows
from .png import save_small
from .spec import read_spec
from .table import study_table

STUDIES = HOME / "data" / "studies"
FIGURES = HOME / "data" / "figures"
LIST = HOME / "docs" / "results.md"
FINDINGS = re.compile(r"<!-- findings -->.*?<!-- end of findings -->", re.S)
EMPTY = "<!-- findings -->\n\n<!-- end of findings -->"


def write_study(spec, *, rows=None, folder=STUDIES, figures=FIGURES / "studies"):
    """Write a study's page and its figures.

    Parameters
    ----------
    spec : path of a study's file, or Spec
    rows : path, the folder of its rows; beside the study's file if not given
    folder, figures : paths, where the page and its pictures go; the folders are made

    Returns
    -------
    list of Path, what was written.

    Raises
    ------
    KitError
        As `study_rows`, `study_figures` and `study_table`.
    """
    spec = read_spec(spec)
    kept = study_rows(spec, rows=rows)
    drawn, told = study_figures(spec, kept), [study_table(spec, form="markdown", rows=kept)]
    if spec.task == "clip_curve":
        from ..reproduce.deviations import deviations

        told.insert(0, deviations(kept))
    for place in (folder, figures):
        make_folder(place)
    pictures = {figures / f"{spec.name}_{name}.png": figure for name, figure in drawn.items()}
    for path, figure in pictures.items():
        save_small(figure, path)
    page = folder / f"{spec.name}.md"
    before = page.read_text(encoding="utf-8") if page.is_file() else ""
    links = {path: os.path.relpath(path, folder).replace(os.sep, "/") for path in pictures}
    shown = [f"![{figure.alt.replace('[', '(').replace(']', ')')}]({links[path]})" for path, figure in pictures.items()]
    write_file(page, _page(spec, shown, told, before).encode(), ".md")
    return [*pictures, page]


def write_studies(studies=STUDIES, figures=FIGURES / "studies"):
    """All studies in a folder that have rows: an iterator of (path of a study, what was written; [] without rows)."""
    for path in sorted(studies.glob("*.toml")):
        there = any(path.with_suffix("").glob("*.parquet"))
        yield path, write_study(path, folder=studies, figures=figures) if there else []


def listed(text, studies=STUDIES, place=LIST.parent):
    """A page's text with the table of all studies that have a page, in its place there; place : the page's folder"""
    from ..pages import markdown, written

    pages = [path.with_suffix(".md") for path in sorted(studies.glob("*.toml")) if path.with_suffix(".md").is_file()]
    lines = []
    for page in pages:
        spec, link = read_spec(page.with_suffix(".toml")), os.path.relpath(page, place).replace(os.sep, "/")
        lines.append([f"[{spec.title}]({link})", spec.question])
    return written(text, "studies", markdown(["study", "asks"], lines))


def redraw(figures=FIGURES):
    """The pictures of docs/results.md and docs/speed.md that show kept rows: [Path]."""
    from ..bench.figure import draw
    from ..bench.page import FILE as BENCH
    from ..measured import FILE as CONTROLS
    from ..measured import read_rows
    from ..scoreboard import draw_controls, means

    run, rows = read_rows(CONTROLS)
    scenes = len({row["scene"] for row in rows})
    sources = list(dict.fromkeys(row["source"] for row in rows))
    draw_controls(means(rows, run["controls"], sources), figures / "controls.png", run["models"], scenes)
    draw(json.loads(BENCH.read_text(encoding="utf-8")), figures / "bench.png")
    return [figures / "controls.png", figures / "bench.png"]


def _page(spec, pictures, told, before):
    found = FINDINGS.search(before)
    fixed = ", ".join(f"{name} {value}" for name, value in spec.fixed.items())
    last = (f"Written by `make studies` from the kept rows; `maskedit sweep run data/studies/{spec.name}.toml` "
            "measures what is missing." + (f" In all of it: {fixed}." if fixed else ""))
    return "\n\n".join(filter(None, [f"# {spec.title}", spec.question, found[0] if found else EMPTY, *pictures, *told,
                                     last])) + "\n"


def main():
    for path, written in write_studies():
        print(f"{path.relative_to(HOME)}: " + (f"{len(written)} files written" if written else
                                               "no rows yet; `maskedit sweep run` makes them"))
    write_file(LIST, listed(LIST.read_text(encoding="utf-8")).encode(), ".md")
    print(f"{', '.join(path.name for path in [LIST, *redraw()])}: written")


if __name__ == "__main__":
    try:
        main()
    except KitError as error:
        sys.exit(str(error))
