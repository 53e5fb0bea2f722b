"""All that a study's answers say, in one dict: what `maskedit study analyse` prints, draws and writes."""

from ...errors import KitError
from .agreement import coefficients
from .careless import look_at_raters
from .consistency import position_effect, repeats
from .means import differences, means
from .mixed import mixed_models
from .reading import proper, read_ratings, table_of
from .samplesize import raters_needed
from .tied import read_metrics, tied_to_metrics


def analyse_ratings(ratings, study=None, metrics=None, without=(), width=0.5):
    """Read a study's answers and say what they say.

    Parameters
    ----------
    ratings : what `read_ratings` takes: a CSV file, several, a folder, or a table
    study : str, which one, where rows of several are mixed
    metrics : path of a CSV with a row for each item, or a table of the same, or None
    without : names of raters to leave out; nobody is left out otherwise, whatever is said of them
    width : of the interval that `samplesize` asks for, in answers

    Returns
    -------
    dict of "study", "raters", "sources", "items", "methods", "questions", "answers", "missing", "without", and

    - "means": for each question and method, with intervals over sources, over raters and over both (`means.means`);
      "mean_without_flagged" is the mean without the raters who are flagged
    - "differences": methods in pairs (`means.differences`)
    - "agreement": {question: {"all" or a method: {coefficient: ...}}} (`agreement.agreement_of_ratings`)
    - "repeats", "position": {question: ...} (`consistency`)
    - "looked_at": for each rater, with "flags" (`careless.look_at_raters`)
    - "mixed": {question: ...} (`mixed.mixed_model`)
    - "samplesize": {question: ...} (`samplesize.raters_needed`, or "why" there is none)
    - "metrics": (`tied.tied_to_metrics`), empty without metrics

    A number that doesn't exist is None, and "why" beside it says why.

    Raises
    ------
    KitError
        As `read_ratings`; no such rater to leave out; metrics that fit no item; a width that is not above 0.
    """
    if not width > 0:
        raise KitError(f"width {width:g}: an interval is wider than 0")
    measured = None if metrics is None else read_metrics(metrics)
    ratings = read_ratings(ratings, study)
    strangers = sorted(set(without) - set(ratings["rater"]))
    if strangers:
        raise KitError(f"there is no rater {', '.join(strangers)} to leave out; there is "
                       f"{', '.join(sorted(set(ratings['rater'])))}")
    ratings = ratings[~ratings["rater"].isin(list(without))].reset_index(drop=True)
    rows = proper(ratings)
    if rows["answer"].notna().sum() == 0:
        raise KitError("no answers are left: second showings and attention items don't count, nor those left out")
    looked_at = look_at_raters(ratings, rows)
    mixed = mixed_models(rows)
    return {
        "study": next(iter(ratings["study"]), ""), "raters": rows["rater"].nunique(),
        "sources": rows["source"].nunique(), "items": rows["item"].nunique(),
        "methods": sorted(set(rows["method"])), "questions": sorted(set(rows["question"])),
        "answers": int(rows["answer"].notna().sum()), "missing": int(rows["answer"].isna().sum()),
        "without": sorted(without), "means": _also_without(rows, looked_at), "differences": differences(rows),
        "agreement": _agreement(rows), "repeats": repeats(ratings), "position": position_effect(rows),
        "looked_at": looked_at, "mixed": mixed,
        "samplesize": {question: _needed(rows, question, found, width) for question, found in mixed.items()},
        "metrics": [] if measured is None else tied_to_metrics(rows, measured)}


def _also_without(rows, looked_at):
    flagged = [rater["rater"] for rater in looked_at if rater["flags"]]
    fine = rows[~rows["rater"].isin(flagged)].groupby(["question", "method"])["answer"].mean()
    told = means(rows)
    for each in told:
        value = fine.get((each["question"], each["method"]))
        each["mean_without_flagged"] = None if value is None or value != value else float(value)
    return told


def _agreement(rows):
    found = {}
    for question, some in rows.groupby("question", sort=True):
        methods = sorted(set(some["method"]))
        found[question] = {"all": coefficients(table_of(some))}
        if len(methods) > 1:
            found[question] |= {method: coefficients(table_of(some[some["method"] == method])) for method in methods}
    return found


def _needed(rows, question, model, width):
    if model["why"]:
        return {"raters": None, "curve": [], "why": f"it rests on the mixed model, and there is none: {model['why']}"}
    sources = rows[(rows["question"] == question) & rows["answer"].notna()].groupby("method")["source"].nunique()
    return {**raters_needed(model["variance"], int(sources.min()), width), "why": ""}
