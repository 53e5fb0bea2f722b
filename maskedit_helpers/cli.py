"""The verbs on the command line: `maskedit COMMAND`. Thin: each command reads its words and calls the verb.

Results go to stdout, everything else (progress, notes, errors) to stderr. With --json stdout holds one JSON
object and nothing else; an infinite metric (a PSNR of equal pictures) is the string "inf" there, an undefined
one null. A mistake that a person can mend is one line and exit code 2.
"""

import json
import math
import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from .errors import KitError


class Polite(TyperGroup):
    """Turns a KitError, and a wrong command line, into one line on stderr and exit code 2."""

    def invoke(self, ctx):
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _note
                return super().invoke(ctx)
        except KitError as error:
            message = str(error)
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

Size = Annotated[str, typer.Option(help="Models to use: auto, pocket or full.")]
Memory = Annotated[str, typer.Option(help="How full uses the GPU: auto, normal, or low for 6 to 8 GB.")]
Sam = Annotated[str, typer.Option(help="Which SAM of full: auto, vit_h, vit_l or vit_b.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="PNG file to write.")]
Dilate = Annotated[float, typer.Option(help="Grow the mask by so many pixels.")]
Feather = Annotated[float, typer.Option(help="Soften the mask's edge: sigma in pixels.")]
Folder = Annotated[Path, typer.Option("--out", "-o", help="Folder for the pictures.")]
Poisson = Annotated[bool, typer.Option("--poisson", help="Blend gradients (Poisson) to hide the seam.")]
Device = Annotated[str, typer.Option(help="auto, cpu or cuda.")]


@app.command()
def demo(out: Folder = Path("results/demo"), size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto",
         as_json: Json = False):
    """Run the three cases: a click, a mask, an edit, the blend, the metrics."""
    from .demo import run_demo
    from .metrics import format_table

    kit = _kit(size, memory, sam)
    rows, paths = run_demo(kit, out, _watched())
    pictures = [str(path) for path in paths]
    _print(as_json, {"models": kit.size, "device": kit.device, "rows": rows, "pictures": pictures},
           f"{kit.why}\n\n{format_table(rows)}\n\npictures: {', '.join(pictures)}")


@app.command()
def edit(image: Path, text: str, out: Out,
         click: Annotated[list[str], typer.Option(help="x,y of a pixel to edit; may be repeated.")] = [],  # noqa: B006
         exclude: Annotated[list[str], typer.Option(help="x,y of a pixel to leave out.")] = [],  # noqa: B006
         box: Annotated[str, typer.Option(help="x0,y0,x1,y1 around what to edit.")] = "",
         mask: Annotated[Path | None, typer.Option(help="Mask file, white = edit.")] = None,
         words: Annotated[str, typer.Option(help="Words for what to edit, or 'auto': TEXT's own.")] = "",
         mask_out: Annotated[Path | None, typer.Option(help="Write the mask used to this PNG file.")] = None,
         s_t: Annotated[float | None, typer.Option("--s-t", help="Text guidance, above 1.")] = None,
         s_i: Annotated[float | None, typer.Option("--s-i", help="Image guidance, at least 1.")] = None,
         steps: Annotated[int, typer.Option(help="Denoising steps.")] = 20,
         seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 1337,
         control: Annotated[str, typer.Option(help="How the mask is heeded, with commas: blend, latent, "
                            "latent-dilated, inversion, guidance, attention, crop.")] = "blend",
         scheduler: Annotated[str | None, typer.Option(help="Sampler, as ddim, euler_a or dpm++.")] = None,
         dilate: Dilate = 0, feather: Feather = 0, poisson: Poisson = False,
         size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", as_json: Json = False):
    """Edit IMAGE as TEXT says; with a click, a box, a mask or words, only there."""
    from .controls import Blend, named
    from .images import read_image, read_mask, write_png

    for path in filter(None, (out, mask_out)):
        _check_out(path)
    points = [_numbers(c, 2, "--click") for c in click] + [_numbers(c, 2, "--exclude") for c in exclude]
    labels = [1] * len(click) + [0] * len(exclude)
    prompted = bool(points or box)
    if bool(mask) + prompted + bool(words) > 1:
        raise KitError("one way to say where is enough: --click, --exclude and --box, or --mask, or --words")
    if not (mask or prompted or words) and (mask_out or dilate or feather or poisson or control != "blend"):
        raise KitError("there is no mask to blend with; give --click, --box, --mask or --words")
    controls = {**named(control.split(",")), "blend": Blend(dilate, feather, "poisson" if poisson else "alpha")}
    x0 = read_image(image)
    M = read_mask(mask, x0.shape) if mask else None
    kit = _kit(size, memory, sam)
    if prompted:
        M = kit.segment(x0, points, labels, _numbers(box, 4, "--box") if box else None)
    phrase = reader = None
    if words:
        M, phrase, grounding = kit.ground(x0, text, phrase=None if words == "auto" else words)
        reader = grounding.reader or None
    y, report = kit.edit(x0, text, mask=M, control=None if M is None else list(controls.values()), s_T=s_t, s_I=s_i,
                         steps=steps, seed=seed, scheduler=scheduler, progress=_watched(), report=True)
    write_png(out, y)
    if mask_out:
        write_png(mask_out, M)
    share = None if M is None else float((M > 0.5).mean())
    found = (f" of {phrase!r}" if phrase else "") + (f" (read by {reader})" if reader else "")
    where = "everywhere: no mask was given" if share is None else f"in the mask{found}, {share:.1%} of the picture"
    seconds = sum(report.seconds.values())
    _print(as_json, {"out": str(out), "models": kit.size, "device": kit.device, "mask_share": share,
                     "phrase": phrase, "reader": reader, "steps": steps, "seed": seed, "seconds": report.seconds,
                     "unet_rows": report.unet_rows, "peak_memory_mb": report.peak_memory_mb},
           f"{out}: edited {where}; {kit.why}; {seconds:.1f} s, {report.unet_rows} U-Net rows")


@app.command("blend")
def blend_command(original: Path, edited: Path, mask: Path, out: Out, dilate: Dilate = 0,
                  feather: Feather = 0, poisson: Poisson = False, as_json: Json = False):
    """Keep ORIGINAL outside MASK, take EDITED inside: y_tilde = M y + (1 - M) x0."""
    from .blend import blend
    from .images import read_image, read_mask, write_png

    x0 = read_image(original, "original")
    M = read_mask(mask, x0.shape)
    write_png(out, blend(x0, read_image(edited, "edited"), M, dilate=dilate, feather=feather,
                         mode="poisson" if poisson else "alpha"))
    share = float((M > 0.5).mean())
    _print(as_json, {"out": str(out), "mask_share": share},
           f"{out}: edited inside the mask, {share:.1%} of the picture")


@app.command("measure")
def measure_command(original: Path, edited: Path, mask: Path,
                    instruction: Annotated[str, typer.Option(help="For the CLIP score.")] = "",
                    caption: Annotated[tuple[str, str], typer.Option(
                        help="Before and after in words, for CLIP's direction.")] = ("", ""),
                    truth: Annotated[Path | None, typer.Option(help="The perfect edit, if known.")] = None,
                    threshold: Annotated[str, typer.Option(
                        help="Grey levels from which a pixel counts as changed, or 'seeds'.")] = "20",
                    size: Size = "auto", as_json: Json = False):
    """Measure EDITED against ORIGINAL, inside and outside MASK. CLIP's metrics only with words."""
    from .images import read_image, read_mask
    from .metrics import format_table, measure

    x0 = read_image(original, "original")
    M = read_mask(mask, x0.shape)
    limit = "seeds" if threshold == "seeds" else _numbers(threshold, 1, "--threshold")[0]
    kit = _kit(size) if instruction or any(caption) else None
    row = measure(x0, read_image(edited, "edited"), M, kit=kit, instruction=instruction or None,
                  captions=caption if any(caption) else None, truth=truth and read_image(truth, "truth"),
                  threshold=limit)
    _print(as_json, row, format_table([row]))


@app.command("evaluate")
def evaluate_command(scenes: Annotated[int, typer.Option(help="Fresh scenes to draw.")] = 60,
                     seed: Annotated[int, typer.Option(help="Which scenes.")] = 0,
                     ground: Annotated[bool, typer.Option("--ground", help="Score masks from words too.")] = False,
                     controls: Annotated[str, typer.Option(
                         help="Score these controls instead, with commas, or all.")] = "",
                     masks: Annotated[str, typer.Option(
                         help="Whence the controls' masks come: truth, click, words, with commas.")] = "click",
                     rows: Annotated[Path | None, typer.Option(
                         help="Keep the controls' rows in this file, and go on from it.")] = None,
                     workers: Annotated[int, typer.Option(
                         min=1, help="Processes for the controls; two suit two cores.")] = 1,
                     figure: Annotated[Path | None, typer.Option(
                         help="Draw the best, median and worst case, or the controls, to this PNG file.")] = None,
                     size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", as_json: Json = False):
    """The scoreboard: every model, or every control, on freshly drawn scenes that none was trained on."""
    from .metrics import format_table
    from .pocket.evaluate import evaluate
    from .pocket.scoreboard import compare, table

    if controls and ground:
        raise KitError("--ground scores masks, --controls what is made of them; for both: --controls all --masks words")
    if not controls:
        for option, given in (("--rows", rows), ("--masks", masks != "click"), ("--workers", workers > 1)):
            if given:
                raise KitError(f"{option} is for the scoreboard of --controls; name some, or all")
    kit = _kit(size, memory, sam)
    if controls:
        names = controls if controls == "all" else controls.split(",")
        answer = compare(kit, names, masks.split(","), scenes, seed, rows, figure, workers, progress=_watched())
        _print(as_json, answer, f"{kit.why}; means over {scenes} scenes\n\n{format_table(table(answer['scores']))}")
        return
    answer = evaluate(kit, scenes, seed, figure, ground=ground, progress=_watched())
    lines = [f"{name:24} {score['mean']:8.3f}  {_interval(score)}  n = {score['n']}"
             for name, score in answer["scores"].items() if score["n"]]
    _print(as_json, answer, "\n".join((f"{kit.why}; means with 95 % intervals", "", *lines)))


@app.command()
def pairs(out: Out, show: Annotated[int, typer.Option(help="How many pairs.")] = 24,
          seed: Annotated[int, typer.Option(help="Seed of the first pair.")] = 0,
          leak: Annotated[float, typer.Option(help="How much the edits spill, 0 to 1.")] = 0.6):
    """Page through the training pairs: before, after, mask, instruction."""
    from .pocket.album import save_album

    _check_out(out)
    save_album(out, show, seed, leak)
    typer.echo(f"{out}: {show} pairs from seed {seed} on, leak {leak:g}")


@app.command()
def train(part: Annotated[str, typer.Argument(help="vae, editor, sam, clip or all.")],
          minutes: Annotated[float | None, typer.Option(help="Stop after so long.")] = None,
          steps: Annotated[int | None, typer.Option(help="Stop after so many steps.")] = None,
          resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
          warm: Annotated[bool, typer.Option("--warm", help="Begin from the weights in models/pocket.")] = False,
          pairs: Annotated[int | None, typer.Option(min=1, help="How many drawn pairs to train on.")] = None,
          device: Device = "auto", seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0):
    """Train a pocket model."""
    from .pocket.train import PAIRS, train_part

    try:
        train_part(part, minutes=minutes, steps=steps, resume=resume, device=device, seed=seed, warm=warm,
                   pairs=pairs or PAIRS)
    except KeyboardInterrupt as stop:
        typer.echo(f"maskedit: {stop or 'stopped'}", err=True)
        raise typer.Exit(130)  # as shells have it for Ctrl-C


@app.command("fetch")
def fetch_command(names: Annotated[list[str] | None, typer.Argument(
                      help="What to download: full, english, or single names; without any, all are listed.")] = None,
                  as_json: Json = False):
    """Download published checkpoints; what is here and whole already, is not downloaded again."""
    from .fetch import fetch

    paths = [str(path) for path in fetch(names or [], _watched())]
    _print(as_json, {"paths": paths}, "\n".join(f"{path}: here, and whole" for path in paths))


@app.command("doctor")
def doctor_command(as_json: Json = False):
    """Say what is here, what is missing, and which command mends it."""
    from .doctor import examine, report

    found = examine()
    _print(as_json, found, report(found))


def main():
    """Entry point of the `maskedit` command."""
    app(prog_name="maskedit")


def _kit(size, memory="auto", sam="auto"):
    from .kit import Kit
    from .weights import choose

    return Kit(choose(size, memory, sam))


def _watched():
    """Is there somebody to see a progress bar? Not where stderr goes to a file."""
    return sys.stderr.isatty()


def _check_out(path):
    """Refuse a file that can't be written before minutes of work, not after."""
    if path.suffix.lower() != ".png":
        raise KitError(f"{path}: this writes a PNG file, so let its name end in .png")
    if not path.parent.is_dir():
        raise KitError(f"{path}: there is no folder {path.parent}; make it first")


def _numbers(text, count, option):
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


def _interval(score):
    """ "[0.940, 1.000]"; one scene tells of none"""
    return "[  one scene ]" if score["low"] is None else f"[{score['low']:.3f}, {score['high']:.3f}]"


def _print(as_json, values, text):
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


def _note(message, category, filename, lineno, file=None, line=None):
    """A warning of the kit's own as one line; those of the libraries are for programmers."""
    if category is UserWarning and Path(filename).parent == Path(__file__).parent:
        typer.echo(f"maskedit: note: {message}", err=True)
