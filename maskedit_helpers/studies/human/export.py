"""What came of a study as plain rows: one an answer, with the method that nobody who answered knew."""

import csv
import io

from ...errors import KitError
from .answers import Answers
from .folder import open_study

COLUMNS = ("study", "rater", "item", "source", "method", "question", "answer", "position", "repeat", "attention",
           "given_at")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would take what begins so for one


def study_answers(study):
    """All answers of a study in the long form.

    Parameters
    ----------
    study : folder of a study, or a Study

    Returns
    -------
    list of dicts with COLUMNS: answer is 1 to 5, or None where the rater was unsure; position counts from 0 in the
    rater's own order; repeat is 1 where the item was shown for the second time; attention is "", "untouched" or
    "everywhere", and method is "" with the latter two; given_at is ISO 8601, UTC. In the order in which raters came
    and saw the items.

    Raises
    ------
    KitError
        No study there, or its answers can't be read.
    """
    study = open_study(study)
    rows = []
    with Answers(study) as answers:
        found = answers.all()
    for rater, item, question, answer, position, repeat, given_at in found:
        known = study.items[item]
        rows.append({"study": study.name, "rater": rater, "item": item, "source": known["source"],
                     "method": known["method"], "question": question, "answer": answer, "position": position,
                     "repeat": repeat, "attention": known["attention"], "given_at": given_at})
    return rows


def answers_csv(studies):
    """The answers of several studies as the text of one CSV file.

    Raises
    ------
    KitError
        As `study_answers`; two studies of one name, which nobody could tell apart there.
    """
    studies = [open_study(one) for one in studies]
    names = [study.name for study in studies]
    if len(set(names)) < len(names):
        raise KitError("two of the studies have one name; export each to a file of its own")
    return _csv(COLUMNS, [row for study in studies for row in study_answers(study)])


def comments_csv(studies):
    """Who commented what, as the text of a CSV file with the columns study, rater, comment."""
    rows = []
    for study in map(open_study, studies):
        with Answers(study) as answers:
            rows += [{"study": study.name, "rater": one["rater"], "comment": _no_formula(one["comment"])}
                     for one in answers.raters() if one["comment"].strip()]
    return _csv(("study", "rater", "comment"), rows)


def _csv(columns, rows):
    text = io.StringIO()
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def _no_formula(text):
    return f"'{text}" if text.startswith(FORMULA) else text
