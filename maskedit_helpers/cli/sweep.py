"""Commands for studies: sweep run, sweep status, sweep pack."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Json, output, watched

sweep_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None,
                        help="Measure a study: every combination of its factors' levels, each once.")
app.add_typer(sweep_app, name="sweep")

Study = Annotated[Path, typer.Argument(help="The study's file, in TOML.")]
Rows = Annotated[Path | None, typer.Option(help="Folder of the rows; the study's name, beside it, if not given.")]


@sweep_app.command()
def run(study: Study, rows: Rows = None,
        workers: Annotated[int | None, typer.Option(help="Processes here, one thread each; one a core.", min=1)] = None,
        on: Annotated[str, typer.Option(help="Where: local, this machine, or slurm, a cluster.")] = "local",
        partition: Annotated[str, typer.Option(help="Slurm's partition.")] = "",
        minutes: Annotated[int, typer.Option(help="Time of a job on a cluster.")] = 60,
        cpus: Annotated[int, typer.Option(help="Cores of a job.")] = 1,
        gpus: Annotated[int, typer.Option(help="GPUs of a job.")] = 0,
        memory: Annotated[float | None, typer.Option(help="Memory of a job, in GB.")] = None,
        jobs: Annotated[int, typer.Option(help="How many jobs at once.")] = 4,
        cells: Annotated[int | None, typer.Option(help="Cells of a job; a quarter of its share if not given.")] = None,
        slurm: Annotated[list[str] | None, typer.Option(
            help="Another option of sbatch, as name=value: --slurm account=mine. May be repeated.")] = None,
        retries: Annotated[int, typer.Option(help="How often a cell is done again whose job died.", min=0)] = 1,
        as_json: Json = False):
    """Do the cells of STUDY that are not kept yet. Stopped anywhere, the same command goes on."""
    from ..studies.sweep.cluster import Cluster
    from ..studies.sweep.run import sweep
    from ..studies.sweep.status import status

    asked = {"partition": partition, "minutes": minutes, "cpus": cpus, "gpus": gpus, "memory": memory, "jobs": jobs,
             "cells": cells, "more": dict(map(_option, slurm or []))}
    if on == "local" and Cluster(**asked) != Cluster():
        raise KitError("partition, minutes, cpus, gpus, memory, jobs, cells and slurm are for a cluster: --on slurm")
    try:
        sweep(study, workers, rows=rows, on=on, cluster=asked, retries=retries, progress=watched())
    except KeyboardInterrupt as stop:
        typer.echo(f"maskedit: {stop or 'stopped'}", err=True)
        raise typer.Exit(130)  # as shells have it for Ctrl-C
    told = status(study, rows)
    output(as_json, told, f"{told['folder']}: {told['cells']} cells, {told['rows']} rows{_stale(told, study)}")


@sweep_app.command("status")
def status_command(study: Study, rows: Rows = None,
                   drop_stale: Annotated[bool, typer.Option(
                       "--drop-stale", help="Remove the cells of older settings, weights or code.")] = False,
                   as_json: Json = False):
    """How far STUDY is: cells done, missing, failed and stale, level by level."""
    from ..studies.sweep import status as states

    dropped = states.drop_stale(study, rows) if drop_stale else 0
    told = states.status(study, rows)
    lines = [f"{told['folder']}: {told['done']} of {told['cells']} cells done, {told['missing']} missing"
             + "".join(f", {told[name]} {name.replace('_', ' ')}" for name in ("failed", "under_way") if told[name])
             + f"; {told['rows']} rows, {told['bytes'] / 1000:.0f} kB{_stale(told, study)}"]
    lines += [f"  {factor} {level}: {done} of {count}" for factor, levels in told["levels"].items()
              for level, (done, count) in levels.items() if told["done"] and done < count]
    lines += [f"failed: {one['cell']}: {one['why']} ({one['log']})" for one in told["failures"]]
    lines += [f"{dropped} stale cells removed"] if drop_stale else []
    output(as_json, told | {"dropped": dropped}, "\n".join(lines))


@sweep_app.command()
def pack(study: Study, rows: Rows = None, as_json: Json = False):
    """Join the finished cells of STUDY into one file, a third of their size: the form to keep in git."""
    from ..studies.sweep.status import pack as join

    count, size = join(study, rows)
    if not count:
        raise KitError(f"{study} has no finished cells; `maskedit sweep run {study}` makes them")
    output(as_json, {"cells": count, "bytes": size}, f"{count} cells in one file, {size / 1000:.0f} kB")


def _option(text):
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise KitError(f"--slurm {text}: give name=value, for example --slurm account=mine")
    return name.lstrip("-"), value


def _stale(told, study):
    return (f"; {told['stale']} stale cells beside them (`maskedit sweep status {study} --drop-stale` removes them)"
            if told["stale"] else "")
