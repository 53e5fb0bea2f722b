"""The two tasks of a sweep, on few scenes and tiny trainings."""

import numpy as np
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.places import pocket_folder
from maskedit_helpers.studies import scoreboard
from maskedit_helpers.studies.sweep import edits, trained

FEW = edits.DEFAULTS | {"scenes": 2, "seed": 3, "mask": "truth"}


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A MASKEDIT_HOME with the pocket weights, in which trainings may leave what they like."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pocket").symlink_to(pocket_folder())
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))


def test_rows_are_those_of_the_scoreboard():
    rows = edits.run(FEW | {"mask": "click", "control": "mask-aware"})
    board = scoreboard.compare(edits.the_kit("pocket"), ["mask-aware"], ("click",), scenes=2, seed=3, plan="fast",
                               progress=False)["rows"]
    assert len(rows) == 2
    for row, other in zip(rows, board):
        shared = row.keys() & other.keys()
        assert {"scene", "background_psnr", "truth_psnr", "edit_psnr_before"} <= shared
        assert all(row[name] == pytest.approx(other[name], abs=1e-3) for name in shared if row[name] is not None)


def test_the_plain_edit_hangs_on_no_mask_and_the_result_does():
    """Before the blend two masks see the same edit, made once; after it the true one is best."""
    true, wrong = (edits.run(FEW | {"mask": mask}) for mask in ("truth", "another"))
    for a, b in zip(true, wrong):
        assert a["mask_iou"] == 1 and b["mask_iou"] == 0
        assert a["background_psnr"] == b["background_psnr"] and a["truth_psnr"] > b["truth_psnr"]


def test_where_nothing_may_change_clip_sees_the_original():
    (row,) = edits.run(FEW | {"scenes": 1, "mask": "eroded:60"})
    assert row["clip_image"] == pytest.approx(1, abs=1e-5) and row["mask_iou"] == 0


def test_what_rows_depend_on():
    plain = edits.depends(FEW)
    assert plain == edits.depends(FEW | {"scenes": 5})  # a setting, which the key has anyway
    assert plain["control"] != edits.depends(FEW | {"control": "latent"})["control"]
    ways = [edits.depends(FEW | {"control": f"mask-aware:{way}"})["control"] for way in ("channel", "encoded")]
    assert ways[0] != ways[1]
    assert trained.depends(trained.DEFAULTS)["training_code"] and "training_code" not in plain


@pytest.mark.parametrize(("task", "wrong", "says"), [
    (edits, {"mask": "moon"}, "a mask from 'moon' is unknown"),
    (edits, {"control": "moon"}, "control 'moon' is unknown"),
    (edits, {"words": "few"}, 'use "named" or "it"'),
    (edits, {"plan": "distilled", "control": "mask-aware"}, "never saw a mask"),
    (trained, {"way": "moon"}, "way 'moon' is unknown"),
    (trained, {"penalty": -1.0}, "penalty is -1.0"),
    (trained, {"scenes": 0}, "0 scenes"),
])
def test_what_cant_be_is_refused_before_any_work(task, wrong, says):
    with pytest.raises(KitError, match=says):
        task.check(task.DEFAULTS | wrong)


def test_a_training_is_made_once_and_measured_with_several_masks(home, monkeypatch):
    made, train = [], trained.training.train_mask_aware
    monkeypatch.setattr(trained.training, "train_mask_aware",
                        lambda *args, **options: (made.append(args), train(*args, **options)))
    tiny = trained.DEFAULTS | {"scenes": 1, "seed": 3, "pairs": 4, "steps": 1, "rank": 2}
    rows = {mask: trained.run(tiny | {"mask": mask}) for mask in ("truth", "boxed")}
    assert len(made) == 1
    assert rows["truth"][0]["background_psnr"] != rows["boxed"][0]["background_psnr"]  # it reads the mask's place
    assert np.isfinite(rows["truth"][0]["truth_psnr"])
    trained.run(tiny | {"train_seed": 1})
    assert len(made) == 2
