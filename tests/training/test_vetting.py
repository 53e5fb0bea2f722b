"""Answers of vetters: the file that keeps them, their agreement against fractions worked by hand, the data card."""

import json
import math
import multiprocessing
from fractions import Fraction

import pytest

import maskedit_helpers as me
from maskedit_helpers.training.vetting import add_answer, agreement, read_vetting, vetted


def from_table(table):
    """Two lists of answers of which table[i][j] pairs were given i by the first and j by the second."""
    both = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [i for i, _ in both], [j for _, j in both]


@pytest.mark.parametrize(("table", "equal", "kappa"), [
    ([[0, 4, 1], [0, 8, 0], [0, 1, 5]], Fraction(13, 19), Fraction(107, 221)),  # p_e = (0 + 8 * 13 + 6 * 6) / 361
    ([[20, 5], [10, 15]], Fraction(7, 10), Fraction(2, 5)),  # p_e = (25 * 30 + 25 * 20) / 2500 = 1/2
    ([[17, 1], [1, 1]], Fraction(9, 10), Fraction(4, 9)),  # p_e = (18 * 18 + 2 * 2) / 400 = 82/100
    ([[16, 2], [2, 0]], Fraction(8, 10), Fraction(-1, 9)),  # the same p_e: often equal, and worse than chance
    ([[0, 10], [10, 0]], 0, -1),
    ([[3, 0], [0, 4]], 1, 1),
])
def test_agreement_against_fractions(table, equal, kappa):
    for first, second in (from_table(table), from_table(table)[::-1]):
        found = agreement(first, second)
        assert found.pairs == sum(map(sum, table))
        assert math.isclose(found.equal, equal) and math.isclose(found.kappa, kappa, abs_tol=1e-12)


def test_only_pairs_that_both_answered_count():
    one, other = {"a": True, "b": False, "c": True}, {"c": True, "b": True, "a": True, "d": False}
    assert agreement(one, other)[:2] == (3, pytest.approx(2 / 3))
    assert agreement(one, {"d": True}).pairs == 0 and math.isnan(agreement(one, {}).equal)


def test_kappa_says_nothing_where_both_always_give_one_answer():
    assert agreement([True] * 5, [True] * 5)[:2] == (5, 1)
    assert math.isnan(agreement([True] * 5, [True] * 5).kappa)
    assert agreement([True] * 5, [False] * 5).kappa == 0


@pytest.mark.parametrize("wrong", [([1], [1, 2]), ({"a": 1}, [1])])
def test_what_cannot_be_compared_is_refused(wrong):
    with pytest.raises(me.KitError, match="same length"):
        agreement(*wrong)


def test_the_latest_answer_counts_and_one_can_be_taken_back(tmp_path):
    file = tmp_path / "vetting.jsonl"
    assert read_vetting(file) == {} and read_vetting(tmp_path) == {}
    for pair, vetter, accept in [("1", "ann", True), ("2", "ann", False), ("1", "bob", False), ("1", "ann", False),
                                 ("3", "ann", True), ("3", "ann", None), ("9", "çağ", True), ("9", "çağ", None)]:
        add_answer(tmp_path, pair, vetter, accept)  # the folder stands for the file in it
    assert read_vetting(file) == read_vetting(tmp_path) == {"ann": {"2": False, "1": False}, "bob": {"1": False}}
    assert list(read_vetting(file)["ann"]) == ["2", "1"]  # oldest first
    assert [json.loads(line)["accept"] for line in file.read_text().splitlines()][:2] == [True, False]


def test_a_crash_in_the_middle_of_a_line_loses_that_line_only(tmp_path):
    file = tmp_path / "answers.jsonl"
    add_answer(file, "1", "ann", True)
    add_answer(file, "2", "ann", True)
    whole = file.read_bytes()
    for cut in range(len(whole) + 1):
        file.write_bytes(whole[:cut])
        before = read_vetting(file).get("ann", {})
        add_answer(file, "3", "ann", False)
        assert read_vetting(file)["ann"] == {**before, "3": False}, cut
        assert before == {pair: True for pair in ("1", "2")[:whole[:cut].count(b"}")]}


@pytest.mark.parametrize("line", ["", "[]", "3", "null", '{"pair": 1, "vetter": "a", "accept": true}', '{"pair": "1"}',
                                  '{"pair": "1", "vetter": "a", "accept": 1}', "\udcff", '{"pair": "1", "vet'])
def test_lines_that_say_nothing_are_passed_over(tmp_path, line):
    file = tmp_path / "vetting.jsonl"
    file.write_bytes(line.encode(errors="surrogateescape") + b"\n")
    add_answer(file, "1", "ann", True)
    assert read_vetting(file) == {"ann": {"1": True}}


def _many(file, vetter):
    for n in range(50):
        add_answer(file, str(n), vetter, n % 3 == 0)


def test_vetters_who_answer_at_once_lose_nothing(tmp_path):
    file, names = tmp_path / "vetting.jsonl", ["ann", "bob", "cem"]
    context = multiprocessing.get_context("fork")
    people = [context.Process(target=_many, args=(file, name)) for name in names]
    for one in people:
        one.start()
    for one in people:
        one.join()
    wanted = {str(n): n % 3 == 0 for n in range(50)}
    assert read_vetting(file) == {name: wanted for name in names}


def test_what_the_system_refuses_is_said(tmp_path):
    with pytest.raises(me.KitError, match="there is no folder"):
        add_answer(tmp_path / "nowhere" / "vetting.jsonl", "1", "ann", True)
    (tmp_path / "vetting.jsonl").mkdir()
    with pytest.raises(me.KitError, match="could not be read"):
        read_vetting(tmp_path)
    with pytest.raises(me.KitError, match="could not be written"):
        add_answer(tmp_path, "1", "ann", True)


def test_what_the_data_card_says(tmp_path):
    assert vetted(tmp_path, ["0"]) == []
    first, second = from_table([[17, 1], [1, 1]])  # 0 accepts, 1 rejects
    for n, (one, other) in enumerate(zip(first, second)):
        add_answer(tmp_path, str(n), "ann", one == 0)
        add_answer(tmp_path, str(n), "bob", other == 0)
    add_answer(tmp_path, "elsewhere", "ann", True)
    add_answer(tmp_path, "elsewhere", "cem", True)
    add_answer(tmp_path, "0", "dan", True)
    assert vetted(tmp_path, [str(n) for n in range(40)]) == [
        "- ann looked at 20 of 40 pairs (50%) and accepted 18 of these",
        "- bob looked at 20 of 40 pairs (50%) and accepted 18 of these",
        "- dan looked at 1 of 40 pairs (2%) and accepted 1 of these",
        "- ann and bob agree on 90% of 20 pairs that both looked at (Cohen's kappa 0.44)",
        "- ann and dan agree on 100% of 1 pair that both looked at (Cohen's kappa not defined)",
        "- bob and dan agree on 100% of 1 pair that both looked at (Cohen's kappa not defined)",
    ]
