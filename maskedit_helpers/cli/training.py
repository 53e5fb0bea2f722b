"""Commands that train: train."""

from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Device

AWARE = "mask-aware"


@app.command()
def train(part: Annotated[str, typer.Argument(help="vae, editor, sam, clip, fast, mask-aware or all.")],
          minutes: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
          steps: Annotated[int | None, typer.Option(help="Stop after so many steps.")] = None,
          resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
          warm: Annotated[bool, typer.Option("--warm", help="Begin from the weights in models/pocket.")] = False,
          pairs: Annotated[int | None, typer.Option(min=1, help="How many drawn pairs to train on.")] = None,
          device: Device = "auto", seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
          way: Annotated[str | None, typer.Option(
              help="Of mask-aware: how the mask is told: channel, encoded, tokens or both.")] = None,
          lora: Annotated[int | None, typer.Option(
              help="Rank of the adapters; 12 if not given.")] = None,
          full: Annotated[bool, typer.Option(
              "--full", help="Train the whole U-Net, without adapters.")] = False,
          penalty: Annotated[float | None, typer.Option(
              help="Weight of what is changed outside the mask.")] = None,
          target: Annotated[str | None, typer.Option(
              help="Outside the mask: pasted, the picture before, or leaky, as the pair has it.")] = None,
          jitter: Annotated[float | None, typer.Option(
              help="How far the masks are made worse; 0 not at all.")] = None,
          it: Annotated[float | None, typer.Option(
              help='Share of instructions that say "it".')] = None,
          leak: Annotated[float | None, typer.Option(
              help="How much the edits spill, 0 to 1.")] = None,
          begin: Annotated[Path | None, typer.Option(
              help="Folder of mask-aware weights to begin with, instead of the plain editor's.")] = None,
          built: Annotated[Path | None, typer.Option(
              help="Folder of `maskedit pairs build`, to train on its pairs.")] = None,
          size: Annotated[str | None, typer.Option(help="Which editor learns: pocket or full.")] = None,
          out: Annotated[Path | None, typer.Option(
              help="Folder for the weights, instead of models/pocket.")] = None):
    """Train a pocket model."""
    from ..training.dataset import PAIRS

    how = dict(minutes=minutes, steps=steps, resume=resume, device=device, seed=seed, pairs=pairs or PAIRS)
    recipe = dict(rank=lora, penalty=penalty, target=target, jitter=jitter, it=it, leak=leak, begin=begin,
                  built=built, size=size, out=out)
    recipe = {name: value for name, value in recipe.items() if value is not None}
    if part != AWARE:
        if strange := [*recipe, *["way"] * bool(way), *["full"] * full]:
            raise KitError(f"--{strange[0].replace('rank', 'lora')} is of mask-aware alone; leave it out")
        from ..training.train import train_part

        with _stopped():
            train_part(part, warm=warm, **how)
        return
    if warm:
        raise KitError("mask-aware always begins as the plain editor in models/pocket; leave --warm out")
    if full and lora is not None:
        raise KitError("--full trains all weights and --lora a few beside them; give one")
    from ..training.mask_aware.run import train_mask_aware

    with _stopped():
        train_mask_aware(way or "channel", **recipe | ({"rank": None} if full else {}), **how)


@contextmanager
def _stopped():
    try:
        yield
    except KeyboardInterrupt as stop:
        typer.echo(f"maskedit: {stop or 'stopped'}", err=True)
        raise typer.Exit(130)  # as shells have it for Ctrl-C
