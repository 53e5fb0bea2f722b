"""RateEdits' Python side: what is shown, and what the study's file then says. `set_state` is a message from the
browser."""

import io

import human
import numpy as np
import pytest
from PIL import Image

import maskedit_helpers as me
from maskedit_helpers.notebook.rate_edits import RateEdits
from maskedit_helpers.studies.human.answers import Answers


@pytest.fixture
def study(tmp_path):
    return human.study(tmp_path / "study", n=3)


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def hand(widget, *said):
    """Answers of a hand: (position, question, value) each."""
    for count, one in enumerate(said):
        widget.set_state({"_said": [*one, count + 1000 * len(widget.answers)]})


def test_the_first_edit_is_shown_and_nothing_answered(study):
    rate = me.RateEdits(study, "ann")
    assert (rate.at, rate.total, rate.answers) == (0, 10, {}) and human.kept(study) == []
    item = study.items[study.order(0)[0][0]]
    sent = rate._answer
    given = human.sources(3)[item["source"]]
    assert np.array_equal(pixels(sent["edited"]), given["edits"][item["method"]])
    assert np.array_equal(pixels(sent["original"]), given["original"])
    assert sent["instruction"] == given["instruction"] and sent["size"] == [64, 48] and sent["given"] == [-1, -1]
    assert not any(word in repr({**sent, "edited": 0, "original": 0, "outlined": 0})
                   for word in (*human.METHODS, item["source"], item["item"]))
    original, outlined, edited = rate.pictures()
    assert np.array_equal(edited, given["edits"][item["method"]]) and np.array_equal(original, given["original"])
    assert outlined.shape == original.shape and (outlined != original).any()
    assert np.array_equal(rate.pictures(4)[2], pixels(study.picture(study.items[study.order(0)[4][0]]["edited"])))


def test_each_answer_of_the_hand_is_kept_at_once_and_the_last_one_leads_on(study):
    rate = RateEdits(study, "ann")
    hand(rate, (0, 0, 4))
    assert rate.at == 0 and rate.answers == {0: {"region": 4}} and rate._answer["given"] == [4, -1]
    assert [row[3:] for row in human.kept(study)] == [("region", 4)]
    hand(rate, (0, 1, 2))
    assert rate.at == 1 and rate.answers == {0: {"region": 4, "instruction": 2}}
    assert rate._answer["status"] == "1 of 10 rated."
    rate.set_state({"_place": [0, 1]})
    assert rate.at == 0 and rate._answer["given"] == [4, 2]
    hand(rate, (0, 0, 5))
    assert rate.at == 0 and rate.answers[0] == {"region": 5, "instruction": 2}  # the other may change, too
    hand(rate, (0, 1, 1))
    assert rate.at == 1 and len(human.kept(study)) == 2
    hand(rate, (1, 1, 3))
    assert rate.at == 1  # the first one is missing


def test_a_session_goes_on_where_it_was_and_each_rater_has_their_own_order(study):
    first = RateEdits(study.folder, "ann")
    first.say(1, 2)
    first.say(3, 4)
    again = RateEdits(study, "ann")
    assert again.at == 2 and again.answers == first.answers == {0: {"region": 1, "instruction": 2},
                                                                1: {"region": 3, "instruction": 4}}
    other = RateEdits(study, "bob")
    assert other.at == 0 and other.answers == {} and other.rater != first.rater
    orders = [Answers(study).order(widget.rater) for widget in (first, other)]
    assert orders[0] != orders[1] and len(Answers(study).raters()) == 2
    everything = b"".join(path.read_bytes() for path in study.folder.glob("answers*"))
    assert b"ann" not in everything and b"bob" not in everything


def test_to_the_end_by_code(study):
    rate = RateEdits(study)
    for _ in range(rate.total):
        rate.say(5, 1)
    assert rate.at is None and rate._answer["at"] == -1 and "edited" not in rate._answer
    assert rate._answer["status"] == "10 of 10 rated."
    with pytest.raises(me.KitError, match="all edits are answered"):
        rate.say(1, 1)
    rate.say(2, 2, at=3)
    assert rate.at is None and rate.answers[3] == {"region": 2, "instruction": 2}
    rows = me.study_answers(study)
    assert len(rows) == 20 and {row["rater"] for row in rows} == {rate.rater}
    for wrong, word in (((1,), "1 answers to 2 questions"), ((1, 6), "6"), ((None, 1), "None")):
        with pytest.raises(me.KitError, match=word):
            rate.say(*wrong, at=0)
    for at in (-1, 10, None, "0"):
        with pytest.raises(me.KitError, match="nothing is shown at position"):
            rate.pictures(at)


@pytest.mark.parametrize("wrong", [[0, 0, 6, 1], [0, 0, 0, 1], [0, 2, 1, 1], [10, 0, 1, 1], [-1, 0, 1, 1], [0, 0, 1],
                                   ["0", 0, 1, 1], [0, 0, True, 1], [0, 0, 2.0, 1]])
def test_what_a_browser_cannot_mean_changes_nothing(study, wrong):
    rate = RateEdits(study)
    with pytest.raises(me.KitError, match="_said"):
        rate.set_state({"_said": wrong})
    assert human.kept(study) == [] and rate.at == 0
    with pytest.raises(me.KitError, match="_place"):
        rate.set_state({"_place": [10, 1]})


def test_what_cannot_be_kept_is_said(study, monkeypatch):
    rate = RateEdits(study)

    def full(*_):
        raise me.KitError("no room")

    monkeypatch.setattr(rate._answers, "keep", full)
    hand(rate, (0, 0, 3))
    assert rate._answer["status"] == "Not kept: no room" and rate.at == 0 and human.kept(study) == []


def test_wrong_names_and_folders(study, tmp_path):
    for rater in ("", "  ", None, 3):
        with pytest.raises(me.KitError, match="give a name"):
            RateEdits(study, rater)
    with pytest.raises(me.KitError, match="is no study"):
        RateEdits(tmp_path)
