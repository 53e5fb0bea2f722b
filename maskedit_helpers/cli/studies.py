"""Commands that read what studies measured, sweep table and sweep figure, and that measure papers again, reproduce."""

from pathlib import Path
from typing import Annotated

import typer

from .group import app
from .options import Json, check_out, numbers, output, watched
from .sweep import Rows, Study, sweep_app


@sweep_app.command("table")
def table_command(study: Study, rows: Rows = None,
                  name: Annotated[str | None, typer.Option(help="One of its tables; all if not given.")] = None,
                  form: Annotated[str, typer.Option("--as", help="text, markdown, or csv with all digits.")] = "text",
                  as_json: Json = False):
    """Means of STUDY with intervals, and gains in pairs on the same scene, with effect sizes and Holm's correction."""
    from ..studies.sweep.kept import study_rows
    from ..studies.sweep.spec import read_spec
    from ..studies.sweep.table import study_table, study_tables

    spec = read_spec(study)
    kept = study_rows(spec, rows=rows)
    output(as_json, study_tables(spec, kept) if as_json else {}, "" if as_json else study_table(spec, name, form, kept))


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
    figure = study_figure(spec, name, study_rows(spec, rows=rows))
    save_small(figure, out)
    output(as_json, {"out": str(out), "alt": figure.alt}, f"{out}: {figure.alt}")


reproduce_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None,
                            help="Measure a paper's figure again, by its own definitions.")
app.add_typer(reproduce_app, name="reproduce")


@reproduce_app.callback()
def _reproduce():
    """Measure a paper's figure again, by its own definitions."""


@reproduce_app.command()
def curve(size: Annotated[str, typer.Option(help="Models to use: pocket or full.")] = "pocket",
          pairs: Annotated[Path | None, typer.Option(
              help="Folder of pairs with captions, of `maskedit pairs build`; drawn scenes if not given.")] = None,
          scenes: Annotated[int | None, typer.Option(help="How many pictures; 40.", min=1)] = None,
          text: Annotated[str | None, typer.Option(
              "--s-T", help="Text guidance of each line, with commas; 2,3,4.5,7.5 on pocket, 7.5 on full.")] = None,
          clip: Annotated[str, typer.Option(
              help="Which CLIP of full: vit_l_14, which the paper has, or vit_b_32.")] = "vit_l_14",
          steps: Annotated[int | None, typer.Option(help="Of the sampler; 8 on pocket, 100 on full.", min=1)] = None,
          scheduler: Annotated[str | None, typer.Option(
              help="The sampler; dpm++ on pocket, the checkpoint's own on full.")] = None,
          workers: Annotated[int, typer.Option(help="Processes here, one thread each.", min=1)] = 1,
          out: Annotated[Path | None, typer.Option(
              "--out", "-o", help="Folder of curve.png and curve.md; results/reproduce if not given.")] = None,
          rows: Annotated[Path | None, typer.Option(help="Folder of the rows.")] = None, as_json: Json = False):
    """InstructPix2Pix's figure 8: CLIP image similarity against CLIP direction, s_I from 1.0 to 2.2 at fixed s_T.

    Beside the figure stand the paper's definitions and a table of all that is not as in the paper. Stopped anywhere,
    the same command goes on.
    """
    from ..studies.reproduce.curve import reproduce_curve

    levels = numbers(text, text.count(",") + 1, "--s-T") if text else None
    try:
        told = reproduce_curve(size, out, workers=workers, rows=rows, progress=watched(), pairs=pairs, scenes=scenes,
                               s_T=levels, clip=clip, steps=steps, scheduler=scheduler)
    except KeyboardInterrupt as stop:
        typer.echo(f"maskedit: {stop or 'stopped'}", err=True)
        raise typer.Exit(130)  # as shells have it for Ctrl-C
    output(as_json, {**told, "figure": str(told["figure"]), "page": str(told["page"])},
           f"{told['figure']}, {told['page']}: {told['alt']}")
