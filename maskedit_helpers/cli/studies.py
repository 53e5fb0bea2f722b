"""Commands that read a study's kept rows: sweep table, sweep figure."""

from pathlib import Path
from typing import Annotated

import typer

from .options import Json, check_out, output
from .sweep import Rows, Study, sweep_app


@sweep_app.command("table")
def table_command(study: Study, rows: Rows = None,
                  name: Annotated[str | None, typer.Option(help="One of its tables; all if not given.")] = None,
                  form: Annotated[str, typer.Option("--as", help="text, markdown or csv, which has all digits.")] = "text",
                  as_json: Json = False):
    """Means of STUDY with intervals, and gains in pairs on the same scene, with effect sizes and Holm's correction."""
    from ..studies.sweep.kept import study_rows
    from ..studies.sweep.spec import read_spec
    from ..studies.sweep.table import study_table, study_tables

    spec = read_spec(study)
    kept = study_rows(spec, rows=rows)
    output(as_json, study_tables(spec, kept) if as_json else {}, "" if as_json else study_table(spec, kept, name, form))


@sweep_app.command("figure")
def figure_command(study: Study, rows: Rows = None,
                   name: Annotated[str | None, typer.Option(help="One of its figures; the first if not given.")] = None,
                   out: Annotated[Path | None, typer.Option("--out", "-o", help="PNG file to write; in this folder, of "
                                                            "the study's name, if not given.")] = None,
                   as_json: Json = False):
    """Draw a figure of STUDY from its kept rows, and say what it shows."""
    from ..studies.sweep.figure import study_figure
    from ..studies.sweep.kept import study_rows
    from ..studies.sweep.png import save_small
    from ..studies.sweep.spec import read_spec

    spec = read_spec(study)
    out = out or Path(f"{spec.name}.png")
    check_out(out)
    figure = study_figure(spec, study_rows(spec, rows=rows), name)
    save_small(figure, out)
    output(as_json, {"out": str(out), "alt": figure.alt}, f"{out}: {figure.alt}")
