"""The study of the mask-aware editors: what is asked, what is told, and how gains are counted."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from maskedit_helpers.places import HOME
from maskedit_helpers.studies.mask_aware import FILE, beside_the_plain, mask_aware_rows, page_rows
from maskedit_helpers.studies.measured import read_rows
from maskedit_helpers.studies.measuring import Measuring, it
from maskedit_helpers.studies.sources import LOOSE


def row(scene, control, source, background, success=None):
    return {"scene": scene, "control": control, "source": source, "plan": "fast", "background_psnr": background,
            "edit_psnr_before": 20.0 + scene, "truth_psnr": 30.0, "edit_psnr": 21.0, "edit_success": success}


@pytest.fixture
def kept(tmp_path):
    """A file of two scenes, two editors and two sources."""
    rows = [row(1, "blend", "click", 26.0, 1.0), row(2, "blend", "click", 24.0),
            row(1, "mask-aware", "click", 29.0, 1.0), row(2, "mask-aware", "click", 25.0),
            row(1, "blend", "truth-it", 25.0, 0.0), row(1, "mask-aware:both", "truth-it", 28.0, 1.0)]
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in ({"models": "pocket"}, *rows)))
    return path


def test_rows_say_editor_mask_and_words(kept):
    rows = mask_aware_rows(kept)
    assert [(one["editor"], one["mask"], one["words"]) for one in rows] == [
        ("plain", "click", "named"), ("plain", "click", "named"), ("channel", "click", "named"),
        ("channel", "click", "named"), ("plain", "truth", "it"), ("both", "truth", "it")]


def test_gains_are_counted_scene_by_scene(kept):
    """By hand: 29 - 26 and 25 - 24; colours got are shares, of the scenes in which one is asked."""
    plain, channel, _, both = beside_the_plain(mask_aware_rows(kept))
    assert plain["background_psnr"]["mean"] == 25.0 and channel["background_psnr"]["mean"] == 2.0
    assert channel["background_psnr"]["low"] >= 1.0 and channel["background_psnr"]["high"] <= 3.0
    assert channel["edit_success"]["mean"] == 1.0 and channel["edit_success"]["n"] == 1
    assert both["background_psnr"]["mean"] == 3.0 and both["edit_success"]["mean"] == 1.0


def test_masks_that_are_told():
    truth = np.zeros((20, 20), bool)
    truth[5:12, 6:13] = True
    pair = SimpleNamespace(seed=1, mask=truth, before=np.zeros((20, 20, 3), np.uint8), target=truth)
    found = SimpleNamespace(masks=truth[None], best=0)
    measuring = Measuring(SimpleNamespace(sam=SimpleNamespace(predict=lambda picture, points: found)), {})
    told = {source: measuring.mask(pair, source) > 0.5
            for source in ("truth", "truth-it", "click", "click-it", "loose", "everywhere")}
    clicked = told["click"]
    assert np.array_equal(told["truth"], truth) and np.array_equal(told["truth-it"], truth)
    assert clicked.any() and np.array_equal(told["click-it"], clicked)
    assert np.array_equal(told["loose"], distance_transform_edt(~clicked) <= LOOSE) and told["everywhere"].all()


def test_it_asks_for_the_colour_alone():
    assert it(SimpleNamespace(kind="colour", colour="red", instruction="give me a red hat")) == "make it red"
    assert it(SimpleNamespace(kind="robot", colour=None, instruction="make the dog a robot")) == "make it a robot"
    assert it(SimpleNamespace(kind="robot", colour=None, instruction="make it a robot dog")) == "make it a robot dog"


def test_the_kept_rows_are_of_the_weights_that_are_here():
    from maskedit_helpers.editing.controls.table import named
    from maskedit_helpers.kit.kit import Kit
    from maskedit_helpers.kit.weights import choose
    from maskedit_helpers.studies.origin import _learned

    run, rows = read_rows(FILE)
    kit = Kit(choose("pocket"))
    for name, control in named(run["controls"]).items():
        assert run["controls"][name][2:] == [*_learned(kit, control)], name
    assert len(rows) == 50 * len(run["controls"]) * 6


def test_the_page_says_what_is_kept():
    text = (HOME / "models/pocket/mask_aware/README.md").read_text(encoding="utf-8")
    heads, lines = page_rows(mask_aware_rows())
    assert len(lines) == 30 and all("| " + " | ".join(line) + " |" in text for line in (heads, *lines))
