"""Commands for the models that are here: fetch, doctor."""

from typing import Annotated

import typer

from .group import app
from .options import Json, output, watched


@app.command("fetch")
def fetch_command(names: Annotated[list[str] | None, typer.Argument(
                      help="What to download: full, english, or single names; without any, all are listed.")] = None,
                  as_json: Json = False):
    """Download published checkpoints; what is here and whole already, is not downloaded again."""
    from ..downloads.fetch import fetch

    paths = [str(path) for path in fetch(names or [], watched())]
    output(as_json, {"paths": paths}, "\n".join(f"{path}: here, and whole" for path in paths))


@app.command("doctor")
def doctor_command(try_all: Annotated[bool, typer.Option(
                       "--try", help="Let each model that is here do one tiny step, and time it.")] = False,
                   as_json: Json = False):
    """Say what is here, what is missing, and which command mends it."""
    from .doctor import examine, report

    found = examine()
    if not try_all:
        output(as_json, found, report(found))
        return
    from .trial import line, parts_here, try_part

    rows = [try_part(*part) for part in parts_here()] if found["packages"]["torch"] else []
    tried = [line(row) for row in rows] or ["there is no model here to try"]
    output(as_json, found | {"tried": rows}, "\n".join((report(found), *tried)))
    if not all(row["works"] for row in rows):
        raise typer.Exit(2)
