"""VetPairs' Python side: what a next cell reads, and what the file keeps. `set_state` is a message from the browser."""

import io

import numpy as np
import pytest
import tiny
from exercises import pocket
from PIL import Image

import maskedit_helpers as me
from maskedit_helpers.notebook.vet_pairs import VetPairs
from maskedit_helpers.training.vetting import read_vetting


def rows(n=4, size=(48, 64), **more):
    M = np.zeros(size, np.float32)
    M[12:30, 20:44] = 1
    return [{"before": tiny.picture(*size, seed=2 * k), "after": tiny.picture(*size, seed=2 * k + 1), "mask": M,
             "instruction": f"make it number {k}", "seed": 100 + k, **more} for k in range(n)]


def picture(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def shown(vet):
    return vet._answer["at"], vet._answer.get("instruction"), vet._answer["status"].partition(" Kept")[0]


def test_one_pair_at_a_time_and_nothing_answered_yet():
    pairs = rows()
    vet = VetPairs(pairs)
    assert vet.answers == {} and vet.names == ["100", "101", "102", "103"]
    assert shown(vet) == (0, "make it number 0", "0 of 4 answered: 0 accepted, 0 rejected.")
    assert np.array_equal(picture(vet._answer["before"]), pairs[0]["before"])
    assert np.array_equal(picture(vet._answer["after"]), pairs[0]["after"])
    width, height = vet._answer["size"]
    bits = np.unpackbits(np.frombuffer(vet._answer["bits"], np.uint8))[:width * height].reshape(height, width)
    assert np.array_equal(bits, pairs[0]["mask"])


def test_answers_from_the_browser_are_kept_at_once(tmp_path):
    file = tmp_path / "answers.jsonl"
    vet = VetPairs(rows(), vetter="ann", file=file)
    assert not file.exists()
    vet.set_state({"_history": [[0, 1]]})
    assert read_vetting(file) == {"ann": {"100": True}}
    vet.set_state({"_history": [[0, 1], [1, 0]]})
    assert read_vetting(file) == {"ann": {"100": True, "101": False}} == {"ann": vet.answers}
    assert shown(vet) == (2, "make it number 2", "2 of 4 answered: 1 accepted, 1 rejected.")
    vet.set_state({"_history": [[0, 1]]})
    assert read_vetting(file) == {"ann": {"100": True}} and shown(vet)[0] == 1
    vet.set_state({"_history": []})
    assert read_vetting(file) == {} and vet.answers == {}


def test_the_same_by_code(tmp_path):
    vet = VetPairs(rows(), vetter="ann", file=tmp_path / "a.jsonl")
    vet.accept()
    vet.reject()
    vet.accept(102)
    vet.reject("100")  # thought better of it
    assert vet.answers == {"101": False, "102": True, "100": False} == read_vetting(tmp_path / "a.jsonl")["ann"]
    vet.undo()
    assert vet.answers == {"101": False, "102": True} and shown(vet)[0] == 0
    vet.undo()
    vet.undo()
    vet.undo()
    assert vet.answers == {}
    for _ in range(4):
        vet.accept()
    assert shown(vet) == (-1, None, "4 of 4 answered: 4 accepted, 0 rejected.") and "before" not in vet._answer
    with pytest.raises(me.KitError, match="all pairs have been answered"):
        vet.accept()
    with pytest.raises(me.KitError, match="no pair is called 7"):
        vet.accept(7)


def test_a_session_goes_on_where_it_was_and_each_vetter_has_their_own(tmp_path):
    file = tmp_path / "a.jsonl"
    first = VetPairs(rows(), vetter="ann", file=file)
    first.accept()
    first.reject()
    again = VetPairs(rows(), vetter="ann", file=file)
    assert again.answers == first.answers and shown(again)[0] == 2
    again.undo()  # also what an earlier session answered
    assert read_vetting(file)["ann"] == {"100": True}
    other = VetPairs(rows(), vetter="bob", file=file)
    assert other.answers == {} and shown(other)[0] == 0
    other.reject()
    assert read_vetting(file) == {"ann": {"100": True}, "bob": {"100": False}}
    fewer = VetPairs(rows(2)[1:], vetter="ann", file=file)  # answers to pairs that are not shown stay as they are
    fewer.accept()
    assert fewer.answers == {"101": True} and read_vetting(file)["ann"] == {"100": True, "101": True}


def test_what_cannot_be_kept_is_said_and_kept_later(tmp_path):
    folder = tmp_path / "later"
    vet = VetPairs(rows(), vetter="ann", file=folder / "a.jsonl")
    vet.set_state({"_history": [[0, 1]]})
    assert vet._answer["status"].startswith("Not kept: ") and vet.answers == {"100": True}
    folder.mkdir()
    vet.set_state({"_history": [[0, 1], [1, 1]]})
    assert read_vetting(folder / "a.jsonl") == {"ann": {"100": True, "101": True}}
    assert "Kept as ann’s in" in vet._answer["status"]


@pytest.mark.parametrize("wrong", [[[4, 1]], [[0, 2]], [[-1, 0]], [[0, 1], [0, 0]], [[0]], [0], [["0", 1]],
                                   [[True, 1]]])
def test_what_a_browser_cannot_mean_changes_nothing(wrong):
    vet = VetPairs(rows())
    vet.accept()
    with pytest.raises(me.KitError, match="_history"):
        vet.set_state({"_history": wrong})
    assert vet.answers == {"100": True} and shown(vet)[0] == 1


def test_names_and_what_is_no_pair(tmp_path):
    assert VetPairs(rows(2, id="same")[:1]).names == ["same"]
    without = [{key: value for key, value in row.items() if key != "seed"} for row in rows(2)]
    assert VetPairs(without).names == ["0", "1"]
    for pairs, word in (([], "no pairs"), (rows(2, id="same"), "several pairs are called 'same'"),
                        ([{"before": 1}], "pair 0 has no after, no mask, no instruction")):
        with pytest.raises(me.KitError, match=word):
            VetPairs(pairs)
    for vetter in ("", "  ", None, "a\nb"):
        with pytest.raises(me.KitError, match="give a name"):
            VetPairs(rows(), vetter=vetter)


def test_an_empty_mask_is_shown_as_one():
    """A vetter should see it, and reject it."""
    pairs = rows(1)
    pairs[0]["mask"] = np.zeros_like(pairs[0]["mask"])
    assert not any(VetPairs(pairs)._answer["bits"])


def test_of_a_folder_those_that_were_set_aside_and_its_card_says_what_came_of_it(tmp_path):
    folder = tmp_path / "built"
    me.build_pairs(folder, 21, first=40_000, preset="none", kit=pocket(), progress=False)
    aside = me.read_pairs(folder, validation=True)
    vet = VetPairs(folder, vetter="ann")
    assert vet.names == [row["id"] for row in aside] and set(vet.names) <= {"40000", "40020"}
    assert np.array_equal(picture(vet._answer["before"]), aside[0]["before"])
    for name in vet.names:
        assert "ann" not in (folder / "README.md").read_text()
        vet.accept()
    assert read_vetting(folder) == {"ann": dict.fromkeys(vet.names, True)}
    n = len(aside)
    assert f"- ann looked at {n} of {n} pairs (100%) and accepted {n} of these" in (folder / "README.md").read_text()
    vet = VetPairs(folder, vetter="bob")
    assert vet.answers == {}
    for name in vet.names:
        vet.reject(name)
    assert f"ann and bob agree on 0% of {n} pair" in (folder / "README.md").read_text()
    assert VetPairs(me.read_pairs(folder), vetter="ann").answers == dict.fromkeys(vet.names, True)  # the same file
