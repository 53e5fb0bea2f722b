"""The controls' scoreboard held against editors whose score is known beforehand, and stopped halfway."""
import json
from types import SimpleNamespace

import numpy as np
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.pocket.evaluate import PSNR_CAP, held_out_pairs
from maskedit_helpers.pocket.scoreboard import compare, table

SCENES, SEED = 6, 3


class KnownKit:
    """Edits as told: "blend" gives the original, every other control the true edit. Counts its edits."""

    size, device = "known", "cpu"

    def __init__(self, fail_after=10**6):
        self.pairs = {p.before.tobytes(): p for p in held_out_pairs(SCENES, SEED)}
        self.edits, self.fail_after = 0, fail_after
        self.editor = SimpleNamespace(pipe=SimpleNamespace(
            unet=SimpleNamespace(parameters=lambda: []), vae=SimpleNamespace(parameters=lambda: [])))
        self.clip = SimpleNamespace(images=lambda pictures: np.eye(2), texts=lambda texts: np.eye(2))

    def edit(self, images, texts, mask, control, blend, progress, report):
        assert not blend and report and len(images) == len(texts) == len(mask) <= 4
        if self.edits >= self.fail_after:
            raise KeyboardInterrupt
        self.edits += len(images)
        pairs = [self.pairs[x.tobytes()] for x in images]
        lazy = type(control).__name__ == "Blend"
        return [p.before if lazy else p.truth for p in pairs], SimpleNamespace(seconds={"a": 2.0}, unet_rows=240)

    def segment(self, image, points):
        return self.pairs[image.tobytes()].mask.astype(np.float32)

    def ground(self, image, instruction):
        assert self.pairs[image.tobytes()].instruction == instruction
        return np.ones(image.shape[:2], np.float32), "", None


def test_known_edits_score_what_they_must():
    scores = compare(KnownKit(), ["blend", "guidance"], ("truth", "words"), SCENES, SEED, progress=False)["scores"]
    right, lazy = scores["truth"]["guidance"], scores["truth"]["blend"]
    assert right["edit_psnr"]["mean"] == PSNR_CAP and 30 < right["background_psnr"]["mean"] < PSNR_CAP  # shadows move
    assert right["seam_error"]["mean"] < 0.5 * lazy["seam_error"]["mean"]
    assert lazy["background_psnr"]["mean"] == PSNR_CAP and lazy["change_iou"]["mean"] == 0
    assert lazy["edit_psnr"]["mean"] < 20 and right["edit_psnr"]["n"] == SCENES
    assert right["unet_rows"]["mean"] == 80 and right["seconds"]["mean"] == pytest.approx((4 * 0.5 + 2 * 1.0) / 6)
    assert scores["words"]["guidance"]["edit_psnr"]["mean"] == PSNR_CAP  # the whole picture holds the true edit
    assert [row["control"] for row in table(scores)] == ["blend", "guidance"] * 2


def test_a_stopped_run_goes_on_where_it_was(tmp_path):
    file, whole = tmp_path / "rows.jsonl", KnownKit()
    expected = compare(whole, "all", ("click",), SCENES, SEED, progress=False)
    with pytest.raises(KeyboardInterrupt):
        compare(KnownKit(fail_after=10), "all", ("click",), SCENES, SEED, file, progress=False)
    assert 1 < len(file.read_text().splitlines()) < 1 + len(expected["rows"])
    with open(file, "a") as torn:
        torn.write('{"scene": 1')  # killed in the middle of a row
    second = KnownKit()
    answer = compare(second, "all", ("click",), SCENES, SEED, file, progress=False)
    assert 0 < second.edits < whole.edits
    key = lambda row: (row["scene"], row["control"])  # noqa: E731
    assert sorted(answer["rows"], key=key) == sorted(expected["rows"], key=key)
    third = KnownKit(fail_after=0)
    assert compare(third, "all", ("click",), SCENES, SEED, file, progress=False)["rows"] == answer["rows"]
    assert all(json.loads(line) for line in file.read_text().splitlines())


def test_rows_of_another_run_are_not_mixed_in(tmp_path):
    file = tmp_path / "rows.jsonl"
    compare(KnownKit(), ["blend"], ("click",), 1, SEED, file, progress=False)
    other = KnownKit()
    other.size = "another"
    with pytest.raises(KitError, match="another run"):
        compare(other, ["blend"], ("click",), 1, SEED, file, progress=False)


def test_the_figure_is_drawn_and_told(tmp_path):
    from PIL import Image

    compare(KnownKit(), ["blend", "latent"], ("click", "truth"), SCENES, SEED, figure=tmp_path / "f.png",
            progress=False)
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.width > 500 and "blend with the mask from truth: 60.0, 7.9 dB" in picture.text["Description"]


@pytest.mark.parametrize(("options", "says"), [
    ({"controls": ["magic"]}, "'magic' is unknown"), ({"sources": ("guess",)}, "choose out of truth, click, words"),
    ({"sources": ()}, "nowhere"), ({"scenes": 0}, "1 scene or more")])
def test_what_is_not_there_is_refused(options, says):
    with pytest.raises(KitError, match=says):
        compare(KnownKit(), **{"controls": "all", "scenes": 1, **options}, progress=False)
