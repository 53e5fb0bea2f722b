"""The data card: README.md beside the shards, which says what they hold, how it was made, and what was thrown out."""

from pathlib import Path

from ...pictures.images import write_file
from .drawn import Drawn
from .filtering import PRESETS
from .layouts import LAYOUTS
from .masking import LEAST, MOST
from .reading import Pairs
from .rows import EACH
from .settings import read_settings
from .summary import BAD, summary

WAYS = {"click": "SAM, a click in the middle of the target", "box": "SAM, a box around the target",
        "words": "the instruction's words, grounded, then SAM", "own": "the set's own masks"}


def write_card(folder):
    """Write README.md of a build, anew after people have looked at its pairs. Raises KitError as `write_file`."""
    write_file(Path(folder) / "README.md", card(folder).encode(), ".md")


def card(folder):
    """The data card of a build, Markdown."""
    settings, told = read_settings(folder), summary(folder)
    dropped = told["pairs"] - told["kept"]
    lines = ["---", "configs:", "- config_name: default", "  data_files: data/*.parquet", "---", "",
             f"# Pairs with masks: {settings.source}", "",
             f"{told['pairs']} pairs for an editor that is told where, of which {told['kept']} are kept; the other "
             f"{dropped} stay in the shards with the reason (`kept` is false). Columns are UltraEdit's: "
             "`source_image`, `edited_image`, `mask_image` (white = edit), `edit_prompt`, `source_caption`, "
             "`target_caption`.", "",
             "```python", "import maskedit_helpers as me", 'pairs = me.read_pairs("this folder", size=128)', "```", "",
             "## How they were made", "", *_settings(settings), ""]
    lines += ["## What was dropped", "", "| reason | pairs |", "|---|---|",
              *(f"| {reason} | {count} |" for reason, count in told["reasons"].items()), ""] if dropped else []
    if told["masks"]["before"]:
        lines += ["## Masks against the truth", "",
                  "IoU of each mask with the pixels that a perfect edit may change, which drawn pairs know, before and "
                  f"after the filter. Bad is a mask with an IoU under {BAD:g}.", "",
                  "| masks by | pairs | IoU | bad | kept pairs | IoU | bad |", "|---|---|---|---|---|---|---|",
                  *(_ious(way, two) for way, two in (*told["mask_sources"].items(), ("all", told["masks"]))), ""]
    return "\n".join(lines + _looked_at(folder)) + "\n"


def _settings(settings):
    layout = LAYOUTS.get(settings.layout)
    licence = Drawn.licence if not layout else layout.licence if settings.source in layout.sets else (
        f"not known here ({', '.join(layout.sets)}, which lies so: {layout.licence})")
    if not layout:
        which = f"seeds {settings.first} to {settings.first + settings.count - 1}, leak {settings.leak:g}"
    else:
        which = f"layout {settings.layout}, split {settings.split or layout.split}, from row {settings.first} on"
    return [f"- Source: {settings.source} ({which}). Licence: {licence}.",
            *(["  The licence of a set is not this kit's: read its card before you use or pass on what is here."] if
              layout else []),
            f"- Masks: {'; '.join(WAYS[way] for way in settings.masks)}" + (", in turns" * (len(settings.masks) > 1)) +
            f". Models: {settings.models}. Border: {settings.border}.",
            f"- Post-processing: holes {'filled' if settings.fill else 'left'}, grown by {settings.dilate:g} pixels; "
            f"dropped where they cover under {LEAST:.0%} or over {MOST:.0%} of the picture.",
            f"- Filter: {settings.preset}: {_filter(PRESETS[settings.preset])}",
            f"- One pair in {EACH} (`validation`) is set aside to be looked at by people."]


def _filter(preset):
    asked = [_asked(preset), *(f"{name}: {_asked(one)}" for name, one in preset.of.items())]
    return f"{'; '.join(filter(None, asked)) or 'nothing is asked'}. Source: {preset.source}."


def _asked(preset):
    return ", ".join([f"{name} at least {limit:g}" for name, limit in preset.least.items()] +
                     [f"{name} at most {limit:g}" for name, limit in preset.most.items()])


def _ious(way, two):
    cells = [f"{one['n']} | {one['iou']:.3f} | {one['bad']:.1%}" if one else "0 | - | -"
             for one in (two["before"], two["after"])]
    return f"| {way} | {' | '.join(cells)} |"


def _looked_at(folder):
    """Lines of what people said of the validation pairs; none if nobody has looked."""
    try:
        from ..vetting import vetted
    except ImportError:
        return []
    pairs = Pairs(folder, kept=True, validation=True)
    found = vetted(folder, pairs.names)
    head = ["## Looked at by people", "", f"Of {len(pairs)} pair{'s' * (len(pairs) != 1)} set aside and kept:", ""]
    return [*head, *found, ""] if found else []
