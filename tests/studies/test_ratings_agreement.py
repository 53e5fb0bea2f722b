"""Coefficients of agreement against worked examples of the literature, in exact fractions, and against statsmodels."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

import maskedit_helpers as me
from maskedit_helpers.studies.ratings.agreement import NAMES
from maskedit_helpers.studies.ratings.alpha import krippendorff_alpha
from maskedit_helpers.studies.ratings.gwet import gwet
from maskedit_helpers.studies.ratings.icc import icc
from maskedit_helpers.studies.ratings.kappas import confusion, fleiss, fleiss_resampled, weighted, weighted_resampled


def table(text):
    """Raters as rows, "/" between them, "." where there is no answer."""
    return np.array([[np.nan if word == "." else float(word) for word in row.split()] for row in text.split("/")])


# Krippendorff's own example, "Computing Krippendorff's Alpha-Reliability", C, of four observers and twelve units.
A = table("1 2 3 3 2 1 4 1 2 . . . / 1 2 3 3 2 2 4 1 2 5 . 3 / . 3 3 3 2 3 4 2 2 5 1 . / 1 2 3 3 2 4 4 1 2 5 1 .")
B = table(". . . . . 3 4 1 2 1 1 3 3 . 3 / 1 . 2 1 3 3 4 3 . . . . . . . / . . 2 1 3 4 4 . 2 1 1 3 3 . 4")
C = np.array([[0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1], [7, 7, 0, 0, 0],
              [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]])  # Fleiss 1971's form: items, answers
E = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])  # Shrout, Fleiss


@pytest.mark.parametrize(("data", "level", "exact"), [
    (A, "nominal", Fraction(113, 152)), (A, "ordinal", Fraction(108577, 133160)), (A, "interval", Fraction(951, 1120)),
    (B, "nominal", Fraction(56, 81)), (B, "interval", Fraction(643, 793))])
def test_alpha_of_the_worked_examples(data, level, exact):
    assert krippendorff_alpha(data, level) == pytest.approx(float(exact), abs=1e-9)
    assert me.agreement_of_ratings(data)[f"alpha_{level}"]["value"] == pytest.approx(float(exact), abs=1e-9)


def test_gwet_of_the_worked_example():
    assert gwet(A) == pytest.approx(31825 / 41041, abs=1e-9)
    assert gwet(A, "linear") == pytest.approx(0.858739, abs=1e-6)
    assert gwet(A, "quadratic") == pytest.approx(0.914001, abs=1e-6)


def test_fleiss_of_the_worked_example():
    ratings = np.array([np.repeat([1, 2, 3, 4, 5], row) for row in C], float).T
    assert fleiss(ratings) == pytest.approx(4211 / 20059, abs=1e-9)
    assert me.agreement_of_ratings(ratings)["fleiss_kappa"]["value"] == pytest.approx(4211 / 20059, abs=1e-9)


def test_cohen_of_the_worked_example():
    """[[0, 4, 1], [0, 8, 0], [0, 1, 5]] of answers 1 to 3. On the scale of 1 to 5 linear weights are the same but for
    a factor, which goes out."""
    one, other = np.repeat([1, 1, 2, 3, 3], [4, 1, 8, 1, 5]), np.repeat([2, 3, 2, 2, 3], [4, 1, 8, 1, 5])
    pair = np.array([one, other], float)
    assert confusion(*pair)[:3, :3].tolist() == [[0, 4, 1], [0, 8, 0], [0, 1, 5]]
    assert weighted(pair, None) == (pytest.approx(107 / 221, abs=1e-9), 1)
    assert weighted(pair, "linear") == (pytest.approx(118 / 251, abs=1e-9), 1)
    assert me.agreement(list(one), list(other)).kappa == pytest.approx(107 / 221, abs=1e-9)  # the vetters'


def test_icc_of_the_worked_example():
    found = icc(E.T)
    for form, value in {"(1,1)": .1657, "(2,1)": .2898, "(3,1)": .7148, "(1,k)": .4428, "(2,k)": .6201,
                        "(3,k)": .9093}.items():
        assert found[form] == pytest.approx(value, abs=5e-5)


def test_icc_is_the_anova_s_to_the_last_digit():
    """By mean squares in fractions, of the same table."""
    x = [[Fraction(int(v)) for v in row] for row in E]
    n, k = len(x), len(x[0])
    grand = sum(map(sum, x)) / (n * k)
    rows, columns = [sum(row) / k for row in x], [sum(column) / n for column in zip(*x)]
    between = k * sum((r - grand)**2 for r in rows) / (n - 1)
    judges = n * sum((c - grand)**2 for c in columns) / (k - 1)
    rest = sum((x[i][j] - rows[i] - columns[j] + grand)**2 for i in range(n) for j in range(k)) / ((n - 1) * (k - 1))
    assert icc(E.T)["(2,1)"] == pytest.approx(
        float((between - rest) / (between + (k - 1) * rest + k * (judges - rest) / n)), abs=1e-12)


@pytest.fixture(scope="module")
def ratings():
    rng = np.random.default_rng(5)
    items = rng.normal(3, 1, 14)
    answers = np.clip(np.rint(items + rng.normal(0, 0.5, (6, 1)) + rng.normal(0, 0.7, (6, 14))), 1, 5)
    gaps = answers.copy()
    gaps[rng.random(gaps.shape) < 0.15] = np.nan
    return answers, gaps


def test_what_the_bootstrap_computes_is_the_coefficient_of_the_items_drawn(ratings):
    """Of each resample, by statsmodels and by the plain function on the drawn items themselves."""
    whole, gaps = ratings
    rng = np.random.default_rng(1)
    for _ in range(5):
        chosen = rng.integers(0, 14, 14)
        drawn = np.bincount(chosen, minlength=14)[None].astype(float)
        assert fleiss_resampled(whole, drawn)[0] == pytest.approx(fleiss(whole[:, chosen]))
        for weights in ("linear", "quadratic"):
            assert weighted_resampled(gaps, drawn, weights)[0] == pytest.approx(weighted(gaps[:, chosen], weights)[0])


def test_alpha_by_its_definition(ratings):
    """Every two answers of one item against every two answers at all, one by one."""
    _, gaps = ratings
    items = [column[np.isfinite(column)] for column in gaps.T]
    items = [item for item in items if len(item) > 1]
    together = np.concatenate(items)
    values, often = np.unique(together, return_counts=True)

    def far(level, a, b):
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return (a - b)**2
        low, high = sorted((a, b))
        return (often[(values >= low) & (values <= high)].sum() - (often[values == a] + often[values == b])[0] / 2)**2

    for level in ("nominal", "ordinal", "interval"):
        observed = sum(2 * far(level, a, b) / (len(item) - 1) for item in items for a, b in combinations(item, 2))
        expected = sum(2 * far(level, a, b) for a, b in combinations(together, 2)) / (len(together) - 1)
        assert krippendorff_alpha(gaps, level) == pytest.approx(1 - observed / expected)


def test_an_unused_answer_must_not_change_a_kappa():
    """Nobody gave 1, 4 or 5: the steps are still those of five, and so is Gwet's chance."""
    one, other = np.array([2, 2, 3, 3, 2, 3, 3, 2, 2, 3.]), np.array([2, 3, 3, 3, 2, 3, 2, 2, 2, 3.])
    found = me.agreement_of_ratings([one, other])
    far = np.abs(one - other) / 4
    p, q = (np.array([(row == value).mean() for value in range(1, 6)]) for row in (one, other))
    chance = sum(p[i] * q[j] * abs(i - j) / 4 for i in range(5) for j in range(5))
    assert found["kappa_linear"]["value"] == pytest.approx(1 - far.mean() / chance)
    often = (p + q) / 2
    expected = (often * (1 - often)).sum() / 4
    assert found["gwet_ac1"]["value"] == pytest.approx(((one == other).mean() - expected) / (1 - expected))
    assert gwet(np.array([one, other]), scale=(2, 3)) != pytest.approx(found["gwet_ac1"]["value"])


@pytest.mark.parametrize("data", [np.full((4, 8), 5.0), np.full((3, 1), 5.0)])
def test_all_answer_five(data):
    """They always agree, and there is nothing beyond it to be told."""
    found = me.agreement_of_ratings(data)
    assert found["equal"]["value"] == found["gwet_ac1"]["value"] == found["gwet_ac2"]["value"] == 1
    for name in NAMES:
        assert found[name]["low"] is None and found[name]["why"]
        if name not in ("equal", "gwet_ac1", "gwet_ac2"):
            assert found[name]["value"] is None and "all answers are 5" in found[name]["why"]


@pytest.mark.parametrize("data", [[[1, 2, 3, 4, 5, 1]], [[1, None, 3], [None, 2, None]], [[None, None], [None, None]]])
def test_nobody_to_agree_with(data):
    found = me.agreement_of_ratings(data)
    assert {each["why"] for each in found.values()} == {"no item has answers of two raters"}
    assert {each["value"] for each in found.values()} == {None}


def test_one_item_alone():
    """There is chance, from its own answers, and no variance between items."""
    found = me.agreement_of_ratings([[1], [3], [3]])
    assert found["equal"]["value"] == pytest.approx(1 / 3) and found["equal"]["low"] is None
    assert found["icc"]["value"] is None and "one item" in found["icc"]["why"]
    assert found["alpha_interval"]["value"] == pytest.approx(0)  # two of one item differ as any two do


@pytest.mark.parametrize("data", ([[1, 2], [3]], [[0, 1], [2, 3]], [[1.5, 2], [2, 3]], [], 7, [[]],
                                  [[float("inf"), 1], [2, 3]]))
def test_what_is_no_table_of_answers_is_refused(data):
    with pytest.raises(me.KitError):
        me.agreement_of_ratings(data)
