"""The order in which raters see edits: counted, over many shapes of studies, without the code that makes it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

import maskedit_helpers as me
from maskedit_helpers.studies.human.design import ATTENTION, rating_order, williams

RATERS = 24


@st.composite
def shapes(draw):
    sources, methods = draw(st.integers(3, 30)), draw(st.integers(2, 6))
    per_rater = draw(st.none() | st.integers(3, sources * methods))
    return {"sources": sources, "methods": methods, "seed": draw(st.integers(0, 99)), "per_rater": per_rater,
            "repeats": draw(st.sampled_from([0, 0.1, 0.3])), "attention": draw(st.sampled_from([(), ATTENTION]))}


def first(order):
    """What is rated for the first time: [(position in the whole list, showing)]"""
    return [(at, one) for at, one in enumerate(order) if not one.repeat and not one.attention]


@given(shapes())
def test_each_method_stands_at_each_position_equally_often(shape):
    """In the whole list, repeats and attention items among it, and among the edits of each one source."""
    positions, ranks = Counter(), Counter()
    for rater in range(RATERS):
        met = Counter()
        for at, one in first(rating_order(rater=rater, **shape)):
            positions[at, one.method] += 1
            ranks[one.source, met[one.source], one.method] += 1
            met[one.source] += 1
    for counts in (positions, ranks if shape["per_rater"] is None else {}):
        for place in {key[:-1] for key in counts}:
            often = [counts[*place, method] for method in range(shape["methods"])]
            assert max(often) - min(often) <= 1


@given(shapes())
def test_each_rater_sees_each_edit_once_and_no_source_twice_in_a_row(shape):
    every = shape["sources"] * shape["methods"]
    for rater in range(0, RATERS, 5):
        order = rating_order(rater=rater, **shape)
        seen = Counter((one.source, one.method) for _, one in first(order))
        assert max(seen.values()) == 1 and len(seen) == (shape["per_rater"] or every)
        assert all(one.source != after.source for one, after in zip(order, order[1:]))
        often = Counter(one.source for _, one in first(order))
        assert max(often.values()) - min(often[source] for source in range(shape["sources"])) <= 1
        assert sorted(one.attention for one in order if one.attention) == sorted(shape["attention"])


@given(shapes())
def test_repeats_come_later_and_are_as_many_as_asked(shape):
    for rater in range(0, RATERS, 5):
        order = rating_order(rater=rater, **shape)
        again = [(at, one) for at, one in enumerate(order) if one.repeat]
        assert len({(one.source, one.method) for _, one in again}) == len(again)
        assert abs(len(again) - shape["repeats"] * (shape["per_rater"] or shape["sources"] * shape["methods"])) <= 0.5
        for at, one in again:
            assert order.index(one._replace(repeat=0)) < at - 1


@given(shapes())
def test_a_part_covers_all_edits_evenly(shape):
    """Over whole cycles of blocks each edit is rated equally often; over 24 raters nearly."""
    rated = Counter((one.source, one.method) for rater in range(RATERS)
                    for _, one in first(rating_order(rater=rater, **shape)))
    often = [rated[source, method] for source in range(shape["sources"]) for method in range(shape["methods"])]
    assert max(often) - min(often) <= 2
    cycle = shape["sources"] * shape["methods"]
    rated = Counter((one.source, one.method) for rater in range(cycle)
                    for _, one in first(rating_order(rater=rater, **shape)))
    assert len(rated) == cycle and len(set(rated.values())) == 1


@pytest.mark.parametrize("m", range(2, 9))
def test_each_method_follows_each_other_one_equally_often(m):
    square = williams(m)
    assert all(sorted(line) == list(range(m)) for line in [*square, *zip(*square)])
    rows = square if m % 2 == 0 else square + [row[::-1] for row in square]
    pairs = Counter(pair for row in rows for pair in zip(row, row[1:]))
    assert len(pairs) == m * (m - 1) and set(pairs.values()) == {1 if m % 2 == 0 else 2}


@pytest.mark.parametrize("m", [2, 3, 4, 5])
def test_so_do_the_edits_of_one_source(m):
    """Two blocks of raters, for an odd number's mirror."""
    pairs = Counter()
    for rater in range(2 * m):
        methods = {}
        for _, one in first(rating_order(7, m, rater)):
            methods.setdefault(one.source, []).append(one.method)
        pairs.update((source, *pair) for source, row in methods.items() for pair in zip(row, row[1:]))
    assert len(pairs) == 7 * m * (m - 1) and set(pairs.values()) == {2}


def test_an_order_is_the_raters_own_and_stays():
    orders = [rating_order(8, 3, rater, seed=5) for rater in range(RATERS)]
    assert len(set(map(tuple, orders))) == RATERS
    sources = [tuple(one.source for one in order) for order in orders]
    assert len(set(sources)) == RATERS
    assert orders == [rating_order(8, 3, rater, seed=5) for rater in range(RATERS)]
    assert orders != [rating_order(8, 3, rater, seed=6) for rater in range(RATERS)]


@pytest.mark.parametrize(("changed", "word"), [
    ({"sources": 2}, "needs 3 sources"), ({"methods": 0}, "0 methods"), ({"rater": -1}, "count from 0"),
    ({"per_rater": 2}, "2 edits a rater: give 3 to 8"), ({"per_rater": 9}, "give 3 to 8"),
    ({"repeats": 0.6}, "repeats is 0.6"), ({"repeats": -0.1}, "repeats"), ({"attention": ["up"]}, "'up'"),
])
def test_what_can_be_no_study_is_said(changed, word):
    with pytest.raises(me.KitError, match=word):
        me.rating_order(**({"sources": 4, "methods": 2, "rater": 0} | changed))
