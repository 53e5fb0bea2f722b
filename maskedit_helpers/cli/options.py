"""What several commands share: their options, how words become numbers, how a result is shown."""

import json
import math
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperCommand

from ..errors import KitError

Size = Annotated[str, typer.Option(help="Models to use: auto, pocket or full.")]
Memory = Annotated[str, typer.Option(help="How full uses the GPU: auto, normal, or low for 6 to 8 GB.")]
Sam = Annotated[str, typer.Option(help="Which SAM of full: auto, vit_h, vit_l or vit_b.")]
Clip = Annotated[str, typer.Option(help="Which CLIP of full: vit_b_32, or vit_l_14, which papers measure with.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="PNG file to write.")]
Border = Annotated[str, typer.Option(help="Where the mask ends: snap (at the picture's edges) or sam.")]
Clean = Annotated[int, typer.Option(help="Take specks and holes of fewer pixels away from the mask.")]
Dilate = Annotated[float, typer.Option(help="Grow the mask by so many pixels.")]
Feather = Annotated[float, typer.Option(help="Soften the mask's edge: sigma in pixels.")]
Plan = Annotated[str | None, typer.Option(help="How it is computed: reference, exact, fast or distilled.")]
Poisson = Annotated[bool, typer.Option("--poisson", help="Blend gradients (Poisson) to hide the seam.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


class NamesControls(TyperCommand):
    """A command whose help names the controls, for {controls}: looked up only when it is asked for."""

    def format_options(self, ctx, formatter):
        from ..editing.controls.table import presets

        for option in self.params:
            if option.help:
                option.help = option.help.replace("{controls}", ", ".join(presets()))
        super().format_options(ctx, formatter)


def load_kit(size, memory="auto", sam="auto", clip="vit_b_32"):
    from ..kit.kit import Kit
    from ..kit.weights import choose

    return Kit(choose(size, memory, sam, clip=clip))


def watched():
    """Is there somebody to see a progress bar? Not where stderr goes to a file."""
    return sys.stderr.isatty()


def asked():
    """Is there somebody to answer a question? Not where stdin is a file or nothing."""
    return sys.stdin is not None and sys.stdin.isatty()


def check_out(path):
    """Refuse a file that can't be written before minutes of work, not after."""
    if path.suffix.lower() != ".png":
        raise KitError(f"{path}: this writes a PNG file, so let its name end in .png")
    if not path.parent.is_dir():
        raise KitError(f"{path}: there is no folder {path.parent}; make it first")


def numbers(text, count, option):
    """ "64,80" -> (64.0, 80.0)"""
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) != count:
        example = {1: "20", 2: "64,80", 4: "20,30,90,110"}[count]
        raise KitError(f"{option} {text!r}: give {count} number{'s with commas' if count > 1 else ''}, "
                       f"for example {option} {example}")
    return numbers


def output(as_json, values, text):
    typer.echo(json.dumps(_plain(values), allow_nan=False) if as_json else text)


def _plain(value):
    """Whatever a verb returns as JSON can hold it."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    number = float(value)
    return None if math.isnan(number) else number if math.isfinite(number) else str(number)
