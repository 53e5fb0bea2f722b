"""What the mask-aware editors do beside the plain one, measured before: kept in data/ so that lessons need not wait.

    maskedit evaluate --controls blend,mask-aware,mask-aware:encoded,mask-aware:tokens,mask-aware:both --plan fast \\
        --masks truth,click,loose,everywhere,truth-it,click-it --scenes 50 --rows data/mask_aware_pocket.jsonl
"""

from ..conditioning.ways import WAYS
from ..places import HOME
from .intervals import mean_with_interval, share_with_interval
from .measured import control_rows

FILE = HOME / "data" / "mask_aware_pocket.jsonl"
MASKS, WORDS = ("truth", "click", "loose", "everywhere"), ("named", "it")
METRICS = ("background_psnr", "edit_psnr_before", "truth_psnr", "edit_success")


def mask_aware_rows(file=FILE):
    """What each editor did on held-out scenes with each mask.

    Parameters
    ----------
    file : path, as the command above writes it; the kit's own run, of pocket models, if not given

    Returns
    -------
    list of dict, one for each scene, editor, mask and words:
        scene : int. editor : "plain", or the way of a mask-aware one. mask : "truth", "click" (SAM's of one click),
        "loose" (that grown by 2 pixels) or "everywhere". words : "named", or "it" where the instruction doesn't name
        the thing, as in "make it red".
        background_psnr, edit_psnr_before : dB, of the edit before the blend, outside the true mask against the original
        and inside it against the true edit. truth_psnr, edit_psnr : dB, of the blended result against the true edit,
        of all of it and inside the true mask. edit_success : 1 where the colour asked is the colour got, 0 where not,
        None where no colour is asked. And the other columns of `studies.scoreboard.compare`.

    Raises
    ------
    KitError
        No such file, or one that no such run wrote.
    """
    rows = []
    for row in control_rows(file):
        mask, _, it = row["source"].partition("-")
        way = {"blend": "plain", "mask-aware": "channel"}.get(row["control"], row["control"].partition(":")[2])
        rows.append({"scene": row["scene"], "editor": way, "mask": mask, "words": it or "named",
                     **{name: value for name, value in row.items() if name not in ("scene", "control", "source")}})
    return rows


def beside_the_plain(rows):
    """What each editor gains on the plain one, scene by scene.

    rows : as `mask_aware_rows` gives them

    Returns
    -------
    list of dict, one for each mask, words and editor: those three names, and for each of METRICS a dict of "mean",
    "low", "high", "n"; of the mask-aware ones the means are of the differences from the plain editor in the same scene,
    but for edit_success, which is the share itself.
    """
    by = {}
    for row in rows:
        by.setdefault((row["mask"], row["words"], row["editor"]), {})[row["scene"]] = row
    found, order = [], {name: i for i, name in enumerate((*MASKS, *WORDS, "plain", *WAYS))}
    for (mask, words, editor), scenes in sorted(by.items(), key=lambda item: [order[name] for name in (
            item[0][1], item[0][0], item[0][2])]):
        plain = by[mask, words, "plain"]
        entry = {"mask": mask, "words": words, "editor": editor}
        for name in METRICS:
            values = {scene: row[name] for scene, row in scenes.items() if row[name] is not None}
            if name == "edit_success":
                entry[name] = share_with_interval([*values.values()])
            elif editor == "plain":
                entry[name] = mean_with_interval([*values.values()])
            else:
                entry[name] = mean_with_interval([value - plain[scene][name] for scene, value in values.items()])
        found.append(entry)
    return found


def page_rows(rows):
    """The same as cells of a page's table: (heads, lines)."""
    heads = ["mask", "words", "editor", "background before the blend (dB)", "edit before the blend (dB)",
             "whole result after it (dB)", "colour got"]
    lines = []
    for entry in beside_the_plain(rows):
        sign = "" if entry["editor"] == "plain" else "+"
        cells = [_cell(entry[name], sign) for name in METRICS[:3]]
        success = "{mean:.2f} ({low:.2f} to {high:.2f})".format(**entry["edit_success"])
        lines.append([entry["mask"], entry["words"], entry["editor"], *cells, success])
    return heads, lines


def _cell(score, sign):
    return f"{score['mean']:{sign}.1f} ({score['low']:{sign}.1f} to {score['high']:{sign}.1f})"
