"""What is said of ratings, held against formulas by hand, other libraries, and studies whose truth is known."""

import numpy as np
import pandas as pd
import pytest

import maskedit_helpers as me
from maskedit_helpers.studies.ratings.careless import look_at_raters, told_from_chance
from maskedit_helpers.studies.ratings.consistency import position_effect, repeats
from maskedit_helpers.studies.ratings.means import differences, means, sign_changed
from maskedit_helpers.studies.ratings.mixed import mixed_model
from maskedit_helpers.studies.ratings.reading import proper
from maskedit_helpers.studies.ratings.resampling import draws, interval
from maskedit_helpers.studies.ratings.samplesize import raters_needed
from maskedit_helpers.studies.ratings.tied import read_metrics, spearman, tied_to_metrics

QUALITY = {"blend": np.linspace(2.6, 4.6, 10), "plain": np.linspace(1.8, 3.8, 10)[::-1], "aware": np.full(10, 3.9)}


def rows_of(table, methods=None):
    """Rows of a float array (raters, items)."""
    names = methods or ["all"] * len(table[0])
    return me.read_ratings(pd.DataFrame([
        {"rater": f"r{r}", "item": f"i{i}", "source": f"s{i % names.count(names[0])}", "method": names[i],
         "question": "q", "answer": "" if np.isnan(answer) else int(answer)}
        for r, row in enumerate(table) for i, answer in enumerate(row)]))


@pytest.fixture(scope="module")
def study():
    return me.simulate_raters(QUALITY, raters=14, repeats=0.2, missing=0.05, seed=3)


@pytest.fixture(scope="module")
def analysis(study):
    return me.analyse_ratings(study)


def test_means_are_pandas_means(study):
    plain = proper(study).groupby("method")["answer"]
    for row in means(proper(study)):
        some = plain.get_group(row["method"]).dropna()
        assert row["mean"] == pytest.approx(some.mean()) and row["answers"] == len(some) == sum(row["counts"])
        assert row["counts"] == [(some == value).sum() for value in range(1, 6)]
        for over in ("sources", "raters", "both"):
            assert row[over]["low"] < row["mean"] < row[over]["high"]
        assert row["both"]["high"] - row["both"]["low"] > 0.95 * max(
            row[over]["high"] - row[over]["low"] for over in ("sources", "raters"))


def test_an_interval_of_a_mean_is_about_students_t():
    """Which has 95 % by theory, also of few; the plain percentile interval of eight would be a fifth narrower."""
    from scipy.stats import t

    for n in (6, 8, 15, 40):
        values = np.random.default_rng(n).normal(0, 1, n)
        found = interval(draws(n) @ values / n, n, "raters")
        right = t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n)
        assert (found["high"] - found["low"]) / 2 == pytest.approx(right, rel=0.15)


def test_differences_are_paired(study):
    """Against the same by pandas; and missing answers fall out of both sides."""
    cells = proper(study).pivot_table(index=["rater", "source"], columns="method", values="answer")
    for row in differences(proper(study)):
        gap = (cells[row["method"]] - cells[row["other"]]).dropna()
        assert row["difference"] == pytest.approx(gap.mean()) and row["answers"] == len(gap)
        assert (row["higher"], row["equal"]) == (pytest.approx((gap > 0).mean()), pytest.approx((gap == 0).mean()))


def test_pairing_takes_a_raters_severity_out():
    """Each rater has a level of their own, and blend is one better everywhere: the mean over raters is unsure, the
    difference is not."""
    level = np.array([[1], [2], [3], [4], [3], [2]])
    found, = differences(rows_of(np.hstack([level + 1, level + 1, level, level]), ["blend"] * 2 + ["plain"] * 2))
    assert found["difference"] == 1 and found["higher"] == 1
    assert found["raters"]["low"] is None and "the same whichever raters" in found["raters"]["why"]


def test_the_test_of_signs_is_scipys():
    from scipy.stats import permutation_test

    for seed in range(4):
        sums = np.random.default_rng(seed).integers(-4, 9, 9).astype(float)
        right = permutation_test((sums,), np.sum, permutation_type="samples", n_resamples=np.inf).pvalue
        assert sign_changed(sums)[0] == pytest.approx(right)
    assert sign_changed([1.0]) == (None, "one source can't be tested")
    assert sign_changed([0.0, 0.0, 0.0])[0] == 1  # ties alone
    assert sign_changed(np.ones(20))[0] < 0.001


def test_holm_is_statsmodels(analysis):
    from statsmodels.stats.multitest import multipletests

    right = multipletests([row["p"] for row in analysis["differences"]], method="holm")[1]
    assert [row["p_holm"] for row in analysis["differences"]] == pytest.approx(list(right))


def test_repeats_by_hand():
    pairs = [(1, 1), (2, 3), (5, 5), (4, 2), (3, 3)]
    table = pd.DataFrame([{"rater": "a", "item": f"i{k}", "question": "q", "answer": answer, "repeat": repeat}
                          for k, both in enumerate(pairs) for repeat, answer in enumerate(both)])
    found = repeats(me.read_ratings(table))["q"]
    assert (found["twice"], found["equal"], found["within_one"], found["shift"]) == (5, 0.6, 0.8, pytest.approx(-0.2))
    first, again = np.array(pairs).T
    expected = np.abs(first[:, None] - again).mean()
    assert found["kappa"] == pytest.approx(1 - np.abs(first - again).mean() / expected)
    assert found["low"] < 0.6 < found["high"]


def test_position_is_found_where_it_is_and_not_where_it_is_not():
    middle = {"one": np.linspace(2.2, 3, 10), "other": np.linspace(2.8, 2, 10)}  # where nothing is cut off
    for drift in (0, 0.03):
        found = [position_effect(proper(me.simulate_raters(middle, raters=30, severity=0.2, noise=0.5, drift=drift,
                                                           seed=seed)))["instruction"] for seed in range(6)]
        assert np.mean([each["slope"] for each in found]) == pytest.approx(10 * drift, abs=0.05)
        assert np.mean([each["low"] > 0 for each in found]) == (drift > 0)


def test_position_is_ordinary_least_squares():
    import statsmodels.formula.api as smf

    rows = proper(me.simulate_raters(QUALITY, raters=6, drift=0.02, missing=0.2, seed=2))
    model = smf.ols("answer ~ position + C(rater) + C(item)", data=rows.dropna(subset="answer"))
    right = 10 * model.fit().params["position"]
    assert position_effect(rows)["instruction"]["slope"] == pytest.approx(right, abs=1e-6)


def test_position_and_item_told_apart_only_by_different_orders():
    rows = rows_of(np.array([[1, 2, 3], [2, 3, 5], [1, 1, 4]]))
    assert position_effect(rows)["q"]["why"] == "no positions are said"
    rows["position"] = rows["item"].str[1:].astype(float)
    assert "one order" in position_effect(rows)["q"]["why"]


def test_careless_raters_are_flagged_and_nobody_else():
    """Over fifteen classes: nearly all of those who toss dice, and nearly none of those who look."""
    caught, blamed = [], []
    for seed in range(15):
        ratings = me.simulate_raters(QUALITY, raters=10, careless=2, seed=seed)
        flags = [bool(rater["flags"]) for rater in look_at_raters(ratings, proper(ratings))]
        blamed += flags[:8]
        caught += flags[8:]
    assert np.mean(caught) > 0.85 and np.mean(blamed) < 0.05


def test_the_shuffle_is_scipys_permutation():
    from scipy.stats import pearsonr

    rng = np.random.default_rng(0)
    others = rng.normal(size=12)
    mine = np.rint(others * 0.4 + rng.normal(size=12))
    correlation, p, _ = told_from_chance(mine, others, np.array(["q"] * 12))
    right = pearsonr(mine, others)
    assert correlation == pytest.approx(right.statistic)
    assert p == pytest.approx(pearsonr(mine, others, alternative="greater").pvalue, abs=0.03)


def test_attention_and_one_answer_for_everything():
    rows = [{"rater": rater, "item": f"i{k}", "question": "region", "answer": 3 if rater == "flat" else 1 + (k + r) % 5}
            for r, rater in enumerate(("flat", "looks", "too")) for k in range(8)]
    rows += [{"rater": "looks", "item": "all over", "question": "region", "answer": 1, "attention": "everywhere"},
             {"rater": "too", "item": "all over", "question": "region", "answer": 5, "attention": "everywhere"},
             {"rater": "too", "item": "same", "question": "region", "answer": 5, "attention": "untouched"},
             {"rater": "too", "item": "same", "question": "beauty", "answer": 5, "attention": "untouched"}]
    found = {rater["rater"]: rater for rater in me.analyse_ratings(pd.DataFrame(rows))["looked_at"]}
    assert "answered 3 everywhere" in found["flat"]["flags"]
    assert (found["looks"]["attention"], found["looks"]["failed"]) == (1, 0)
    assert (found["too"]["attention"], found["too"]["failed"]) == (2, 1)  # of beauty nothing is known
    assert "failed 1 of 2 attention answers" in found["too"]["flags"]
    assert {rater["answers"] for rater in found.values()} == {8}  # attention items are no ratings


def test_the_mixed_model_is_the_anova_where_nothing_is_missing():
    """Restricted maximum likelihood of a balanced design is the classical estimate, by mean squares."""
    rng = np.random.default_rng(4)
    R, S = 9, 11
    x = np.clip(np.rint(3 + rng.normal(0, 0.6, (R, 1)) + rng.normal(0, 0.8, S) + rng.normal(0, 0.6, (R, S))), 1, 5)
    rest = x - x.mean(0) - x.mean(1, keepdims=True) + x.mean()
    noise = (rest**2).sum() / ((R - 1) * (S - 1))
    raters, sources = S * x.mean(1).var(ddof=1), R * x.mean(0).var(ddof=1)
    found = mixed_model(rows_of(x))
    assert found["variance"]["noise"] == pytest.approx(noise, rel=1e-3)
    assert found["variance"]["rater"] == pytest.approx((raters - noise) / S, rel=1e-2)
    assert found["variance"]["source"] == pytest.approx((sources - noise) / R, rel=1e-2)
    mean = found["methods"]["all"]
    assert mean["mean"] == pytest.approx(x.mean(), abs=1e-6)
    arm = 1.959964 * np.sqrt((raters + sources - noise) / (R * S))
    assert mean["high"] - mean["mean"] == pytest.approx(arm, rel=1e-2)


def test_the_mixed_model_says_where_there_is_none():
    assert "2 raters and 4 sources" in mixed_model(rows_of(np.array([[1, 2, 3, 4], [2, 2, 3, 5]])))["why"]
    assert mixed_model(rows_of(np.full((4, 5), 3.0)))["why"] == "all answers are the same"


def test_a_variance_that_is_not_there_is_said_to_be_zero():
    x = np.array([[1, 2, 3, 4, 5, 3], [2, 1, 3, 5, 4, 3], [1, 2, 4, 4, 5, 2], [2, 1, 2, 5, 4, 4]])
    assert len(set(x.sum(1))) == 1  # no rater is more severe
    found = mixed_model(rows_of(x.astype(float)))
    assert any("variance of raters is estimated as zero" in note for note in found["notes"])


def test_how_many_raters_by_the_formula():
    """The median width is that of Student's t at the median of a chi square."""
    from scipy.stats import chi2, t

    variance = {"rater": 0.2, "source": 0.3, "item": 0.1, "noise": 0.6}
    found = raters_needed(variance, sources=12, width=0.5)
    for point in found["curve"]:
        n = point["raters"]
        spread = np.sqrt((0.2 + 0.6 / 12) * chi2.median(n - 1) / (n - 1))
        assert point["median"] == pytest.approx(2 * t.ppf(0.975, n - 1) * spread / np.sqrt(n), rel=0.06)
    narrow = {point["raters"]: point["narrow"] for point in found["curve"]}
    assert narrow[found["raters"]] >= 0.8 and all(narrow[n] < 0.8 for n in narrow if n < found["raters"])
    assert found["floor"] == pytest.approx(2 * t.ppf(0.975, 11) * np.sqrt(0.4 / 12))
    assert raters_needed(variance, 12, 0.01)["raters"] is None and raters_needed(variance, 1)["floor"] is None


def test_spearman_is_scipys_with_ties_and_infinite_metrics():
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    rating = rng.integers(1, 6, 20).astype(float)
    metric = rating + rng.normal(0, 1, 20)
    found = spearman(rating, metric, np.arange(20).astype(str))
    assert found["spearman"] == pytest.approx(spearmanr(rating, metric).statistic)
    assert found["low"] < found["spearman"] < found["high"]
    metric[:3] = np.inf
    ranks = np.where(np.isinf(metric), 99, metric)
    assert spearman(rating, metric, np.arange(20).astype(str))["spearman"] == pytest.approx(
        spearmanr(rating, ranks).statistic)
    assert "4 items" in spearman(rating[:4], metric[:4], np.arange(4).astype(str))["why"]
    assert spearman(np.full(9, 3.0), metric[:9], np.arange(9).astype(str))["spearman"] is None


def test_metrics_by_item_or_by_source_and_method(study, tmp_path):
    rows = proper(study)
    items = rows.drop_duplicates("item")
    rated = rows.groupby("item")["answer"].mean()[items["item"]].to_numpy()
    table = pd.DataFrame({"item": items["item"], "psnr": rated, "note": "words"})
    table.to_csv(tmp_path / "items.csv", index=False)
    table.drop(columns="item").assign(source=items["source"].to_numpy(), method=items["method"].to_numpy()).to_csv(
        tmp_path / "both.csv", index=False)
    for name in ("items.csv", "both.csv"):  # sources are called 00, 01: words, not numbers
        found = tied_to_metrics(rows, read_metrics(tmp_path / name))
        assert {row["metric"] for row in found} == {"psnr"}
        assert [row["spearman"] for row in found] == [pytest.approx(1)] * 4  # all, and each method


@pytest.mark.parametrize(("text", "says"), [
    ("item,psnr\nx,1\n", "name no item of the study"), ("psnr\n1\n", "no column item"),
    ("item,psnr\nx,1\nx,2\n", "stands there twice"), ("item,note\nx,good\n", "no column of numbers"), ("", "no table")])
def test_metrics_that_fit_nothing(study, tmp_path, text, says):
    (tmp_path / "m.csv").write_text(text)
    with pytest.raises(me.KitError, match=says):
        me.analyse_ratings(study, metrics=tmp_path / "m.csv")


def test_nobody_is_left_out_but_by_name(study, analysis):
    assert analysis["raters"] == 14
    two = me.analyse_ratings(study, without=["r01", "r02"])
    assert two["raters"] == 12 and two["without"] == ["r01", "r02"]
    with pytest.raises(me.KitError, match="no rater r99"):
        me.analyse_ratings(study, without=["r99"])
    with pytest.raises(me.KitError, match="wider than 0"):
        me.analyse_ratings(study, width=0)
