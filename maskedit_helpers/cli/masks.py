"""The command that makes a mask and nothing else: mask."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import KitError
from .group import app
from .options import Border, Clean, Dilate, Feather, Json, Memory, Out, Sam, Size, check_out, load_kit, numbers, output


@app.command("mask")
def mask_command(
        image: Path, out: Out,
        click: Annotated[list[str], typer.Option(help="x,y of a pixel to select; may be repeated.")] = [],  # noqa: B006
        exclude: Annotated[list[str], typer.Option(help="x,y of a pixel to leave out; may be repeated.")] = [],  # noqa: B006
        box: Annotated[list[str], typer.Option(help="left,top,right,bottom around a thing; may be repeated.")] = [],  # noqa: B006
        words: Annotated[list[str], typer.Option(help="Words for a thing; may be repeated.")] = [],  # noqa: B006
        how: Annotated[str, typer.Option(
            help="Who cuts: sam, grabcut (needs no weights), or auto: grabcut for photographs on pocket.")] = "auto",
        border: Border = "snap", clean: Clean = 0, dilate: Dilate = 0, feather: Feather = 0,
        overlay: Annotated[Path | None, typer.Option(help="Draw the mask on the picture, to this PNG file.")] = None,
        size: Size = "auto", memory: Memory = "auto", sam: Sam = "auto", as_json: Json = False):
    """Make the mask that edit, blend and measure take. Boxes, clicks and words add up; clicks refine their box."""
    from ..figures.show import overlay as drawn
    from ..pictures.blend import check_growth, grown
    from ..pictures.images import read_image, write_png

    for path in filter(None, (out, overlay)):
        check_out(path)
    check_growth(dilate, feather)
    prompts = added_up([numbers(one, 2, "--click") for one in click], [numbers(one, 2, "--exclude") for one in exclude],
                       [numbers(one, 4, "--box") for one in box])
    if not (prompts or words):
        raise KitError("nothing says what to select; give --click, --box or --words")
    picture = read_image(image)
    kit = load_kit(size, memory, sam)
    if words and kit.domain(picture) == "photograph":
        raise KitError("this looks like a photograph, in which the pocket models find nothing by words; give --click "
                       "or --box, which GrabCut cuts out, or use the full models")
    masks, by = cut_out(kit, picture, prompts, how, border, clean) if prompts else ([], None)
    phrases = []
    for phrase in words:
        mask, found, _ = kit.ground(picture, phrase, phrase=phrase, border=border, clean=clean)
        masks.append(mask)
        phrases.append(found)
    mask = masks[0]
    for other in masks[1:]:
        mask = mask.clip(min=other)
    mask = grown(mask, dilate, feather)
    write_png(out, mask)
    if overlay:
        write_png(overlay, drawn(picture, mask))
    share = float((mask > 0.5).mean())
    what = [f"{len(prompts)} by {'GrabCut' if by == 'grabcut' else 'SAM'}"] * bool(prompts) + [repr(p) for p in phrases]
    output(as_json, {"out": str(out), "overlay": overlay and str(overlay), "models": kit.size, "device": kit.device,
                     "how": by, "prompts": len(prompts), "phrases": phrases, "mask_share": share},
           f"{out}: {share:.1%} of the picture; {', '.join(what)}; {kit.why}")


def cut_out(kit, picture, prompts, how, border, clean):
    """A mask for each prompt, and who made them: "grabcut" or "sam"."""
    from ..masks.scissors import Scissors
    from ..masks.segment import cutter, segment

    asked = cutter(kit, picture, how)
    masks = [segment(asked, picture, *prompt, border, clean) for prompt in prompts]
    return masks, "grabcut" if isinstance(asked, Scissors) else "sam"


def added_up(clicks, excludes, boxes):
    """The prompts that clicks and boxes make, as (points, labels, box).

    One box or none: all of it is one prompt. Of several boxes each is a prompt, refined by the clicks inside it and by
    every exclusion; clicks that lie in none of them are one more.
    """
    if len(boxes) < 2:
        return [(clicks + excludes, [1] * len(clicks) + [0] * len(excludes), boxes[0] if boxes else None)] * bool(
            clicks or excludes or boxes)

    def inside(click, box):
        return box[0] <= click[0] < box[2] and box[1] <= click[1] < box[3]

    alone = [click for click in clicks if not any(inside(click, box) for box in boxes)]
    groups = [([click for click in clicks if inside(click, box)], box) for box in boxes]
    groups += [(alone, None)] * bool(alone)
    return [(mine + excludes, [1] * len(mine) + [0] * len(excludes), box) for mine, box in groups]
