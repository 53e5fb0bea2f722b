"""Who answers without looking? Named, never dropped: the reader decides, and says so.

The criterion: a rater's answers, shuffled among the items, go with the mean of the others' as well as the real ones
do in more than one shuffle of twenty. Attention items are the other: an untouched picture has not followed its
instruction, and an edit of the whole picture has not stayed in its region.
"""

import numpy as np

from .reading import answers

SHUFFLES = 1999
CHANCE = 0.05
FEWEST = 6  # answers, of fewer a shuffle often gives the same order
FAILED = 0.5  # of the attention items
EXPECTED = {  # question: what an attention item's answer must be, at least and at most
    "untouched": {"instruction": (1, 2), "region": (4, 5)},
    "everywhere": {"region": (1, 2)},
}


def look_at_raters(ratings, rows):
    """One dict for each rater.

    Parameters
    ----------
    ratings : all rows, as `read_ratings` gives them
    rows : the proper ones

    Returns
    -------
    list of {"rater", "answers", "missing", "mean", "against_others": mean over all answers of theirs - the mean of the
    others on the same item; "correlation": Pearson's with the others' mean, within questions; "p": the share of
    shuffles that go with it as well; "attention": how many were asked, "failed"; "flags": list of str; "why"}
    """
    found, beside = [], _beside_others(rows)
    for rater in sorted(set(ratings["rater"])):
        own = rows[rows["rater"] == rater]
        mine, others, question = beside[rater] if rater in beside else (np.zeros(0),) * 3
        correlation, p, why = told_from_chance(mine, others, question)
        asked, failed = attention(ratings[ratings["rater"] == rater])
        flags = []
        if p is not None and p > CHANCE:
            flags.append(f"answers can't be told from a shuffle of them (p = {p:.2f})")
        if len(mine) >= FEWEST and np.ptp(mine) == 0:
            flags.append(f"answered {mine[0]:.0f} everywhere")
        if asked and failed >= FAILED * asked:
            flags.append(f"failed {failed} of {asked} attention answers")
        found.append({"rater": rater, "answers": int(own["answer"].notna().sum()),
                      "missing": int(own["answer"].isna().sum()),
                      "mean": float(own["answer"].mean()) if own["answer"].notna().any() else None,
                      "against_others": float((mine - others).mean()) if len(mine) else None,
                      "correlation": correlation, "p": p, "attention": asked, "failed": failed, "flags": flags,
                      "why": why})
    return found


def _beside_others(rows):
    """{rater: (answers, the means of the others' to the same question and item, which question)}."""
    raters = sorted(set(rows["rater"]))
    parts = {rater: [] for rater in raters}
    for question, some in rows.groupby("question", sort=True):
        sums, counts, *_ = answers(some, raters=raters)
        theirs, others = sums.sum(0) - sums, counts.sum(0) - counts
        for k, rater in enumerate(raters):
            both = (counts[k] > 0) & (others[k] > 0)
            parts[rater].append((sums[k][both], theirs[k][both] / others[k][both], np.full(both.sum(), question)))
    return {rater: tuple(np.concatenate(each) for each in zip(*some)) for rater, some in parts.items()}


def told_from_chance(mine, others, question, seed=0):
    """(correlation, p, why there is none) of answers and others' means, shuffled within questions."""
    mine, others = (_centred(values, question) for values in (mine, others))
    if len(mine) < FEWEST:
        return None, None, f"{len(mine)} answers beside others': {FEWEST} or more are needed"
    norm = np.sqrt((mine**2).sum() * (others**2).sum())
    if norm < 1e-12:
        return None, None, "all answers of theirs, or all means of the others, are the same"
    rng = np.random.default_rng(seed)
    shuffled = np.zeros(SHUFFLES)
    for one in np.unique(question):
        at = np.flatnonzero(question == one)
        shuffled += rng.permuted(np.tile(mine[at], (SHUFFLES, 1)), axis=1) @ others[at]
    product = mine @ others
    return float(product / norm), float(((shuffled >= product - 1e-12).sum() + 1) / (SHUFFLES + 1)), ""


def _centred(values, question):
    values = np.array(values, float)
    for one in np.unique(question):
        values[question == one] -= values[question == one].mean()
    return values


def attention(own):
    """(answers to attention items, how many of them are not as they must be), of one rater."""
    items = own[own["attention"] != ""].dropna(subset="answer")
    asked = failed = 0
    for row in items.itertuples():
        least, most = EXPECTED.get(row.attention, {}).get(row.question, (None, None))
        if least is not None:
            asked += 1
            failed += not least <= row.answer <= most
    return asked, failed
