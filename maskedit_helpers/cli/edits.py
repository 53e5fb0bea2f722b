"""Commands that make pictures: demo, edit, blend."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from ..places import results_folder
from .group import app
from .options import (
    Border,
    Clean,
    Dilate,
    Feather,
    Json,
    Memory,
    NamesControls,
    Out,
    Plan,
    Poisson,
    Sam,
    Size,
    check_out,
    load_kit,
    numbers,
    output,
    watched,
)


@app.command()
def demo(out: Annotated[Path | None, typer.Option(
             "--out", "-o", help="Folder for the pictures; without it, demo in the kit's results.")] = None,
         size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", as_json: Json = False):
    """Run the three cases: a click, a mask, an edit, the blend, the metrics."""
    from ..metrics.tables import format_table
    from ..studies.demo import run_demo

    kit = load_kit(size, memory, sam)
    rows, paths = run_demo(kit, out or results_folder() / "demo", watched())
    pictures = [str(path) for path in paths]
    folders = [str(path.with_suffix("")) for path in paths[:-1]]
    output(as_json, {"models": kit.size, "device": kit.device, "rows": rows, "pictures": pictures, "folders": folders},
           f"{kit.why}\n\n{format_table(rows)}\n\npictures: {', '.join(pictures)}\n"
           f"single ones, to look at or go on from: {', '.join(folders)}")


@app.command(cls=NamesControls)
def edit(image: Path, text: str, out: Out,
         click: Annotated[list[str], typer.Option(help="x,y of a pixel to edit; may be repeated.")] = [],  # noqa: B006
         exclude: Annotated[list[str], typer.Option(help="x,y of a pixel to leave out.")] = [],  # noqa: B006
         box: Annotated[str, typer.Option(help="left,top,right,bottom around what to edit.")] = "",
         mask: Annotated[Path | None, typer.Option(help="Mask file, white = edit.")] = None,
         words: Annotated[str, typer.Option(help="Words for what to edit, or 'auto': TEXT's own.")] = "",
         mask_out: Annotated[Path | None, typer.Option(help="Write the mask used to this PNG file.")] = None,
         s_t: Annotated[float | None, typer.Option("--s-t", help="Text guidance, above 1.")] = None,
         s_i: Annotated[float | None, typer.Option("--s-i", help="Image guidance, at least 1.")] = None,
         plan: Plan = None,
         steps: Annotated[int | None, typer.Option(help="Denoising steps, if not the plan's.")] = None,
         seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 1337,
         control: Annotated[str, typer.Option(help="How the mask is heeded, with commas: {controls}.")] = "blend",
         scheduler: Annotated[str | None, typer.Option(help="Sampler, as ddim or dpm++, if not the plan's.")] = None,
         border: Border = "snap", clean: Clean = 0, dilate: Dilate = 0, feather: Feather = 0,
         poisson: Poisson = False,
         anyway: Annotated[bool, typer.Option("--anyway", help="Edit a photograph with pocket models too.")] = False,
         size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", as_json: Json = False):
    """Edit IMAGE as TEXT says; with a click, a box, a mask or words, only there."""
    from ..editing.controls.blend import Blend
    from ..editing.controls.table import named
    from ..pictures.images import read_image, read_mask, write_png

    for path in filter(None, (out, mask_out)):
        check_out(path)
    points = [numbers(c, 2, "--click") for c in click] + [numbers(c, 2, "--exclude") for c in exclude]
    labels = [1] * len(click) + [0] * len(exclude)
    prompted = bool(points or box)
    if bool(mask) + prompted + bool(words) > 1:
        raise KitError("one way to say where is enough: --click, --exclude and --box, or --mask, or --words")
    if not (mask or prompted or words) and (mask_out or dilate or feather or poisson or control != "blend"):
        raise KitError("there is no mask to blend with; give --click, --box, --mask or --words")
    controls = {**named(control.split(",")), "blend": Blend(dilate, feather, "poisson" if poisson else "alpha")}
    x0 = read_image(image)
    M = read_mask(mask, x0.shape) if mask else None
    kit = load_kit(size, memory, sam)
    kit.check_domain(x0, anyway)
    if prompted:
        M = kit.segment(x0, points, labels, numbers(box, 4, "--box") if box else None, border=border, clean=clean)
    phrase = reader = None
    if words:
        M, phrase, grounding = kit.ground(x0, text, phrase=None if words == "auto" else words,
                                          border=border, clean=clean)
        reader = grounding.reader or None
    y, report = kit.edit(x0, text, mask=M, control=None if M is None else list(controls.values()), s_T=s_t, s_I=s_i,
                         plan=plan, steps=steps, seed=seed, scheduler=scheduler, progress=watched(), report=True,
                         anyway=True)
    write_png(out, y)
    if mask_out:
        write_png(mask_out, M)
    share = None if M is None else float((M > 0.5).mean())
    found = (f" of {phrase!r}" if phrase else "") + (f" (read by {reader})" if reader else "")
    where = "everywhere: no mask was given" if share is None else f"in the mask{found}, {share:.1%} of the picture"
    seconds = sum(report.seconds.values())
    output(as_json, {"out": str(out), "models": kit.size, "device": kit.device, "domain": kit.domain(x0),
                     "mask_share": share, "phrase": phrase, "reader": reader, "plan": plan or kit.editor.plan,
                     "steps": report.plan.steps, "seed": seed,
                     "seconds": report.seconds, "unet_rows": report.unet_rows,
                     "peak_memory_mb": report.peak_memory_mb},
           f"{out}: edited {where}; {kit.why}; {seconds:.1f} s, {report.unet_rows} U-Net rows")


@app.command("blend")
def blend_command(original: Path, edited: Path, mask: Path, out: Out, dilate: Dilate = 0,
                  feather: Feather = 0, poisson: Poisson = False, as_json: Json = False):
    """Keep ORIGINAL outside MASK, take EDITED inside: y_tilde = M y + (1 - M) x0."""
    from ..pictures.blend import blend
    from ..pictures.images import read_image, read_mask, write_png

    x0 = read_image(original, "original")
    M = read_mask(mask, x0.shape)
    write_png(out, blend(x0, read_image(edited, "edited"), M, dilate=dilate, feather=feather,
                         mode="poisson" if poisson else "alpha"))
    share = float((M > 0.5).mean())
    output(as_json, {"out": str(out), "mask_share": share},
           f"{out}: edited inside the mask, {share:.1%} of the picture")
