"""study analyse: what the answers of people say."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Json, output


def analyse(files: Annotated[list[Path], typer.Argument(
                help="CSV files of answers, a folder of them, or a study's own folder.")],
            out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder for a page and its pictures.")] = None,
            metrics: Annotated[Path | None, typer.Option(
                help="CSV with a row for each item and columns such as background_psnr.")] = None,
            study: Annotated[str | None, typer.Option(help="Which one, where the rows are of several.")] = None,
            without: Annotated[str, typer.Option(help="Raters to leave out, with commas; nobody is otherwise.")] = "",
            width: Annotated[float, typer.Option(
                help="How wide an interval may be, in answers; says how many raters it takes.")] = 0.5,
            as_json: Json = False):
    """Say what the answers say: means with intervals, methods in pairs, agreement, raters, how many are enough."""
    from ..studies.ratings.analyse import analyse_ratings
    from ..studies.ratings.page import make, write_page
    from ..studies.ratings.telling import text

    if out:
        make(out)
    left_out = [name.strip() for name in without.split(",") if name.strip()]
    found = analyse_ratings(files, study, metrics, left_out, width)
    written = write_page(found, out) if out else []
    output(as_json, {**found, "files": [str(path) for path in written]},
           text(found) + (f"\n\n{written[0]}: written, with {len(written) - 2} pictures" if written else ""))
