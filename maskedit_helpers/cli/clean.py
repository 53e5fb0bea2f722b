"""The command that removes what others wrote: clean."""

from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Json, asked, output

SHOWN = 20  # paths that are listed; the rest is counted


@app.command()
def clean(yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False):
    """Remove what the kit wrote in its folder results, and in the one that MASKEDIT_RESULTS names; nothing else."""
    from ..written import find, remove

    try:
        ours, left = find()
    except OSError as error:
        raise KitError(f"{error.filename}: could not be read ({error.strerror}); nothing was removed") from error
    theirs = f"\nleft, for the kit did not write it as it is:{_listed(left)}" if left else ""
    if not ours:
        if yes:
            remove(())  # folders that the kit made and somebody emptied
        output(as_json, _answer({}, left, {}), f"nothing to remove{theirs}")
        return
    what = f"{_count(ours)}, {_megabytes(ours)}"
    if not yes:
        if not asked():
            raise KitError(f"{what} to remove, and nobody here to ask; `maskedit clean --yes` does not ask")
        typer.echo(f"to remove, as the kit wrote it:{_listed(ours)}{theirs}", err=True)
        if not typer.confirm(f"remove {what}?", err=True):
            output(as_json, _answer({}, [*ours, *left], {}), "nothing was removed")
            return
    removed, kept = remove(ours)
    output(as_json, _answer(removed, left, kept), f"removed {_count(removed)}, {_megabytes(removed)} freed{theirs}")
    if kept:
        path, why = next(iter(kept.items()))
        more = f", and {len(kept) - 1} more" if len(kept) > 1 else ""
        raise KitError(f"{path}: could not be removed ({why}){more}")


def _answer(removed, left, kept):
    return {"removed": [str(path) for path in removed], "freed_bytes": sum(removed.values()),
            "left": [str(path) for path in left], "could_not_be_removed": [str(path) for path in kept]}


def _listed(paths):
    lines = [f"\n  {path}{'/' * path.is_dir()}" for path in list(paths)[:SHOWN]]
    return "".join(lines) + (f"\n  and {len(paths) - SHOWN} more" if len(paths) > SHOWN else "")


def _count(paths):
    return f"{len(paths)} file{'s' * (len(paths) != 1)}"


def _megabytes(sizes):
    return f"{sum(sizes.values()) / 1e6:.1f} MB"
