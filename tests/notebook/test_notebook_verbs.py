"""The small verbs that notebooks lean on: marks, guidance grid, session, training pairs."""

import numpy as np
import pytest
import tiny

import maskedit_helpers as me
from maskedit_helpers.notebook import session


class Kit:
    def __init__(self):
        self.editor = tiny.editor()

    def edit(self, *args, anyway=False, **options):
        return self.editor.edit(*args, **options)


def test_marks_stand_where_the_prompts_are():
    picture = np.full((64, 96, 3), 120, np.uint8)
    marked = me.mark(picture, points=[(10, 20), (70, 50)], labels=[1, 0])
    scale = marked.shape[0] // 64
    assert marked.shape == (64 * scale, 96 * scale, 3) and max(marked.shape) >= 384
    changed = (marked != 120).any(2)
    columns = np.flatnonzero(changed[:, : 40 * scale].any(0))
    assert abs(columns.mean() / scale - 10.5) < 0.5
    plus, minus = (marked[(y - 3) * scale:(y + 4) * scale, (x - 3) * scale:(x + 4) * scale]
                   for x, y in ((10, 20), (70, 50)))
    assert plus.mean() < minus.mean()  # an upright stroke more: told by shape, not by colour
    assert (marked[~changed] == 120).all()


def test_a_box_is_dashed_along_its_sides():
    picture = np.full((64, 64, 3), 120, np.uint8)
    marked = me.mark(picture, box=(8, 16, 56, 48))
    scale = marked.shape[0] // 64
    side = marked[16 * scale, 8 * scale:56 * scale]
    assert {0, 255} <= set(side.ravel().tolist()) and (marked[2:8 * scale, :] == 120).all()
    with pytest.raises(me.KitError, match="outside"):
        me.mark(picture, points=[(64, 0)])


def test_the_grid_holds_what_single_edits_give():
    kit, x0 = Kit(), tiny.picture()
    text, few = "make the shirt red", {"steps": 2, "progress": False}
    edits = me.guidance_grid(kit, x0, text, s_T=[2, 4], s_I=[1.5], seeds=[1, 2], **few)
    assert list(edits) == [(2, 1.5, 1), (2, 1.5, 2), (4, 1.5, 1), (4, 1.5, 2)]
    alone = kit.edit(x0, text, s_T=4, s_I=1.5, seed=2, **few)
    assert np.abs(edits[4, 1.5, 2].astype(int) - alone).max() <= 1
    with pytest.raises(me.KitError, match="at least one"):
        me.guidance_grid(kit, x0, text, s_T=[], s_I=[1.5])


def test_ready_says_what_is_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("MASKEDIT_RESULTS", str(tmp_path / "out"))
    me.ready()
    said = capsys.readouterr().out
    assert "torch" in said and str(tmp_path / "out") in said
    assert me.results("a.png") == tmp_path / "out" / "a.png" and (tmp_path / "out").is_dir()
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda name: None if name == "open_clip" else True)
    with pytest.raises(me.KitError, match="open_clip.*make venv"):
        me.ready()


def test_results_where_no_folder_can_be(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MASKEDIT_RESULTS", str(tmp_path / "file" / "folder"))
    with pytest.raises(me.KitError, match="MASKEDIT_RESULTS"):
        me.results()


def test_a_drawn_case_knows_its_parts():
    case = me.load_case("shirt", size=64)
    assert {"shirt", "person", "ball", "sky"} <= set(case.parts)
    assert me.mask_iou(case.parts["shirt"], case.parts["shirt"]) == 1
    assert (case.parts["shirt"] <= case.parts["person"]).all()
    assert me.mask_iou(case.parts["ball"], case.parts["shirt"]) == 0


def test_mask_iou_by_hand():
    a, b = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    a[0], b[0, :2] = True, True
    assert me.mask_iou(a, b) == 0.5 and me.mask_iou(a * 0, b) == 0


def test_the_leak_alone_decides_how_far_a_training_pair_spills():
    clean, usual, stained = (me.training_pair(23, **how) for how in ({"leak": 0}, {}, {"leak": 1}))
    assert (clean.after == clean.truth).all()  # nothing spills: the edit is the perfect one
    for pair in (usual, stained):
        assert pair.instruction == clean.instruction and (pair.before == clean.before).all()
        assert (pair.truth == clean.truth).all() and (pair.after == clean.truth)[clean.mask].all()
    spilt = [me.change_map(clean.truth, pair.after)[~clean.mask].mean() for pair in (clean, usual, stained)]
    assert spilt[0] == 0 < spilt[1] < spilt[2]


def test_a_training_pair_that_cannot_be():
    for seed, leak, what in ((1.5, 0, "seed 1.5"), (True, 0, "seed True"), (-1, 0, "seed -1"), (0, 1.2, "leak is 1.2"),
                             (0, float("nan"), "leak is nan")):
        with pytest.raises(me.KitError, match=what):
            me.training_pair(seed, leak)
