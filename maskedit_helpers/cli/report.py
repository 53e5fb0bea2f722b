"""The report: from kept results to figures, tables and a paper."""

from pathlib import Path
from typing import Annotated

import typer

from .group import app
from .options import Json, output, watched


@app.command("report")
def report_command(out: Annotated[Path | None, typer.Option(
                       "--out", "-o", help="Folder of the report; results/report if not given.")] = None,
                   demo: Annotated[Path | None, typer.Option(
                       help="Folder that `maskedit demo` wrote; results/demo if not given.")] = None,
                   ratings: Annotated[Path | None, typer.Option(
                       help="What people answered: a study's folder, or CSV.")] = None,
                   study: Annotated[list[Path] | None, typer.Option(
                       help="A further study's file, in TOML; may be given again.")] = None,
                   data: Annotated[Path | None, typer.Option(
                       help="Folder of kept rows, laid out as data, which it is if not given.")] = None,
                   title: Annotated[str | None, typer.Option(help="Of the report.")] = None,
                   author: Annotated[str | None, typer.Option(help="Who hands it in.")] = None, as_json: Json = False):
    """Write a report of all kept results: figures as PDF and PNG, tables as CSV, Markdown and LaTeX, a page, a paper.

    Nothing is measured, and what is missing is named. Places that say "yours" keep what was written there.
    """
    from ..studies.report.run import report

    told = report(out, demo=demo, data=data, ratings=ratings, studies=study or (), title=title, author=author,
                  progress=watched())
    paths = {name: str(told[name]) if told[name] else None for name in ("folder", "page", "paper", "pdf")}
    lines = [f"{told['folder']}: {len(told['figures'])} figures, {len(told['tables'])} tables, report.md, report.tex",
             f"report.pdf: {told['said']}", *(f"missing: {what}: {how}" for what, how in told["missing"])]
    output(as_json, {**told, **paths}, "\n".join(lines))
