"""Comparisons in pairs held against scipy's and statsmodels' own, exact enumeration, numbers by hand; their level."""
import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.comparing import compare_in_pairs, holm
from maskedit_helpers.studies.intervals import crossed_mean


def rows_of(values, control, **more):
    return [{"scene": scene, "control": control, "truth_psnr": value, **more} for scene, value in enumerate(values)]


def one(rows, **options):
    found, = compare_in_pairs(rows, "control", "blend", "truth_psnr", **options)
    return found


def numbers(found):
    return {name: value for name, value in found.items() if not isinstance(value, str)}


def two(before, after):
    return rows_of(before, "blend") + rows_of(after, "latent")


def normal(n, seed=0, shift=0.5):
    rng = np.random.default_rng(seed)
    before = rng.normal(30, 4, n)
    return before, before + rng.normal(shift, 1, n)


def test_numbers_by_hand():
    found = one(two([10, 20, 30, 40], [11, 23, 32, 46]))  # differences 1 3 2 6: mean 3, deviation sqrt(14/3)
    assert (found["difference"], found["n"], found["seeds"], found["metric"]) == (3, 4, 1, "truth_psnr")
    assert (found["control"], found["baseline"]) == ("latent", "blend")
    assert found["effect"] == pytest.approx(3 / (14 / 3) ** 0.5)
    half = 3.182446 * (14 / 3 / 4) ** 0.5  # of Student's t with three degrees of freedom
    assert (found["low"], found["high"]) == pytest.approx((3 - half, 3 + half), abs=0.02 * half)


@pytest.mark.parametrize("n", [5, 20, 60])
def test_of_one_training_it_is_scipys_paired_t(n):
    before, after = normal(n)
    found, theirs = one(two(before, after)), stats.ttest_rel(after, before)
    ends = theirs.confidence_interval()
    assert (found["low"], found["high"]) == pytest.approx((ends.low, ends.high), abs=0.02 * (ends.high - ends.low))
    assert np.log(found["p"]) == pytest.approx(np.log(theirs.pvalue), rel=0.1, abs=0.05)


def test_its_interval_is_scipys_bootstrap():
    before, after = normal(60)
    theirs = stats.bootstrap((after - before,), np.mean, n_resamples=9999, method="BCa", rng=1)
    found, ends = one(two(before, after)), theirs.confidence_interval
    assert (found["low"], found["high"]) == pytest.approx((ends.low, ends.high), abs=0.08 * (ends.high - ends.low))
    assert crossed_mean([after - before])["error"] == pytest.approx(theirs.standard_error, rel=0.03)


def test_its_p_is_near_that_of_all_signs():
    """Of 10 pairs the exact p: the share of the 1024 ways to exchange them that differ as much."""
    before, after = normal(10, seed=4, shift=0.6)
    differences = after - before
    means = [abs(np.mean(differences * signs)) for signs in itertools.product((1, -1), repeat=10)]
    exact = np.mean(np.array(means) >= abs(differences.mean()) - 1e-12)
    assert 0.01 < exact < 0.5 and one(two(before, after))["p"] == pytest.approx(exact, abs=0.02)


def test_pairs_are_of_the_same_scene_whatever_the_order():
    before, after = normal(30)
    rows = two(before, after)
    shuffled = [rows[i] for i in np.random.default_rng(1).permutation(len(rows))]
    again = one(shuffled + [{"scene": 99, "control": "latent", "truth_psnr": 1000.0}])  # a pair with nobody
    assert again["n"] == 30 and again == one(rows)
    assert one(pd.DataFrame(rows)) == one(rows)


def test_a_scene_that_is_hard_for_both_does_not_count():
    before, after = normal(30)
    there = one(two(before, after))
    harder = one(two(before + np.arange(30) * 9, after + np.arange(30) * 9))
    assert numbers(harder) == pytest.approx(numbers(there))


def test_what_was_not_measured_is_no_pair():
    rows = two([1, 2, 3, 4], [2, 4, 6, 8])
    rows[0]["truth_psnr"], rows[5]["truth_psnr"] = None, float("nan")
    assert (one(rows)["n"], one(rows)["difference"]) == (2, 3.5)
    assert one(two([1], [3])) == {"control": "latent", "baseline": "blend", "metric": "truth_psnr", "n": 1, "seeds": 1,
                                  "difference": 2, "low": None, "high": None, "effect": None, "p": None, "p_holm": None}


def test_no_difference_at_all():
    same = one(two([1, 2, 3], [1, 2, 3]))
    assert (same["difference"], same["p"], same["effect"]) == (0, 1, None)
    assert one(two([1, 2, 3], [2, 3, 4]))["p"] == 0


def trained(differences, base):
    """Rows of `base` and, for each training, of base + differences."""
    return rows_of(base, "blend") + [row for seed, ours in enumerate(differences)
                                     for row in rows_of(base + ours, "latent", train_seed=seed)]


def test_what_was_not_trained_is_paired_with_each_training():
    rng = np.random.default_rng(2)
    base, ours = rng.normal(30, 5, 25), rng.normal(1, 1, (3, 25)) + [[0.5], [0], [-0.5]]
    found = one(trained(ours, base))
    assert (found["n"], found["seeds"], found["difference"]) == (25, 3, pytest.approx(ours.mean()))
    assert found["effect"] == pytest.approx(ours.mean() / ours.mean(0).std(ddof=1))
    turned = compare_in_pairs(trained(ours, base), "control", "latent", "truth_psnr")[0]
    assert turned["difference"] == pytest.approx(-found["difference"]) and turned["seeds"] == 3
    both = [{**row, "train_seed": seed} for seed in range(3) for row in rows_of(base, "blend")]
    assert numbers(one(both + trained(ours, base)[25:])) == pytest.approx(numbers(found))


def test_trainings_that_differ_widen_the_interval_and_equal_ones_do_not():
    base, ours = np.full(40, 30.0), np.random.default_rng(3).normal(1, 1, 40)
    single, equal = one(trained([ours], base)), one(trained([ours, ours], base))
    assert numbers(equal) == pytest.approx({**numbers(single), "seeds": 2})
    apart = one(trained([ours - 1, ours + 1], base))
    assert apart["difference"] == pytest.approx(single["difference"])
    assert apart["high"] - apart["low"] > 10 * (single["high"] - single["low"])  # t of one degree of freedom: 12.7


def test_a_crossed_mean_has_the_variance_of_theory():
    values = np.random.default_rng(5).normal(0, 1, (4, 50)) + np.arange(4)[:, None]
    scenes, seeds = values.mean(0).var(ddof=1) / 50, values.mean(1).var(ddof=1) / 4
    found = crossed_mean(values)
    assert found["error"] == pytest.approx((scenes + seeds) ** 0.5, rel=0.03)
    assert found["freedom"] == pytest.approx((scenes + seeds) ** 2 / (scenes**2 / 49 + seeds**2 / 3), rel=0.05)


@pytest.mark.parametrize(("seeds", "between", "least", "most"), [
    (1, 0, 0.03, 0.075), (2, 0, 0.02, 0.075), (2, 1, 0.02, 0.09), (3, 1, 0.02, 0.08)])
def test_of_true_nulls_it_rejects_a_twentieth(seeds, between, least, most):
    """400 studies in which nothing differs but scenes and trainings: the latter as much as the mean of 40 scenes."""
    rng = np.random.default_rng(6)
    wrong = 0
    for _ in range(400):
        found = crossed_mean(rng.normal(0, 1, 40) + rng.normal(0, between / 40**0.5, (seeds, 1))
                             + rng.normal(0, 0.3, (seeds, 40)))
        wrong += not found["low"] <= 0 <= found["high"]
    assert least <= wrong / 400 <= most


def test_the_interval_and_p_agree():
    for seed in range(12):
        found = one(two(*normal(20, seed, shift=0.45)))
        assert (found["p"] < 0.05) == (found["low"] > 0 or found["high"] < 0)


def test_holm_as_statsmodels_has_it_and_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, None, 0.9]) == pytest.approx([1, None, 1]) and holm([]) == []
    for seed in range(20):
        chances = np.random.default_rng(seed).beta(0.3, 1, 9)
        assert holm(chances) == pytest.approx(multipletests(chances, method="holm")[1])


def test_all_comparisons_of_a_call_are_corrected_together():
    rng = np.random.default_rng(7)
    rows = [{"scene": scene, "control": control, "mask": mask, "truth_psnr": rng.normal(30, 3),
             "edit_psnr": rng.normal(20, 3)}
            for control in ("blend", "latent", "crop") for mask in ("truth", "click") for scene in range(12)]
    found = compare_in_pairs(rows, "control", "blend", ["truth_psnr", "edit_psnr"], by="mask")
    assert [(row["mask"], row["control"], row["metric"]) for row in found] == [
        *itertools.product(("truth", "click"), ("latent", "crop"), ("truth_psnr", "edit_psnr"))]
    theirs = multipletests([row["p"] for row in found], method="holm")[1]
    assert [row["p_holm"] for row in found] == pytest.approx(theirs)


def test_repeats_of_a_scene_are_paired_each_with_its_own():
    rows = [row for seed in (0, 1) for row in rows_of([10 + 100 * seed, 20], "blend", edit_seed=seed)
            + rows_of([11 + 100 * seed, 24], "latent", edit_seed=seed)]
    assert (one(rows)["n"], one(rows)["difference"]) == (2, 2.5)


def test_mistakes_are_told():
    rows = [{**row, "mask": mask} for mask in ("truth", "click") for row in two([1, 2], [3, 4])]
    with pytest.raises(KitError, match="two rows of scene 0 with control = 'blend'.*by= what tells them apart: mask"):
        one(rows)
    with pytest.raises(KitError, match="no row has control = 'plain'; use one of 'blend', 'latent'"):
        compare_in_pairs(rows, "control", "plain", "truth_psnr", by="mask")
    with pytest.raises(KitError, match="no column 'psnr'; use one of control"):
        compare_in_pairs(rows, "control", "blend", "psnr", by="mask")
    with pytest.raises(KitError, match="no rows"):
        compare_in_pairs([], "control", "blend", "truth_psnr")
