"""Intervals held against published tables, closed forms and what an interval is."""
import math

import numpy as np
import pytest

from maskedit_helpers.studies.intervals import mean_with_interval, share_with_interval


def share(hits, n):
    return share_with_interval([1] * hits + [0] * (n - hits))


@pytest.mark.parametrize(("hits", "n", "low", "high"), [
    (81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0, 0.1684), (1, 29, 0.0009, 0.1776)])
def test_shares_as_published(hits, n, low, high):
    """Newcombe, "Two-sided confidence intervals for the single proportion", Stat. Med. 1998, table I, method 5."""
    score = share(hits, n)
    assert (score["low"], score["high"]) == pytest.approx((low, high), abs=5e-5)
    assert score["mean"] == hits / n and score["n"] == n


@pytest.mark.parametrize("n", [1, 7, 60, 1000])
def test_all_hits_and_no_hits_by_the_closed_form(n):
    edge = 0.025 ** (1 / n)  # the share at which n hits of n come in one of forty samples
    assert share(n, n) == {"mean": 1.0, "low": pytest.approx(edge), "high": 1.0, "n": n}
    assert share(0, n) == {"mean": 0.0, "low": 0.0, "high": pytest.approx(1 - edge), "n": n}


@pytest.mark.parametrize(("hits", "n"), [(45, 46), (59, 60), (3, 10)])
def test_an_exact_interval_ends_where_the_tails_are_a_fortieth(hits, n):
    def at_least(k, p):
        return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))

    score = share(hits, n)
    assert at_least(hits, score["low"]) == pytest.approx(0.025)
    assert 1 - at_least(hits + 1, score["high"]) == pytest.approx(0.025)


def test_a_share_is_of_hits_and_misses_only():
    assert share_with_interval([True, False])["mean"] == 0.5
    assert share_with_interval([]) == {"mean": None, "low": None, "high": None, "n": 0}
    with pytest.raises(ValueError, match="not of 0.5"):
        share_with_interval([1, 0.5])


def test_a_mean_of_many_has_the_interval_of_theory():
    values = np.random.default_rng(5).normal(20, 4, 900)
    score = mean_with_interval(values)
    half = 1.96 * values.std() / 30
    assert score["mean"] == pytest.approx(values.mean())
    assert (score["low"], score["high"]) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_a_mean_moves_and_stretches_with_its_values_whatever_was_asked_before():
    values = np.array([1.0, 2, 5, 9])
    first, moved = mean_with_interval(values), mean_with_interval(10 * values + 3)
    assert all(moved[what] == pytest.approx(10 * first[what] + 3) for what in ("mean", "low", "high"))
    assert mean_with_interval(values) == first and first["low"] < first["mean"] < first["high"]


def test_one_value_has_no_interval_and_none_no_mean():
    assert mean_with_interval([3]) == {"mean": 3.0, "low": None, "high": None, "n": 1, "tenth": 3.0}
    assert mean_with_interval([]) == {"mean": None, "low": None, "high": None, "n": 0, "tenth": None}
    assert mean_with_interval([3, 3]) == {"mean": 3.0, "low": 3.0, "high": 3.0, "n": 2, "tenth": 3.0}
    assert mean_with_interval(range(11))["tenth"] == 1
