"""What the commands hang on, and how mistakes and warnings are said."""

import warnings
from pathlib import Path

import typer
from typer.core import TyperGroup

from ..errors import KitError


class Polite(TyperGroup):
    """Turns a KitError, and a wrong command line, into one line on stderr and exit code 2."""

    def invoke(self, ctx):
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _note
                return super().invoke(ctx)
        except KitError as error:
            message = str(error)
            for drawing in getattr(error, "__notes__", ()):  # how something should lie: more than the one line holds
                typer.echo(f"{drawing}\n", err=True)
        except Exception as error:
            if not hasattr(error, "format_message"):  # not one of typer's own
                raise
            command = " ".join(filter(None, ("maskedit", ctx.invoked_subcommand, "--help")))
            message = f"{error.format_message()} (`{command}` lists what there is)"
        typer.echo(f"maskedit: {' '.join(message.split())}", err=True)
        raise typer.Exit(2)


app = typer.Typer(cls=Polite, no_args_is_help=True, add_completion=False, rich_markup_mode=None,
                  pretty_exceptions_enable=False,
                  help="Give InstructPix2Pix a where: masks, blending, metrics.")


def _note(message, category, filename, lineno, file=None, line=None):
    """A warning of the kit's own as one line; those of the libraries are for programmers."""
    if category is UserWarning and Path(__file__).parents[1] in Path(filename).parents:
        typer.echo(f"maskedit: note: {message}", err=True)
