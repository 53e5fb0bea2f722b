"""The scoreboards of docs/results.md and of the model cards, written from what was measured: none is typed by hand.

`make scoreboard` measures where the kept results are of other weights or other code, keeps what came of it in data/,
and writes each table between its two comments, <!-- scoreboard: NAME --> and <!-- end of NAME -->.
"""
import json
import re
import sys

from ..errors import KitError
from ..fingerprint import fingerprint
from ..metrics.metric import RESULTS, metric, standing
from ..picturebook import cases
from ..pictures.images import write_file
from ..places import HOME
from . import demo
from .evaluate import evaluate
from .mask_aware import mask_aware_rows, page_rows
from .measured import FILE as CONTROLS
from .measured import read_rows
from .origin import origin
from .scoreboard import SEED, means, table

FILE = HOME / "data" / "scoreboard_pocket.json"
PAGES = ("docs/results.md", "models/pocket/README.md", "models/pocket/mask_aware/README.md")
SCENES, WHICH = 60, 0  # how many, and their seed


def measured(kit, file=FILE):
    """What is kept in `file`, after measuring what is not there or no longer true.

    Returns {"evaluate": {"run", "scores"}, "demo": {"run", "rows"}}; each run says what its numbers depend on.
    """
    kept = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    settings = {"s_T": kit.editor.s_T, "s_I": kit.editor.s_I, "plan": kit.editor.plan, "seed": SEED}
    runs = {"evaluate": {"scenes": SCENES, **origin(kit, WHICH, settings, {}, words=True)},
            "demo": {**origin(kit, WHICH, settings, {}, words=False), "cases": fingerprint(
                cases, demo, (cases.FOLDER / "cases.json").read_text(encoding="utf-8"))}}
    make = {"evaluate": lambda: {"scores": evaluate(kit, SCENES, WHICH, ground=True)["scores"]},
            "demo": lambda: {"rows": demo.run_demo(kit, HOME / "results" / "demo")[0]}}
    for name, run in runs.items():
        if kept.get(name, {}).get("run") != run:
            kept[name] = {"run": run, **make[name]()}
            write_file(file, (json.dumps(kept, indent=1) + "\n").encode(), file.suffix)
    return kept


def tables(kept, controls):
    """{name: a page's table, in Markdown}.

    kept : what `measured` returns
    controls : (run, rows) of the controls' scoreboard, as `measured.read_rows` gives them
    """
    run, rows = controls
    of_controls = table(means(rows, run["controls"], ["click"]))
    shown = {"case", "result", *(each.name for each in standing(*RESULTS))}
    return {"cases": _rows(kept["demo"]["rows"], lambda name: name in shown),
            "scoreboard": _scores(kept["evaluate"]["scores"]),
            "controls": _rows(of_controls, lambda name: name != "mask from"),
            "mask_aware": markdown(*page_rows(mask_aware_rows()))}


def written(page, name, made):
    """A page's text with one table of `tables` in its place, if it has a place for it."""
    place = re.compile(rf"(?<=<!-- scoreboard: {name} -->\n).*?(?=<!-- end of {name} -->)", re.S)
    return place.sub(lambda _: f"\n{made}\n\n", page)


def _rows(rows, wanted):
    columns = [metric(name) for name in rows[0] if wanted(name)]
    heads = [each.head(f"{each.label} before the pixel blend" if "edit" in each.on and "control" in rows[0]
                       else each.label) for each in columns]
    return markdown(heads, ([each.cell(row.get(each.name)) for each in columns] for row in rows))


def _scores(scores):
    lines = []
    for name, score in scores.items():
        row = metric(name)
        of = set(RESULTS) & set(row.on)  # of both, the name says of which; of one, the label should
        row = metric(f"{of.pop()}_{name}") if len(of) == 1 else row
        mean, low, high = (row.cell(score[what]) for what in ("mean", "low", "high"))
        lines.append([row.head(row.label), mean, f"{low} to {high}", str(score["n"])])
    return markdown(["what", "mean", "95 % interval", "n"], lines)


def markdown(heads, lines):
    return "\n".join(["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|",
                      *("| " + " | ".join(line) + " |" for line in lines)])


def main():
    from ..kit.kit import Kit
    from ..kit.weights import choose

    made = tables(measured(Kit(choose("pocket"))), read_rows(CONTROLS))
    for page in PAGES:
        text = before = (HOME / page).read_text(encoding="utf-8")
        for name, lines in made.items():
            text = written(text, name, lines)
        if text != before:
            write_file(HOME / page, text.encode(), ".md")
        print(f"{page}: {'written' if text != before else 'as it was'}")


if __name__ == "__main__":
    try:
        main()
    except KitError as error:
        sys.exit(str(error))
