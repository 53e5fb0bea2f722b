"""Answers read from CSV: what may be left out, what is refused and in which row."""

import numpy as np
import pandas as pd
import pytest

import maskedit_helpers as me
from maskedit_helpers.studies.ratings.reading import COLUMNS, proper, table_of

HEAD = "study,rater,item,source,method,question,answer,position,repeat,attention,given_at\n"
ROWS = ("s,ann,i1,dog,blend,region,4,0,0,,2026-01-01T10:00\ns,ann,i2,dog,plain,region,2,1,0,,\n"
        "s,ann,i1,dog,blend,region,5,2,1,,\ns,ann,i9,cat,,region,1,3,0,everywhere,\n"
        "s,bob,i1,dog,blend,region,,0,0,,\ns,bob,i2,dog,plain,region,3,1,0,,\n")


@pytest.fixture
def write(tmp_path):
    def write(text, name="answers.csv"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / name
    return write


def test_all_columns(write):
    found = me.read_ratings(write(HEAD + ROWS))
    assert list(found.columns) == list(COLUMNS) and len(found) == 6
    assert found["answer"].tolist()[:4] == [4, 2, 5, 1] and np.isnan(found["answer"][4])
    assert found["repeat"].tolist() == [False, False, True, False, False, False]
    assert found["position"].tolist() == [0, 1, 2, 3, 0, 1]
    assert proper(found)["item"].tolist() == ["i1", "i2", "i1", "i2"]  # no second showing, no attention item
    np.testing.assert_array_equal(table_of(proper(found)), [[4, 2], [np.nan, 3]])


@pytest.mark.parametrize("text", [
    "rater,item,question,answer\nann,i1,q,4\nann,i2,q,\nbob,i1,q,3\nbob,i2,q,5\n",
    "\ufeffRater; Item; Question; Answer\r\nann; i1; q; 4\r\nann; i2; q; NA\r\nbob; i1; q; 3.0\r\nbob; i2; q; 5\r\n"])
def test_the_fewest_columns_however_they_were_saved(write, text):
    found = me.read_ratings(write(text))
    assert found["answer"].fillna(0).tolist() == [4, 0, 3, 5]
    assert set(found["method"]) == {"all"} and found["source"].tolist() == found["item"].tolist()
    assert found["position"].isna().all() and not found["repeat"].any()


def test_source_and_method_in_place_of_an_item(write):
    found = me.read_ratings(write("rater,source,method,question,answer\nann,dog,blend,q,4\nann,dog,plain,q,1\n"))
    assert found["item"].nunique() == 2 and found["source"].nunique() == 1


def test_a_file_for_each_rater(tmp_path):
    (tmp_path / "all").mkdir()
    for name in ("ann", "bob"):
        (tmp_path / "all" / f"{name}.csv").write_text("item,question,answer\ni1,q,4\ni2,q,2\n")
    assert set(me.read_ratings(tmp_path / "all")["rater"]) == {"ann", "bob"}
    two = me.read_ratings([tmp_path / "all/ann.csv", tmp_path / "all/bob.csv"])
    pd.testing.assert_frame_equal(two, me.read_ratings(tmp_path / "all"))


def test_a_table_read_again_is_itself(write):
    found = me.read_ratings(write(HEAD + ROWS))
    pd.testing.assert_frame_equal(me.read_ratings(found), found)


def test_a_study_s_own_folder_and_its_rows(tmp_path):
    """Answers given in the widget; one edit is not answered yet."""
    rng = np.random.default_rng(0)
    sources = {name: {"original": rng.integers(0, 256, (64, 64, 3), np.uint8), "mask": np.eye(64), "instruction": "do",
                      "edits": {method: rng.integers(0, 256, (64, 64, 3), np.uint8) for method in ("one", "other")}}
               for name in ("a", "b", "c")}
    study = me.new_study(tmp_path / "study", sources, repeats=0, seed=1, attention=("untouched",))
    rate = me.RateEdits(study, rater="ann")
    for _ in range(rate.total - 1):
        rate.say(2, 4)
    found = me.read_ratings(tmp_path / "study")
    assert len(found) == 2 * (rate.total - 1) and set(found["question"]) == {"region", "instruction"}
    pd.testing.assert_frame_equal(found, me.read_ratings(me.study_answers(study)))
    looked = me.analyse_ratings(tmp_path / "study")["looked_at"][0]
    assert (looked["attention"], looked["failed"]) in ((2, 2), (0, 0))  # unless it is the one left open


def test_one_study_of_several(write):
    path = write(HEAD + ROWS + ROWS.replace("s,", "t,"))
    with pytest.raises(me.KitError, match="several studies"):
        me.read_ratings(path)
    assert set(me.read_ratings(path, study="t")["study"]) == {"t"}
    with pytest.raises(me.KitError, match="no study 'u'"):
        me.read_ratings(path, study="u")


@pytest.mark.parametrize(("text", "says"), [
    ("", "not a table of answers"), ("rater,item,question\na,b,c\n", "no column answer"),
    ("rater,question,answer\na,q,1\n", "item .or source and method"),
    ("rater,item,question,answer\na,i,q,6\n", r"row 2: answer is a whole number, 1 to 5, or empty, not '6'"),
    ("rater,item,question,answer\na,i,q,1\na,j,q,0\n", "row 3: answer"),
    ("rater,item,question,answer\na,i,q,2.5\n", "row 2: answer"),
    ("rater,item,question,answer\na,i,q,good\n", "not 'good'"),
    ("rater,item,question,answer\na,i,q,inf\n", "not 'inf'"),
    ("rater,item,question,answer\n,i,q,1\n", "row 2: rater is empty"),
    ("rater,item,question,answer\na,,q,1\n", "row 2: item is empty"),
    ("rater,item,question,answer\na,i,q,1\na,i,q,1\n", "row 3: a answers 'q' of 'i' a second time"),
    ("rater,item,method,question,answer\na,i,m,q,1\nb,i,n,q,1\n", "'i' has 2 values of method"),
    ("rater,item,question,answer,attention\na,i,q,1,asleep\n", "attention is one of"),
    ("rater,item,question,answer,repeat\na,i,q,1,2\n", "repeat is a whole number, 0 to 1"),
    ("rater,item,question,answer,position\na,i,q,1,-1\n", "position is a whole number, 0 or more"),
    ("rater,item,question,answer\na,i,q,\n", "no answer in these rows"),
    ("rater,item,question,answer\n", "no answer in these rows"),
    ("rater,item,question,Answer,answer\na,i,q,1,2\n", "stands there twice"),
    (b"rater,item,question,answer\na,\xff\xfe,q,1\n", "not UTF-8"),
    (b"\x89PNG\r\n\x1a\n\x00\x00", "not UTF-8"),
])
def test_what_is_wrong_is_said_in_one_line(write, text, says):
    with pytest.raises(me.KitError, match=says) as error:
        me.read_ratings(write(text))
    assert "\n" not in str(error.value)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(me.KitError, match="could not be read"):
        me.read_ratings(tmp_path / "none.csv")
    with pytest.raises(me.KitError, match="neither a study nor a CSV file"):
        me.read_ratings(tmp_path)
    with pytest.raises(me.KitError, match="no file of answers"):
        me.read_ratings([])
