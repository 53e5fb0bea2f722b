"""The benchmark: stock diffusers against this kit's plans."""

from pathlib import Path
from typing import Annotated

import typer

from .group import app
from .options import Json, Memory, Sam, Size, load_kit, output, watched


@app.command("bench")
def bench_command(scenes: Annotated[int, typer.Option(help="Fresh scenes to edit.")] = 12,
                  seed: Annotated[int, typer.Option(help="Which scenes.")] = 0,
                  figure: Annotated[Path | None, typer.Option(
                      help="Draw seconds against edit PSNR to this PNG file.")] = None,
                  size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", as_json: Json = False):
    """How fast is an edit, and how good? Stock diffusers and every plan in turns, and the parts around them."""
    from ..studies.bench import bench
    from ..studies.bench_text import text

    answer = bench(load_kit(size, memory, sam), scenes, seed, figure, progress=watched())
    output(as_json, answer, text(answer))
