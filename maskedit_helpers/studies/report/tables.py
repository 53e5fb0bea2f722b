"""The report's tables: every number from the rows."""

from dataclasses import replace

from ...errors import KitError
from ...metrics.metric import RESULTS, metric, standing
from ..bench.editors import STOCK
from ..bench.figure import label
from ..bench.page import METRICS as OF_BENCH
from ..sweep.names import column
from .marks import safe
from .study_tables import tables_of_ratings, tables_of_study
from .table import Table, number, score

OF_CASES = ("truth_psnr", "change_iou", "background_psnr", "edit_psnr", "clip_direction")
BOLD = "The best in bold."


def tables(found):
    """{name: Table} of a gather.Found, in the order in which they stand in the report."""
    made = []
    if found.cases:
        made.append(_cases(**found.cases))
    if found.scores:
        made.append(_scores(**found.scores))
    if found.controls:
        made.append(_controls(*found.controls))
    if found.mask_aware:
        made.append(_mask_aware(*found.mask_aware))
    for name, study in found.studies.items():
        try:
            made += tables_of_study(name, study)
        except KitError as error:  # as of rows that are not all there yet
            found.missing.append((f"tables of the study `{name}`", safe(error)))
    if found.bench:
        made.append(_bench(found.bench))
    if found.ratings:
        made += tables_of_ratings(found.ratings)
    return {table.name: table for table in made}


def _cases(run, rows):
    columns = [metric(name) for name in OF_CASES if any(name in row for row in rows)]
    return Table("cases", f"The cases, one click each, {run['models']} models, seed {run['settings']['seed']}. Oracle: "
                 f"blended by the true mask, a bound and no method. {BOLD}", {"case": "case", "result": "result"},
                 columns, [{**row, "bound": row["result"] == "oracle"} for row in rows], within=("case",))


def _scores(run, scores):
    found = []
    for name, told in scores.items():
        of = set(RESULTS) & set(metric(name).on)
        row = metric(f"{of.pop()}_{name}") if len(of) == 1 else metric(name)
        found.append({"what": row.head(row.label), "n": told["n"], "score": score(
            *(told[what] for what in ("mean", "low", "high")), digits=row.digits)})
    columns = [number("score", "mean, 95 % interval"), number("n", "n", digits=0)]
    return Table("scoreboard", f"Masks and edits on {run['scenes']} drawn scenes of seed {run['seed']} that no model "
                 f"was trained on, {run['models']} models. Intervals of shares are exact, all others of a bootstrap "
                 "over scenes.", {"what": "what"}, columns, found, best=False)


def _controls(run, rows):
    from ..scoreboard import means

    board = [each for each in standing("edit", "control") if any(each.name in row for row in rows)]
    columns = [replace(each, label=f"{each.label} before the blend") if "edit" in each.on else each for each in board]
    sources = list(dict.fromkeys(row["source"] for row in rows))
    keys = {"control": "control"} if len(sources) == 1 else {"source": "mask from", "control": "control"}
    made = [{"source": safe(source), "control": safe(control), **told}
            for source, by_name in means(rows, run["controls"], sources).items() for control, told in by_name.items()]
    return Table("controls", f"The controls on {len({row['scene'] for row in rows})} held-out scenes, {run['models']} "
                 f"models, masks from {safe(', '.join(sources))}: means with 95 % intervals. {BOLD}", keys, columns,
                 made, within=("source",) if len(sources) > 1 else ())


def _mask_aware(run, rows):
    from ..mask_aware import METRICS, beside_the_plain

    columns = [column(name) for name in METRICS]
    share = METRICS[-1]
    made = []
    for row in beside_the_plain(rows):
        plain = row["editor"] == "plain"
        scores = {name: {**row[name], "signed": not plain and name != share} for name in METRICS}
        made.append({**row, **scores, "bound": plain})
    return Table("mask_aware", "What editors that read the mask gain on the plain one, scene by scene, on "
                 f"{len({row['scene'] for row in rows})} held-out scenes, {run['models']} models: means with 95 % "
                 "intervals; of the plain editor, and of the share with the colour asked, the means themselves. Words: "
                 "does the instruction name the thing? The best gain in bold.",
                 {"words": "words", "mask": "mask", "editor": "editor"},
                 [replace(each, better="") if each.name == share else each for each in columns], made,
                 within=("words", "mask"))


def _bench(answer):
    best = answer["best_of_stock"]
    columns = [number("seconds", "seconds", better="low"), number("times_stock", "times stock", "", "high", 1),
               *map(column, OF_BENCH),
               number("peak_memory_mb", "memory", "MB", "low", 0)]
    shown = dict.fromkeys((STOCK, best, *(name for name in answer["editors"] if not name.startswith(STOCK))))
    rows = [{**row, "editor": safe(label(name)), "holds": "yes" if row["holds"] else "no",
             "seconds": score(row["seconds"]["median"], row["seconds"]["low"], row["seconds"]["high"])}
            for name, row in ((name, answer["editors"][name]) for name in shown)]
    return Table("bench", f"How fast an edit is, {answer['models']} models on {answer['device']}, {answer['scenes']} "
                 f"scenes: medians with quartiles. Quality held: edit PSNR and sharpness near those of stock. {BOLD}",
                 {"editor": "editor", "holds": "quality held"}, columns, rows)
