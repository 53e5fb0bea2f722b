"""Commands for a human study: study new, serve, status, export, analyse."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Json, Size, load_kit, output, watched
from .ratings import analyse

study_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None,
                        help="Let people rate edits, blinded: new, serve, status, export, analyse.")
app.add_typer(study_app, name="study")
Folder = Annotated[Path, typer.Argument(help="Folder of the study.")]
Folders = Annotated[list[Path], typer.Argument(help="Folders of studies.")]


@study_app.command()
def new(folder: Annotated[Path, typer.Argument(help="Where the study goes; must not be there yet.")],
        pictures: Annotated[Path | None, typer.Argument(
            help="Folder with originals/, masks/ and edits/METHOD/, or with a folder for each source, as results/demo; "
                 "instructions.csv in it says what was asked.")] = None,
        methods: Annotated[str, typer.Option(help="Only these, with commas.")] = "",
        instruction: Annotated[str | None, typer.Option(help="What was asked, for all pictures.")] = None,
        controls: Annotated[str, typer.Option(
            help="Make the edits now by these controls, with commas; none is the plain edit.")] = "",
        scenes: Annotated[int, typer.Option(help="Of how many freshly drawn scenes.")] = 8,
        questions: Annotated[Path | None, typer.Option(
            help="TOML file with the questions and all texts, in any language.")] = None,
        name: Annotated[str | None, typer.Option(help="Name of the study in the exported answers.")] = None,
        per_rater: Annotated[int | None, typer.Option(help="Edits that each rater sees; all if not given.")] = None,
        repeats: Annotated[float, typer.Option(help="Share of edits that are shown twice.")] = 0.1,
        attention: Annotated[bool, typer.Option(
            "--attention", help="Add an untouched original and a picture changed all over.")] = False,
        seed: Annotated[str | None, typer.Option(help="Of the order; by chance if not given.")] = None,
        scene_seed: Annotated[int, typer.Option(help="Which scenes.")] = 0,
        size: Size = "auto", as_json: Json = False):
    """Make a study out of originals, masks and edits of several methods."""
    from ..studies.human.design import ATTENTION
    from ..studies.human.folder import new_study
    from ..studies.human.questions import read_questions
    from ..studies.human.sources import edited_scenes, read_sources

    if (pictures is None) == (not controls):
        raise KitError("give a folder of pictures, or --controls to make the edits now; one of the two")
    if folder.exists():
        raise KitError(f"{folder}: is there already; a study is never overwritten, so choose another name")
    read_questions(questions)  # a mistake there is said before minutes of work
    chosen = [one for one in methods.split(",") if one] or None
    sources = read_sources(pictures, chosen, instruction) if pictures is not None else edited_scenes(
        load_kit(size), controls.split(","), scenes, scene_seed, progress=watched())
    study = new_study(folder, sources, questions, name=name, per_rater=per_rater, repeats=repeats,
                      attention=ATTENTION if attention else (), seed=seed)
    pages = len(study.order(0))
    told = {"folder": str(folder), "study": study.name, "sources": study.told["sources"],
            "methods": study.told["methods"], "pages": pages, "code": study.code}
    output(as_json, told, f"{folder}: {len(told['sources'])} sources, {len(told['methods'])} methods "
           f"({', '.join(told['methods'])}); a rater sees {pages} pages\nnext: maskedit study serve {folder}")


@study_app.command()
def serve(folders: Folders,
          host: Annotated[str, typer.Option(help="0.0.0.0 lets the local network in.")] = "127.0.0.1",
          port: Annotated[int, typer.Option(help="Port; 0 for any that is free.")] = 8000,
          raters: Annotated[int | None, typer.Option(
              min=1, help="Make so many personal links, to print; else people come by the class code.")] = None):
    """Ask: serve the pages of one or more studies, until Ctrl-C."""
    from ..studies.human.serving.run import serve as serve_studies

    serve_studies(folders, host, port, raters, tell=typer.echo)


@study_app.command()
def status(folders: Folders, as_json: Json = False):
    """Who is how far."""
    from ..studies.human.answers import Answers
    from ..studies.human.folder import open_study

    told, keys = [], ("rater", "number", "shown", "answered", "arrived_at", "last_at", "ended_at")
    for study in map(open_study, folders):
        with Answers(study) as answers:
            told.append({"study": study.name, "raters": [{key: one[key] for key in keys} for one in answers.raters()]})
    output(as_json, {"studies": told}, "\n\n".join(map(_progress, told)))


@study_app.command()
def export(folders: Folders,
           out: Annotated[Path | None, typer.Option("--out", "-o", help="CSV file; else it is printed.")] = None,
           comments: Annotated[bool, typer.Option("--comments", help="The comments instead of the answers.")] = False):
    """The answers as CSV in the long form, a row an answer, with the methods."""
    from ..pictures.images import write_file
    from ..studies.human.export import answers_csv, comments_csv

    text = comments_csv(folders) if comments else answers_csv(folders)
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_file(out, text.encode(), ".csv")
        typer.echo(f"{out}: {max(0, len(text.splitlines()) - 1)} rows")


study_app.command()(analyse)


def _progress(told):
    """One study's raters, a line each."""
    raters = told["raters"]
    ended = sum(one["ended_at"] is not None for one in raters)
    lines = [f"{told['study']}: {len(raters)} raters, {ended} at the end"]
    for one in raters:
        state = "at the end" if one["ended_at"] else f"last answer {one['last_at']}" if one["last_at"] else \
            "no answer yet"
        lines.append(f"  {one['number'] + 1:3}  {one['rater']}  {one['answered']:3} of {one['shown']}  {state}")
    return "\n".join(lines)
