"""What notebook 11 says of the astronaut and its stand-in, held against what its cells give."""

import json

import numpy as np
import pytest
from lessons import ran, texts

import maskedit_helpers as me


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The variables after all cells but the exercises ran, and the folder that they wrote to."""
    folder = tmp_path_factory.mktemp("results")
    return {**ran("11", folder), "folder": folder}


def test_suit_badge_and_hoses_are_in_the_mask_helmet_and_wall_are_not(lesson):
    inside = {"sleeve": (0.2, 0.7), "badge": (0.33, 0.75), "hoses": (0.48, 0.8)}
    outside = {"helmet": (0.75, 0.88), "wall": (0.62, 0.3), "flag": (0.03, 0.6), "neck": (0.42, 0.4),
               "face": (0.4, 0.3)}
    for expected, places in ((1, inside), (0, outside)):
        for name, (x, y) in places.items():
            assert lesson["M"][int(y * 512), int(x * 512)] == expected, name


def test_the_slip_is_found_and_is_the_one_that_the_question_names(lesson):
    assert (lesson["dx"], lesson["dy"]) == (6, -4)


def test_the_slipped_blend_has_wall_along_the_right_shoulder_and_the_other_has_not(lesson):
    """The stand-in turns the bright wall nearly white."""
    blends, M = lesson["results"], lesson["M"] > 0.5
    shoulder = M & ~np.roll(M, (4, -6), axis=(0, 1)) & (np.arange(512) > 300) & (np.arange(512)[:, None] < 250)
    slipped, right = (blends[name][shoulder].min(axis=1).mean() for name in ("slipped", "laid right"))
    assert shoulder.sum() > 150 and slipped > 120 > 60 > right


def test_black_paint_wins_and_the_slip_is_rewarded(lesson):
    rows = {row["result"]: row for row in lesson["rows"]}
    assert len(rows) == 7 and "edit_psnr" not in rows["laid right"] and "clip_direction" not in rows["laid right"]
    iou = {name: row["change_iou"] for name, row in rows.items()}
    assert max(iou, key=iou.get) == "painted black" and iou["painted black"] == pytest.approx(0.97, abs=0.01)
    assert iou["slipped"] > iou["laid right"] > iou["untouched"] == 0
    exact = {name for name, row in rows.items() if row["background_psnr"] == np.inf}
    assert exact == {"slipped", "laid right", "Poisson", "untouched", "painted black"}


def test_poisson_brings_the_old_orange_back(lesson):
    """More green against red than in the plain blend, near the border inside."""
    from scipy.ndimage import distance_transform_edt

    M = lesson["M"] > 0.5
    near = M & (distance_transform_edt(M) < 12)
    green = {name: lesson["results"][name][near, 1].mean() for name in ("laid right", "Poisson")}
    assert green["Poisson"] > green["laid right"] + 10


def test_all_is_kept_and_a_stand_in_is_called_one(lesson):
    names = {path.name for path in lesson["folder"].iterdir()}
    assert names >= {f"astronaut{end}" for end in ("_original.png", "_mask.png", "_stand-in.png", "_blended.png",
                                                   "_blends.png", ".json")}
    facts = json.loads((lesson["folder"] / "astronaut.json").read_text())
    assert facts["edit"] == "stand-in" and facts["moved_by"] == [6, -4] and len(facts["metrics"]) == 7
    assert (me.read_image(lesson["folder"] / "astronaut_blended.png") == lesson["y_tilde"]).all()


def test_a_picture_of_ones_own_goes_the_same_way(lesson, tmp_path):
    """The cell reads a path, and then asks for prompts."""
    cells = texts("11")
    me.write_png(tmp_path / "mine.png", me.load_case("coffee", 640).image)
    names = dict(lesson)
    exec(cells["picture"].replace('path = ""', f"path = {str(tmp_path / 'mine.png')!r}"), names)
    assert names["mine"] and names["x0"].shape == (336, 512, 3)
    with pytest.warns(UserWarning, match="photograph"):
        exec(cells["click"], names)
    with pytest.raises(me.KitError, match="click on what to keep"):
        exec(cells["mask"], names)
    names["clicks"].prompts = [[64, 13, 410, 328]]
    for cell in ("mask", "stand-in", "arrived", "register", "blended", "measured"):
        exec(cells[cell], names)
    assert names["kind"] == "stand-in" and (names["dx"], names["dy"]) == pytest.approx((6, -4), abs=0.5)
