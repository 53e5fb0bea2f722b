"""Commands for training pairs: pairs, pairs build, pairs report."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Border, Dilate, Json, Size, check_out, output, watched

pairs_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None,
                        help="Page through the training pairs; build pairs with masks.")
app.add_typer(pairs_app, name="pairs")


@pairs_app.callback()
def pairs(context: typer.Context,
          out: Annotated[Path | None, typer.Option("--out", "-o", help="PNG file to write.")] = None,
          show: Annotated[int, typer.Option(help="How many pairs.")] = 24,
          seed: Annotated[int, typer.Option(help="Seed of the first pair.")] = 0,
          leak: Annotated[float, typer.Option(help="How much the edits spill, 0 to 1.")] = 0.6):
    """Page through the training pairs: before, after, mask, instruction."""
    if context.invoked_subcommand:
        return
    from ..picturebook.album import save_album

    if out is None:
        raise KitError("--out says which PNG file to write, for example: maskedit pairs -o pairs.png; `maskedit pairs "
                       "build --help` says how pairs with masks are built")
    check_out(out)
    save_album(out, show, seed, leak)
    typer.echo(f"{out}: {show} pairs from seed {seed} on, leak {leak:g}")


@pairs_app.command()
def build(folder: Annotated[Path, typer.Argument(help="Where the pairs go; the same command goes on there.")],
          count: Annotated[int | None, typer.Option(help="How many; 1000 drawn ones, or all of a set.")] = None,
          source: Annotated[str, typer.Option(
              help="drawn, the name of a set of `datasets` (owner/name), or a folder or parquet file.")] = "drawn",
          masks: Annotated[str, typer.Option(
              help="Where masks are from: click, box, words or own; several with commas take turns.")] = "click",
          keep: Annotated[str | None, typer.Option(
              "--filter", help="What is kept: pocket, ip2p, ultraedit, anyedit or none.")] = None,
          first: Annotated[int, typer.Option(help="First seed of drawn pairs; rows of a set to leave out.")] = 0,
          leak: Annotated[float, typer.Option(help="How much the edits of drawn pairs spill, 0 to 1.")] = 0.6,
          split: Annotated[str | None, typer.Option(help="Split of a set.")] = None,
          layout: Annotated[str | None, typer.Option(
              help="How a set lies: instructpix2pix, magicbrush, ultraedit or humanedit; its columns say it.")] = None,
          side: Annotated[int | None, typer.Option(help="Scale pictures to so many pixels.")] = None,
          border: Border = "snap", dilate: Dilate = 0,
          fill: Annotated[bool, typer.Option("--fill", help="Fill holes of the masks.")] = False,
          shard: Annotated[int, typer.Option(help="Pairs of a shard.")] = 100,
          size: Size = "auto",
          workers: Annotated[int | None, typer.Option(help="Processes, one thread each; one a core.", min=0)] = None,
          as_json: Json = False):
    """Build pairs with masks: source, mask, post-processing, filter, parquet shards and their data card."""
    from ..training.pairs_with_masks.build import build_pairs

    try:
        told = build_pairs(folder, count, source, masks=masks, preset=keep, first=first, leak=leak, split=split,
                           layout=layout, size=side, border=border, dilate=dilate, fill=fill, shard=shard, models=size,
                           workers=workers, progress=watched())
    except KeyboardInterrupt as stop:
        typer.echo(f"maskedit: {stop or 'stopped'}", err=True)
        raise typer.Exit(130)  # as shells have it for Ctrl-C
    output(as_json, {"folder": str(folder), **told}, _said(folder, told))


@pairs_app.command()
def report(folder: Annotated[Path, typer.Argument(help="A folder of drawn pairs that `pairs build` built.")],
           figure: Annotated[Path | None, typer.Option(help="Draw the curves to this PNG file.")] = None,
           masks: Annotated[str, typer.Option(help="Of the figure: masks by click, box or words, or all.")] = "all",
           as_json: Json = False):
    """What each threshold of the filter throws out, held against the known truth: bad masks kept, good ones lost."""
    from ..figures.show import save_figure
    from ..training.pairs_with_masks.curve import filter_report
    from ..training.pairs_with_masks.curve_figure import show_filter

    if figure:
        check_out(figure)
    told = filter_report(folder)
    if figure:
        save_figure(show_filter(told, masks), figure)
    lines = [f"{told['pairs']} pairs; a mask is bad with an IoU under {told['bad']:g}"]
    lines += [f"masks by {way}: {_ious(two)}" for way, two in told["masks"].items()]
    lines += [f"masks by {way}: {name} from {limit:.2f} on" for way, of in told["chosen"].items()
              for name, limit in of.items()]
    lines += [f"filter {name}: keeps {does['kept']:.0%}, of bad masks {_share(does['bad_kept'])}, loses "
              f"{_share(does['good_lost'])} of the good" for name, does in told["presets"].items()]
    output(as_json, told, "\n".join(lines))


def _said(folder, told):
    lines = [f"{folder}: {told['pairs']} pairs, {told['kept']} kept; " + (
        f"{told['made']} made now in {told['seconds']:.0f} s" if told["made"] else "all were there")]
    lines += [f"dropped: {reason} ({count})" for reason, count in told["reasons"].items()]
    lines += [f"masks by {way}: {_ious(two)}" for way, two in told["mask_sources"].items() if two["before"]]
    return "\n".join(lines if told["done"] else lines + ["other processes have not ended yet"])


def _ious(two):
    return ", ".join(f"IoU {one['iou']:.3f} {when} the filter ({one['bad']:.1%} bad)"
                     for when, one in two.items() if one)


def _share(value):
    return "-" if value is None else f"{value:.0%}"
