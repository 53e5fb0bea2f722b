"""The results, a section for each part that is there: its figure, its table, and what its rows say in a sentence."""

from ...metrics.metric import metric
from ..bench.editors import STOCK
from ..comparing import compare_in_pairs
from ..sweep.drawing import figures_of, tables_of
from ..sweep.names import column, is_number, setting, symbol
from ..sweep.points import called
from ..sweep.words import sentence
from ..words import and_list, counted
from .blocks import Figure, Heading, Inset, Words
from .marks import safe
from .rendered import MOST
from .study_tables import table_names
from .table import STAR, number
from .words import reads


def results(found, figures, tables):
    """Blocks of a gather.Found."""
    yield Heading("Results")
    if found.pictures or found.cases:
        yield from _cases(found, figures, tables)
    if found.scores:
        yield from _scores(found)
    if found.controls:
        yield from _controls(*found.controls, tables)
    if found.mask_aware:
        yield from _mask_aware(found.mask_aware[1], tables)
    for name, study in found.studies.items():
        yield from _study(name, study, figures, tables)
    if found.bench:
        yield from _bench(found.bench)
    if found.ratings:
        yield from _ratings(found.ratings, tables)


def _cases(found, figures, tables):
    yield Heading("The cases", 2)
    if "cases" in figures:
        yield Words("@fig:cases shows what the numbers are of.")
        yield Figure("cases")
    if not found.cases:
        return
    rows, truth = found.cases["rows"], metric("truth_psnr")
    told = []
    for case in dict.fromkeys(row["case"] for row in rows):
        by = {row["result"]: row.get("truth_psnr") for row in rows if row["case"] == case}
        if by.get("baseline") is not None and by.get("blended") is not None:
            change = by["blended"] - by["baseline"]
            told.append(f"{change:+.1f} dB on `{case}` ({truth.cell(by['baseline'])} to {truth.cell(by['blended'])})")
    if told:
        yield Words(f"From the baseline to the blend, truth PSNR changes by {and_list(told)} (@tab:cases).")
    yield Inset("cases")


def _scores(found):
    scores = found.scores["scores"]
    yield Heading("Masks and edits", 2)
    said = []
    for name, words in (("mask_iou", "the mask of one click has an IoU of {} with the true one"),
                        ("ground_iou", "a mask from words {}")):
        if name in scores:
            said.append(words.format(reads(metric(name), scores[name]).replace(" IoU", "")))
    for name, words in (("baseline_truth_psnr", "the baseline reaches a truth PSNR of {}"),
                        ("blended_truth_psnr", "the blend {}"), ("oracle_truth_psnr", "the blend by the true mask {}")):
        if name in scores:
            said.append(words.format(reads(metric(name), scores[name])))
    if said:
        yield Words(f"On {found.scores['run']['scenes']} scenes, {and_list(said)} (@tab:scoreboard).")
    yield Inset("scoreboard")


def _controls(run, rows, tables):
    yield Heading("The controls", 2)
    table = tables["controls"]
    for source in dict.fromkeys(row["source"] for row in rows):
        of = [row for row in rows if row["source"] == source]
        where = f"With masks from {safe(source)}, " if len({row["source"] for row in rows}) > 1 else ""
        said = [_highest(name, {row["control"]: row for row in table.rows if row.get("source") == source})
                for name in ("truth_psnr", "background_psnr")]
        yield Words(_capital(f"{where}{and_list(filter(None, said))} (@fig:controls, @tab:controls)."))
        if "blend" in run["controls"]:
            yield Words(compared(compare_in_pairs(of, "control", "blend", "truth_psnr"), "control", "`blend`",
                                 metric("truth_psnr"), lambda level: f"`{level}`"))
    yield Figure("controls")
    yield Inset("controls")


def _highest(name, by_level):
    """ "the highest truth PSNR has `blend`, 33.3 dB (31.7 to 34.7)" """
    row = metric(name)
    there = {level: told[name] for level, told in by_level.items() if told.get(name) and told[name]["mean"] is not None}
    if not there:
        return ""
    best = max(there, key=lambda level: there[level]["mean"])
    before = " before the blend" if name == "background_psnr" else ""
    return f"the highest {row.label}{before} has {best}, {reads(row, there[best])}"


def compared(gains, factor, baseline, row, named):
    """What `compare_in_pairs` found of one metric, in a sentence or two."""
    told = [gain for gain in gains if gain["difference"] is not None]
    if not told:
        return f"No pair with {baseline} has both numbers of {row.label}."
    parts = {"higher": [], "lower": [], "": []}
    for gain in told:
        sure = gain["p_holm"] is not None and gain["p_holm"] < STAR
        words = f"{named(gain[factor])} ({reads(row, {**gain, 'mean': gain['difference']}, sign=True)})"
        parts[("higher" if gain["difference"] > 0 else "lower") if sure else ""].append(words)
    clear = [f"{and_list(words)} {'is' if len(words) == 1 else 'are'} {way} than {baseline}"
             for way, words in parts.items() if way and words]
    rest = f" {_capital(and_list(parts['']))} can't be told from it." if parts[""] and clear else ""
    if not clear:
        return (f"In pairs of the same scene none of {counted(len(told), 'setting')} can be told from {baseline} by "
                f"{row.label}: {and_list(parts[''])}.")
    return f"In {row.label}, in pairs of the same scene, {'; '.join(clear)}.{rest}"


def _mask_aware(rows, tables):
    yield Heading("Editors that read the mask", 2)
    made = tables["mask_aware"].rows
    for name in ("background_psnr", "truth_psnr"):
        row = column(name)
        readers = [one for one in made if not one["bound"]]
        sure = [one[name] for one in readers if one[name]["low"] is not None]
        above, below = sum(one["low"] > 0 for one in sure), sum(one["high"] < 0 for one in sure)
        yield Words(f"Of {len(readers)} combinations of editor, mask and words, the gain in {row.label} on the plain "
                    f"editor has an interval wholly above zero in {above} and wholly below in {below}; "
                    + _extremes(readers, name, row) + (" (@tab:mask_aware)." if len(made) <= MOST else "."))
    yield Inset("mask_aware")


def _extremes(rows, name, row):
    def said(one):
        return f"{reads(row, one[name], sign=True)} (`{one['editor']}`, mask {one['mask']}, words {one['words']})"

    most, least = (way(rows, key=lambda one: one[name]["mean"]) for way in (max, min))
    return f"the most is {said(most)}, the least {said(least)}"


def _study(name, study, figures, tables):
    yield Heading(study.spec.title, 2)
    shown = [figure for drawing in figures_of(study.spec) if (figure := f"{name}_{drawing.name}") in figures]
    yield Words(safe(sentence(study.spec.question or study.spec.title)) + (
        f" See {and_list(f'@fig:{figure}' for figure in shown)}." if shown else ""))
    for figure in shown:
        yield Figure(figure)
    named = {f"{each}_{what}" for each in table_names(name, study).values() for what in ("means", "gains")}
    of_it = [table for table in tables if table in named]
    for drawing in tables_of(study.spec) if of_it else ():
        found = study.told[drawing.name]
        if found["gains"]:
            yield Words(" ".join(_of_gains(drawing, found)))
        else:
            yield Words(" ".join(_of_means(drawing, found, what) for what in found["metrics"]))
    for table in of_it:
        yield Inset(table, printed=table.endswith("_gains") or not shown)


def _of_gains(drawing, found):
    """How many settings gain or lose on the baseline, and which most: a sentence for each metric."""
    factor, level = drawing.relative_to
    factors = [one for one in found["factors"] if one != factor] + [factor]
    yield f"Gained on {_level(drawing, factor, level)} in pairs of the same scene, p < {STAR:g} after Holm:"
    sentences = []
    for what in dict.fromkeys(gain["metric"] for gain in found["gains"]):
        row = column(what)
        gains = [gain for gain in found["gains"] if gain["metric"] == what and gain["difference"] is not None]
        if not gains:
            sentences.append(f"{row.label} in no pair")
            continue
        sure = [gain["difference"] for gain in gains if gain["p_holm"] is not None and gain["p_holm"] < STAR]
        up, down = sum(gain > 0 for gain in sure), sum(gain < 0 for gain in sure)
        ends = dict.fromkeys(_gain(drawing, factors, row, way(gains, key=lambda gain: gain["difference"]))
                             for way in (max, min))
        sentences.append(f"{row.label}, {up} of {len(gains)} higher and {down} lower, from {' down to '.join(ends)}")
    yield f"{'; '.join(sentences)}."


def _gain(drawing, factors, row, gain):
    return (f"{reads(row, {**gain, 'mean': gain['difference']}, sign=True)} ("
            + ", ".join(_level(drawing, one, gain[one]) for one in factors) + ")")


def _of_means(drawing, found, what):
    row = column(what)
    means = [mean for mean in found["means"] if mean[what]["mean"] is not None]
    if not means:
        return f"{_capital(row.label)}: there is no number."
    most, least = (way(means, key=lambda mean: mean[what]["mean"]) for way in (max, min))

    def said(mean):
        return f"{reads(row, mean[what])} for " + ", ".join(_level(drawing, one, mean[one]) for one in found["factors"])

    return f"{_capital(row.label)} goes from {said(least)} to {said(most)}."


def _level(drawing, factor, level):
    """A level with its factor: "$s_I$ = 1.2", "control `blend`"."""
    words = safe(called(drawing, level))
    return f"{symbol(factor)} = {words}" if is_number(level) else f"{setting(factor)} {words}"


def _bench(answer):
    rows = answer["editors"]
    yield Heading("Speed", 2)
    plan, quality = answer["plan"], metric("edit_psnr")
    ours, stock = rows[plan], rows[STOCK]

    def said(row):
        spent = row["seconds"]
        return (f"{spent['median']:.2f} s [{spent['low']:.2f}, {spent['high']:.2f}] at an edit PSNR of "
                f"{quality.cell(row['edit_psnr'])} dB")

    yield Words(f"An edit by stock diffusers, at its default, takes {said(stock)}; by the plan `{plan}` {said(ours)}, "
                f"which {'holds' if ours['holds'] else 'does not hold'} stock's quality (@fig:bench, @tab:bench). "
                + (f"But {safe(answer['warning'])}." if answer["warning"] else ""))
    yield Figure("bench")
    yield Inset("bench")


def _ratings(analysis, tables):
    from ..ratings.telling import heading

    yield Heading("What people answered", 2)
    said = []
    for question in analysis["questions"]:
        means = [row for row in analysis["means"] if row["question"] == question]
        best = max(means, key=lambda row: row["mean"], default=None)
        if best:
            mean = reads(number("mean", "mean"), {"mean": best["mean"], **best["both"]})
            said.append(f"to {safe(question)}, {safe(best['method'])} has the highest mean answer, {mean}")
    yield Words(f"The study {safe(heading(analysis))}. {_capital(and_list(said))} (@fig:ratings).")
    yield Figure("ratings")
    for name in ("ratings_means", "ratings_differences"):
        if name in tables:
            yield Inset(name)


def _capital(words):
    return words[:1].upper() + words[1:]
