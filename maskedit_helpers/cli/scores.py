"""Commands that measure: measure, evaluate."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Clip, Json, Memory, NamesControls, Plan, Sam, Size, load_kit, numbers, output, watched


@app.command("measure")
def measure_command(original: Annotated[Path | None, typer.Argument()] = None,
                    edited: Annotated[Path | None, typer.Argument()] = None,
                    mask: Annotated[Path | None, typer.Argument()] = None,
                    instruction: Annotated[str, typer.Option(help="For the CLIP score.")] = "",
                    caption: Annotated[tuple[str, str], typer.Option(
                        help="Before and after in words, for CLIP's direction.")] = ("", ""),
                    truth: Annotated[Path | None, typer.Option(help="The perfect edit, if known.")] = None,
                    threshold: Annotated[str, typer.Option(
                        help="Grey levels from which a pixel counts as changed, or 'seeds'.")] = "20",
                    folder: Annotated[Path | None, typer.Option(
                        help="Measure all edits in this folder instead, by the conventions of PIE-Bench and others.")]
                    = None,
                    layout: Annotated[str, typer.Option(
                        help="How the folder lies: auto, pie-bench, magicbrush or plain.")] = "auto",
                    edits: Annotated[list[str] | None, typer.Option(
                        help="A method of the folder, NAME, or NAME=FOLDER for edits elsewhere; may be given again.")]
                    = None,
                    masks: Annotated[str | None, typer.Option(
                        help="What means edit in the masks of a plain folder: white, black or transparent.")] = None,
                    common: Annotated[bool, typer.Option(
                        "--common", help="Of the folder, only pictures that every method has edited.")] = False,
                    csv: Annotated[Path | None, typer.Option(help="Write a line for each edit of the folder.")] = None,
                    size: Size = "auto", clip: Clip = "vit_b_32", as_json: Json = False):
    """Measure EDITED against ORIGINAL, inside and outside MASK; or all edits in a folder. CLIP's metrics only with
    words."""
    one = {"EDITED": edited, "MASK": mask, "--instruction": instruction, "--caption": any(caption), "--truth": truth,
           "--threshold": threshold != "20", "--clip": clip != "vit_b_32"}
    many = {"--layout": layout != "auto", "--edits": edits, "--masks": masks, "--common": common, "--csv": csv}
    if folder is not None:
        from .folders import measure_a_folder

        _refuse({"ORIGINAL": original, **one}, "is for one edit; --folder measures many")
        measure_a_folder(folder, layout, edits, masks, common, size, csv, as_json)
        return
    _refuse(many, "is for a folder of edits; name it with --folder")
    if original is None or edited is None or mask is None:
        raise KitError("give ORIGINAL EDITED MASK, or --folder (`maskedit measure --help` lists what there is)")
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


def _refuse(options, why):
    if given := next((name for name, value in options.items() if value), None):
        raise KitError(f"{given} {why}")


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
