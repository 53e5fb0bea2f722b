"""What `analyse_ratings` found in words and tables, section by section; to print, or as Markdown with its pictures."""

from ..words import counted
from .agreement import NAMES
from .careless import CHANCE
from .consistency import STEP
from .samplesize import SURE

DASH = "-"
NAMED = 3  # of those that one reason is for; of more, so many are named


def sections(analysis):
    """List of (heading, rows: list of {column: str}, lines: list of str, kind of picture or None)."""
    return [_means(analysis), _differences(analysis), _agreement(analysis), _consistency(analysis), _raters(analysis),
            _mixed(analysis), _samplesize(analysis), *([_metrics(analysis)] if analysis["metrics"] else [])]


def heading(analysis):
    left_out = f", without {', '.join(analysis['without'])}" if analysis["without"] else ""
    gaps = f", {analysis['missing']} not given" if analysis["missing"] else ""
    return (f"{analysis['study'] or 'ratings'}: {counted(analysis['raters'], 'rater')}{left_out}, "
            f"{counted(analysis['items'], 'item')} of {counted(analysis['sources'], 'source')} by "
            f"{counted(len(analysis['methods']), 'method')}, {counted(analysis['answers'], 'answer')}{gaps}")


def text(analysis):
    """For a terminal: columns under each other."""
    lines = [heading(analysis)]
    for title, rows, words, _ in sections(analysis):
        lines += ["", title]
        if rows:
            wide = {name: max(len(name), *(len(row[name]) for row in rows)) for name in rows[0]}
            lines += ["  " + "  ".join(name.ljust(wide[name]) for name in wide).rstrip()]
            lines += ["  " + "  ".join(row[name].ljust(wide[name]) for name in wide).rstrip() for row in rows]
        lines += ["  " + line for line in words]
    return "\n".join(lines)


def markdown(analysis, pictures):
    """A page; pictures: {kind: (file name, alt text)}."""
    lines = [f"# {escaped(heading(analysis))}"]
    for title, rows, words, kind in sections(analysis):
        lines += ["", f"## {title}", ""]
        if rows:
            lines += ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
            lines += ["| " + " | ".join(map(escaped, row.values())) + " |" for row in rows] + [""]
        lines += [f"- {escaped(line)}" for line in words] + [""] * bool(words)
        if kind in pictures:
            name, alt = pictures[kind]
            lines += [f"![{escaped(alt).replace('[', '(').replace(']', ')')}]({name})", ""]
    return "\n".join(lines).rstrip() + "\n"


def escaped(words):
    """Words in a cell of a Markdown table, whatever a study's maker called things."""
    for mark in "\\`*_|<>":
        words = words.replace(mark, f"&#{ord(mark)};" if mark in "|<>" else "\\" + mark)
    return " ".join(words.split())


def number(value, digits=2):
    return DASH if value is None else f"{round(value, digits) + 0:.{digits}f}"  # + 0: no "-0.00"


def between(spread):
    return DASH if spread["low"] is None else f"{number(spread['low'])} to {number(spread['high'])}"


def _why(said):
    """Reasons, each once, in order, after those of whom it is the reason."""
    found = {}
    for what, why in said:
        if why:
            found.setdefault(why, []).append(what)
    return [f"{_some(list(dict.fromkeys(what)))}: {why}" for why, what in found.items()]


def _some(names):
    more = len(names) - NAMED
    return "; ".join(names[:NAMED]) + (f"; and {more} more" if more > 0 else "")


def _chance(p):
    return "<0.001" if p is not None and p < 0.001 else number(p, 3)


def _means(analysis):
    rows, reasons = [], []
    flagged = any(rater["flags"] for rater in analysis["looked_at"])
    for row in analysis["means"]:
        rows.append({"question": row["question"], "method": row["method"], "mean": number(row["mean"]),
                     "over sources": between(row["sources"]), "over raters": between(row["raters"]),
                     "over both": between(row["both"]), "answers 1 to 5": " ".join(map(str, row["counts"]))})
        if flagged:
            rows[-1]["mean without flagged"] = number(row["mean_without_flagged"])
        reasons += [(f"{row['question']}, {row['method']}, over {over}", row[over]["why"])
                    for over in ("sources", "raters", "both")]
    lines = ["95 % intervals: over sources, had other pictures been shown; over raters, had other people been asked"]
    return "Means", rows, lines + _why(reasons), "answers"


def _differences(analysis):
    rows = [{"question": row["question"], "methods": f"{row['method']} - {row['other']}",
             "difference": number(row["difference"]), "over sources": between(row["sources"]),
             "over raters": between(row["raters"]), "over both": between(row["both"]),
             "higher, equal, lower": f"{row['higher']:.0%}, {row['equal']:.0%}, {row['lower']:.0%}",
             "p": _chance(row["p"]), "p (Holm)": _chance(row["p_holm"])}
            for row in analysis["differences"] if row["difference"] is not None]
    lines = ["on the same source and by the same rater; p: the signs of whole sources changed"] if rows else [
        "there is one method only"] if len(analysis["methods"]) == 1 else []
    return "Methods in pairs", rows, lines + _why(
        (f"{row['question']}, {row['method']} - {row['other']}", row["why"]) for row in analysis["differences"]), (
        "differences")


def _agreement(analysis):
    rows, reasons = [], []
    for question, by in analysis["agreement"].items():
        for name, said in NAMES.items():
            found = by["all"][name]
            rows.append({"question": question, "of agreement": said, "value": number(found["value"], 3),
                         "over items": between(found), "items": str(found["items"])})
            reasons.append((f"{question}, {said}", found["why"]))
    return "Agreement, all methods together", rows, _why(reasons), "agreement"


def _consistency(analysis):
    rows, lines = [], []
    for question, again in analysis["repeats"].items():
        slope = analysis["position"].get(question, {"slope": None, "low": None, "why": ""})
        rows.append({"question": question, "shown twice": str(again["twice"]), "equal": (
            DASH if again["equal"] is None else f"{again['equal']:.0%} ({again['low']:.0%} to {again['high']:.0%})"),
            "at most one apart": DASH if again["equal"] is None else f"{again['within_one']:.0%}",
            "weighted kappa": number(again.get("kappa")), "second - first": number(again.get("shift")),
            f"for {STEP} places later": number(slope["slope"]) + (
                "" if slope["low"] is None else f" ({between(slope)})")})
        lines += [(f"{question}, shown twice", again["why"]), (f"{question}, place in the order", slope["why"])]
    return "Second showings, and the place in the order", rows, _why(lines), None


def _raters(analysis):
    rows = [{"rater": rater["rater"], "answers": str(rater["answers"]), "mean": number(rater["mean"]),
             "above the others": number(rater["against_others"]), "correlation": number(rater["correlation"]),
             "p": _chance(rater["p"]), "attention": DASH if not rater["attention"] else
             f"{rater['attention'] - rater['failed']} of {rater['attention']}",
             "flags": "; ".join(rater["flags"]) or DASH} for rater in analysis["looked_at"]]
    flagged = [rater["rater"] for rater in analysis["looked_at"] if rater["flags"]]
    lines = [f"flagged: {', '.join(flagged)}; nobody was left out for it" if flagged else "nobody is flagged",
             f"flagged is who has p > {CHANCE:g} (their answers, shuffled, go with the others as well), one answer for "
             "all, or half of the attention answers wrong; with few answers, one who looks may be flagged too"]
    return "Raters", rows, lines + _why((rater["rater"], rater["why"]) for rater in analysis["looked_at"]), "raters"


def _mixed(analysis):
    rows, lines = [], []
    for question, model in analysis["mixed"].items():
        lines += _why([(question, model["why"])])
        if not model["why"]:
            rows += [{"question": question, "of": method, "estimate": number(found["mean"]), "95 %": between(found)}
                     for method, found in model["methods"].items()]
            rows += [{"question": question, "of": f"{found['method']} - {found['other']}",
                      "estimate": number(found["difference"]), "95 %": between(found)}
                     for found in model["differences"]]
            lines.append(f"{question}, variances: " + ", ".join(f"{name} {value:.2f}"
                                                                for name, value in model["variance"].items()))
            lines += [f"{question}: {note}" for note in model["notes"]]
    return "A mixed model, raters and items crossed", rows, lines, None


def _samplesize(analysis):
    lines = []
    for question, found in analysis["samplesize"].items():
        if found["why"]:
            lines += _why([(question, found["why"])])
            continue
        most = found["curve"][-1]["raters"]
        enough = f"{found['raters'] or f'not even {most}'} raters are enough"
        floor = "" if found["floor"] is None else (f"; over {counted(found['sources'], 'source')} it stays "
                                                   f"{found['floor']:.2f} wide with ever so many raters")
        lines.append(f"{question}: {enough} for an interval over raters that is at most {found['width']:g} wide in "
                     f"{SURE:.0%} of the studies like this one{floor}")
    return "How many raters", [], lines, "samplesize"


def _metrics(analysis):
    rows = [{"question": row["question"], "metric": row["metric"], "method": row["method"],
             "Spearman": number(row["spearman"]), "over sources": between(row), "items": str(row["items"])}
            for row in analysis["metrics"]]
    return "Does the rating go with a metric?", rows, _why(
        (f"{row['question']}, {row['metric']}, {row['method']}", row["why"]) for row in analysis["metrics"]), "metrics"
