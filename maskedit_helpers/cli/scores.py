"""Commands that measure: measure, evaluate."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Clip, Json, Memory, NamesControls, Plan, Sam, Size, load_kit, numbers, output, watched


@app.command("measure")
def measure_command(original: Path, edited: Path, mask: Path,
                    instruction: Annotated[str, typer.Option(help="For the CLIP score.")] = "",
                    caption: Annotated[tuple[str, str], typer.Option(
                        help="Before and after in words, for CLIP's direction.")] = ("", ""),
                    truth: Annotated[Path | None, typer.Option(help="The perfect edit, if known.")] = None,
                    threshold: Annotated[str, typer.Option(
                        help="Grey levels from which a pixel counts as changed, or 'seeds'.")] = "20",
                    size: Size = "auto", clip: Clip = "vit_b_32", as_json: Json = False):
    """Measure EDITED against ORIGINAL, inside and outside MASK. CLIP's metrics only with words."""
    from ..metrics.measure import measure
    from ..metrics.tables import format_table
    from ..pictures.images import read_image, read_mask

    x0 = read_image(original, "original")
    M = read_mask(mask, x0.shape)
    limit = "seeds" if threshold == "seeds" else numbers(threshold, 1, "--threshold")[0]
    kit = load_kit(size, clip=clip) if instruction or any(caption) else None
    row = measure(x0, read_image(edited, "edited"), M, kit=kit, instruction=instruction or None,
                  captions=caption if any(caption) else None, truth=truth and read_image(truth, "truth"),
                  threshold=limit)
    output(as_json, row, format_table([row]))


@app.command("evaluate", cls=NamesControls)
def evaluate_command(scenes: Annotated[int, typer.Option(help="Fresh scenes to draw.")] = 60,
                     seed: Annotated[int, typer.Option(help="Which scenes.")] = 0,
                     ground: Annotated[bool, typer.Option("--ground", help="Score masks from words too.")] = False,
                     controls: Annotated[str, typer.Option(
                         help="Score these controls instead, with commas, or all: {controls}.")] = "",
                     masks: Annotated[str, typer.Option(
                         help="Where the controls' masks come from, with commas: truth, click, words, loose, "
                              "everywhere; truth-it and click-it with words that name no thing.")] = "click",
                     rows: Annotated[Path | None, typer.Option(
                         help="Keep the controls' rows in this file, and go on from it.")] = None,
                     workers: Annotated[int, typer.Option(
                         min=1, help="Processes for the controls; two suit two cores.")] = 1,
                     plan: Plan = None,
                     figure: Annotated[Path | None, typer.Option(
                         help="Draw the best, median and worst case, or the controls, to this PNG file.")] = None,
                     size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", clip: Clip = "vit_b_32",
                     as_json: Json = False):
    """The scoreboard: every model, or every control, on freshly drawn scenes that none was trained on."""
    from ..metrics.tables import format_table
    from ..studies.evaluate import evaluate
    from ..studies.scoreboard import PLAN, compare, table

    if controls and ground:
        raise KitError("--ground scores masks, --controls what is made of them; for both: --controls all --masks words")
    if not controls:
        for option, given in (("--rows", rows), ("--masks", masks != "click"), ("--workers", workers > 1)):
            if given:
                raise KitError(f"{option} is for the scoreboard of --controls; name some, or all")
    kit = load_kit(size, memory, sam, clip)
    if controls:
        names = controls if controls == "all" else controls.split(",")
        answer = compare(kit, names, masks.split(","), scenes, seed, rows, figure, workers, plan=plan or PLAN,
                         progress=watched())
        output(as_json, answer, f"{kit.why}; means over {scenes} scenes\n\n{format_table(table(answer['scores']))}")
        return
    answer = evaluate(kit, scenes, seed, figure, ground=ground, plan=plan, progress=watched())
    lines = [f"{name:24} {score['mean']:8.3f}  {_interval(score)}  n = {score['n']}{_tenth(score)}"
             for name, score in answer["scores"].items() if score["n"]]
    output(as_json, answer, "\n".join((f"{kit.why}; means with 95 % intervals", "", *lines)))


def _tenth(score):
    """What a tenth of the scenes stay below; shares have none."""
    return f", tenth percentile {score['tenth']:.3f}" if "tenth" in score else ""


def _interval(score):
    """ "[0.940, 1.000]"; one scene tells of none"""
    return "[  one scene ]" if score["low"] is None else f"[{score['low']:.3f}, {score['high']:.3f}]"
