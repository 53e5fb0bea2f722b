"""Tables of sweeps, means and what is gained in pairs, and of what people answered."""

from ..ratings.agreement import NAMES
from ..sweep.drawing import tables_of
from ..sweep.names import column, plain, setting
from ..sweep.points import called, level_named
from ..sweep.words import sentence
from .marks import safe
from .table import STAR, Table, number, score


def table_names(name, study):
    """{name of a drawing of the study: what its tables' names begin with}"""
    drawings = tables_of(study.spec)
    return {drawing.name: f"{name}_{drawing.name}" if len(drawings) > 1 else name for drawing in drawings}


def tables_of_study(name, study):
    """[Table]: for each of a study's tables its means, and its gains where it is relative to something."""
    told, made, names = study.told, [], table_names(name, study)
    compared = sum(len(table["gains"]) for table in told.values())
    for drawing in tables_of(study.spec):
        found = told[drawing.name]
        keys = {factor: plain(setting(factor)) for factor in found["factors"]}
        named = names[drawing.name]
        title = safe(sentence(drawing.title)) + (f" {found['models'].capitalize()} models." if found["models"] else "")
        relative = drawing.relative_to[:1]
        rows = [{**row, **{key: safe(called(drawing, row[key])) for key in keys}} for row in found["means"]]
        made.append(Table(f"{named}_means", f"{title} Means with 95 % intervals; the best in bold.", keys,
                          list(map(column, found["metrics"])), rows,
                          within=tuple(key for key in keys if key not in relative) if relative else ()))
        if found["gains"]:
            made.append(_gains(named, title, drawing, found, compared))
    if study.spec.task == "clip_curve":
        made.append(_deviations(study.rows))
    return made


def _deviations(rows):
    from ..reproduce.deviations import compared

    return Table("deviations", "What decides the curve's numbers, in the paper and here.",
                 {"what": "what", "paper": "paper", "here": "here", "same": "the same"}, [],
                 [{"what": safe(what), "paper": safe(paper), "here": safe(here), "same": "yes" if same else "no"}
                  for what, paper, here, same in compared(rows)],
                 form=r">{\raggedright}p{0.2\linewidth}>{\raggedright}p{0.31\linewidth}>{\raggedright}p{0.31\linewidth}l")


def _gains(name, title, drawing, found, compared):
    factor, level = drawing.relative_to
    keys = {key: plain(setting(key)) for key in (*(key for key in found["factors"] if key != factor), factor)}
    metrics = dict.fromkeys(row["metric"] for row in found["gains"])
    rows = {}
    for row in found["gains"]:
        place = tuple(safe(called(drawing, row[key])) for key in keys)
        rows.setdefault(place, dict(zip(keys, place)))[row["metric"]] = score(
            *(row[what] for what in ("difference", "low", "high", "n", "effect", "p_holm")), signed=True)
    on = plain(level_named(drawing, factor, level))
    return Table(f"{name}_gains", f"{title} What is gained on {safe(on)} in pairs of the same scene, with 95 % "
                 f"intervals; a star where p < {STAR:g} after Holm's correction for the {compared} comparisons of this "
                 "study.", keys, list(map(column, metrics)), list(rows.values()), best=False)


def tables_of_ratings(analysis):
    """[Table]: means, methods in pairs, agreement."""
    studied = safe(analysis["study"] or "ratings")
    means = [{"question": safe(row["question"]), "method": safe(row["method"]), "answers": row["answers"],
              "mean": _spread(row["mean"], row["both"], row["answers"]), "share_high": row["share_high"]}
             for row in analysis["means"]]
    made = [Table("ratings_means", f"What people answered, 1 to 5 ({studied}): means with 95 % intervals over raters "
                  "and sources. The best in bold.", {"question": "question", "method": "method"},
                  [number("mean", "mean", better="high"), number("share_high", "share of 4 and 5"),
                   number("answers", "answers", digits=0)], means, within=("question",))]
    pairs = [{"question": safe(row["question"]), "methods": safe(f"{row['method']} - {row['other']}"),
              "difference": _spread(row["difference"], row["both"], row["answers"], p_holm=row["p_holm"], signed=True),
              "p_holm": row["p_holm"]} for row in analysis["differences"] if row["difference"] is not None]
    if pairs:
        made.append(Table("ratings_differences", "Methods in pairs, on the same source and by the same rater "
                          f"({studied}): differences of the answers with 95 % intervals over raters and sources; p "
                          f"after Holm, a star under {STAR:g}.", {"question": "question", "methods": "methods"},
                          [number("difference", "difference"), number("p_holm", "p", digits=3)], pairs, best=False))
    agreement = [{"question": safe(question), "coefficient": safe(NAMES[name]), "value": _spread(
        told["value"], told, told["items"]), "items": told["items"]} for question, by in analysis["agreement"].items()
        for name, told in by["all"].items() if told["value"] is not None]
    if agreement:
        made.append(Table("ratings_agreement", f"How far the raters agree ({studied}), with 95 % intervals over items; "
                          "1 is always, 0 by chance (of equal answers: never).",
                          {"question": "question", "coefficient": "coefficient"},
                          [number("value", "value", digits=3), number("items", "items", digits=0)], agreement,
                          best=False))
    return made


def _spread(value, spread, n, **more):
    return score(value, spread["low"], spread["high"], n, **more)
