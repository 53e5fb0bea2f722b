"""Pictures of a study: how the answers are spread, methods in pairs, agreement, raters, how many are enough.

Each names its study in the title, so that simulated raters are never taken for people.
"""

from ...errors import KitError
from .bars import answers_figure
from .forests import agreement_figure, differences_figure, metrics_figure
from .points import raters_figure, samplesize_figure

KINDS = {"answers": answers_figure, "differences": differences_figure, "agreement": agreement_figure,
         "raters": raters_figure, "samplesize": samplesize_figure, "metrics": metrics_figure}


def show_ratings(analysis, kind="answers", question=None):
    """Draw what `analyse_ratings` found.

    Parameters
    ----------
    analysis : what `analyse_ratings` gives, or what it takes, which is analysed first
    kind : "answers", their spread as bars that diverge from the middle answer (Robbins and Heiberger, "Plotting Likert
        and Other Rating Scales", 2011); "differences" of methods in pairs; "agreement"; "raters", who is severe and who
        goes with the others; "samplesize"; "metrics"
    question : str, that one alone

    Returns
    -------
    PictureRow (a matplotlib Figure) with alt text, which says the numbers.

    Raises
    ------
    KitError
        Another kind or question; or there is nothing of that kind in the answers, and why.
    """
    if not (isinstance(analysis, dict) and "looked_at" in analysis):
        from .analyse import analyse_ratings

        analysis = analyse_ratings(analysis)
    if kind not in KINDS:
        raise KitError(f"kind {kind!r}: choose out of {', '.join(KINDS)}")
    if question is not None and question not in analysis["questions"]:
        raise KitError(f"there is no question {question!r}; there is {', '.join(analysis['questions'])}")
    return KINDS[kind](analysis, [question] if question is not None else analysis["questions"])
