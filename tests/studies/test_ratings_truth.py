"""Simulated classes, whose truth is known: the estimates find it, and 95 % intervals hold it as often as they say.

A class of its own is drawn each time. Of 100 classes 95 would be right; fewer than 88 come by chance in one of a
thousand runs, so a share from 0.88 on is asked.
"""

import numpy as np
import pytest

import maskedit_helpers as me
from maskedit_helpers.studies.ratings.agreement import coefficients
from maskedit_helpers.studies.ratings.alpha import krippendorff_alpha
from maskedit_helpers.studies.ratings.means import differences, means
from maskedit_helpers.studies.ratings.mixed import mixed_model
from maskedit_helpers.studies.ratings.reading import proper, table_of
from maskedit_helpers.studies.ratings.simulated import truth

STUDIES = 100
MODEL = dict(severity=0.5, noise=0.8)


def held(spread, value):
    return spread["low"] is not None and spread["low"] <= value <= spread["high"]


def quality(rng, sources=10):
    """Edits of pictures drawn anew; blend is 0.7 better on average."""
    source = rng.normal(0, 0.5, sources)
    return {"plain": 2.6 + source + rng.normal(0, 0.3, sources), "blend": 3.3 + source + rng.normal(0, 0.3, sources)}


@pytest.fixture(scope="module")
def studies():
    found = []
    for seed in range(STUDIES):
        edits = quality(np.random.default_rng(1000 + seed))
        ratings = proper(me.simulate_raters(edits, raters=10, seed=seed, **MODEL))
        ratings.attrs = {}
        found.append(({row["method"]: row for row in means(ratings)}, differences(ratings)[0],
                      truth(edits, **MODEL)["means"]))
    return found


def test_the_truth_is_what_ever_so_many_raters_find():
    """Against 1,500 of them; alpha by its own function. An edit of 5.5 is answered lower than it is: 5 is the most."""
    edits = {"good": [4.6, 5.5, 4.9, 3.7], "bad": [1.2, 2.4, 3.3, 2.0]}
    many = me.simulate_raters(edits, raters=1500, seed=1, **MODEL)
    known = many.attrs["truth"]
    assert known == truth(edits, **MODEL)
    for method, some in many.groupby("method")["answer"]:
        assert some.mean() == pytest.approx(known["means"][method], abs=0.05)
    assert known["means"]["good"] < known["quality"]["good"] - 0.1
    for level, alpha in known["alpha"].items():
        assert krippendorff_alpha(table_of(many), level) == pytest.approx(alpha, abs=0.025)


def test_an_interval_over_raters_holds_what_other_raters_would_say(studies):
    """Of these very pictures."""
    share = np.mean([held(found["blend"]["raters"], known["blend"]) for found, _, known in studies])
    assert 0.88 <= share < 1


def test_an_interval_over_both_holds_what_others_would_say_of_other_pictures(studies):
    """The truth is the mean over the truths of many pictures. It errs on the wide side."""
    mean = np.mean([truth(quality(np.random.default_rng(seed), 200), **MODEL)["means"]["blend"]
                    for seed in range(20)])
    assert np.mean([held(found["blend"]["both"], mean) for found, _, _ in studies]) >= 0.92
    narrow = np.mean([held(found["blend"]["raters"], mean) for found, _, _ in studies])
    assert narrow < 0.9  # the one over raters does not promise it, and doesn't keep it


def test_a_difference_is_found_with_its_interval(studies):
    """blend stands before plain in the alphabet, so it is blend - plain."""
    wanted = [known["blend"] - known["plain"] for *_, known in studies]
    assert 0.88 <= np.mean([held(row["raters"], value) for (_, row, _), value in zip(studies, wanted)]) < 1
    assert np.mean([row["difference"] for _, row, _ in studies]) == pytest.approx(np.mean(wanted), abs=0.04)
    assert np.mean([row["p"] < 0.05 for _, row, _ in studies]) > 0.9


def test_no_difference_is_not_found():
    """Both methods draw from one hat: a p under 0.05 is one in twenty."""
    hits = []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        edits = {"one": rng.normal(3, 0.5, 8), "other": rng.normal(3, 0.5, 8)}
        row, = differences(proper(me.simulate_raters(edits, raters=8, seed=seed)))
        hits.append(row["p"] <= 0.05)
    assert np.mean(hits) < 0.13


def test_alpha_and_its_interval_find_the_truth():
    """The interval is over items, so the truth is alpha of ever so many items."""
    rng = np.random.default_rng(0)
    known = truth({"all": rng.normal(3, 0.9, 4000)}, **MODEL)["alpha"]["interval"]
    found = [alpha_of(np.random.default_rng(seed).normal(3, 0.9, 24), seed) for seed in range(80)]
    assert np.mean([each["value"] for each in found]) == pytest.approx(known, abs=0.03)
    assert np.mean([held(each, known) for each in found]) >= 0.85


def alpha_of(items, seed):
    table = table_of(me.simulate_raters({"all": items}, raters=20, seed=seed, **MODEL))
    return coefficients(table, ["alpha_interval"])["alpha_interval"]


def test_the_mixed_model_finds_the_variances():
    """Where nothing is cut off; rounding adds a twelfth to the noise."""
    found = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        source = rng.normal(0, 0.4, 15)
        edits = {name: 3 + source + rng.normal(0, 0.3, 15) for name in ("one", "other")}
        rows = proper(me.simulate_raters(edits, raters=15, severity=0.4, noise=0.5, seed=seed))
        found.append(mixed_model(rows)["variance"])
    mean = {name: np.mean([each[name] for each in found]) for name in found[0]}
    assert mean["rater"] == pytest.approx(0.16, abs=0.06) and mean["source"] == pytest.approx(0.16, abs=0.07)
    assert mean["item"] == pytest.approx(0.09, abs=0.04) and mean["noise"] == pytest.approx(0.25 + 1 / 12, abs=0.03)


@pytest.mark.parametrize("wrong", [
    dict(quality={}), dict(quality={"one": [3], "other": [3, 4]}), dict(quality={"one": []}), dict(quality=[3, 4]),
    dict(quality={"one": [3]}, raters=0), dict(quality={"one": [3]}, careless=13),
    dict(quality={"one": [3]}, missing=1), dict(quality={"one": [3]}, noise=-1)])
def test_a_model_that_is_none_is_refused(wrong):
    with pytest.raises(me.KitError):
        me.simulate_raters(**wrong)


def test_simulated_raters_say_so_and_come_the_same_again():
    one = me.simulate_raters({"one": [3, 4]}, raters=3, seed=5)
    assert set(one["study"]) == {"simulated raters"}
    assert one.equals(me.simulate_raters({"one": [3, 4]}, raters=3, seed=5))
    assert not one.equals(me.simulate_raters({"one": [3, 4]}, raters=3, seed=6))
