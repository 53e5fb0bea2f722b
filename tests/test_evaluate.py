"""The scoreboard held against kits whose score is known beforehand: one that knows the truth, one that does nothing."""
from types import SimpleNamespace

import numpy as np
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.pocket.evaluate import PSNR_CAP, evaluate, held_out_pairs, nearest_colour
from maskedit_helpers.pocket.scenes import EVALUATION_SEEDS

SCENES, SEED = 8, 3


class KnownKit:
    """Answers from the pairs themselves; `lazy`: segments everything and edits nothing."""

    size, device = "known", "cpu"

    def __init__(self, lazy=False):
        self.lazy = lazy
        self.pairs = {p.before.tobytes(): p for p in held_out_pairs(40, SEED)}
        self.names = {}
        self.sam = SimpleNamespace(predict=self.predict)
        self.clip = SimpleNamespace(images=self.images, texts=self.texts)

    def predict(self, image, points=None, box=None, multimask=True):
        target = self.pairs[image.tobytes()].target
        if points:
            (x, y), = points
            assert target[y, x]
        mask = np.ones_like(target) if self.lazy else target
        return SimpleNamespace(masks=[~mask, mask, mask] if multimask else [mask], best=1)

    def edit(self, image, instruction, progress, report):
        pair = self.pairs[image.tobytes()]
        assert instruction == pair.instruction
        y = image if self.lazy else pair.truth
        return y, SimpleNamespace(seconds={"denoise": 1.0, "decode": 0.5}, unet_rows=60)

    def _one_hot(self, name):
        return np.eye(400)[0 if self.lazy else self.names.setdefault(name, len(self.names))]

    def images(self, pictures):
        found = {p.truth.tobytes(): p.captions[1] for p in self.pairs.values()}
        before = {key: p.captions[0] for key, p in self.pairs.items()}
        return np.stack([self._one_hot(before.get(x.tobytes()) or found.get(x.tobytes(), "blend")) for x in pictures])

    def texts(self, texts):
        return np.stack([self._one_hot(text) for text in texts])


def test_a_kit_that_knows_the_truth_scores_full_marks():
    result = evaluate(KnownKit(), SCENES, SEED, progress=False)
    scores = {name: score["mean"] for name, score in result["scores"].items()}
    for name in ("sam_iou_click", "sam_iou_rated", "sam_iou_box", "edit_success", "clip_retrieval"):
        assert scores[name] == 1
    assert scores["edit_psnr"] == PSNR_CAP and scores["blended_background_psnr"] > 25
    assert scores["seconds"] == 1.5 and scores["unet_rows"] == 60
    assert result["scores"]["edit_psnr"]["n"] == SCENES


def test_a_kit_that_does_nothing_scores_nothing_but_a_perfect_background(tmp_path):
    picture = tmp_path / "cases.png"
    scores = evaluate(KnownKit(lazy=True), SCENES, SEED, figure=picture, progress=False)["scores"]
    assert picture.stat().st_size > 10_000
    assert scores["edit_success"]["mean"] == 0 and scores["clip_retrieval"]["mean"] == 0
    assert scores["baseline_change_iou"]["mean"] == scores["blended_change_iou"]["mean"] == 0
    assert scores["baseline_background_psnr"]["mean"] == PSNR_CAP
    assert scores["clip_direction"]["mean"] == 0
    assert scores["sam_iou_rated"]["mean"] < 0.3


def test_intervals_hold_the_mean_and_shrink_to_it_for_a_constant():
    for score in evaluate(KnownKit(), SCENES, SEED, progress=False)["scores"].values():
        assert score["low"] <= score["mean"] <= score["high"]
    assert score["low"] == score["high"]  # clip_retrieval, 1 for every scene


def test_scenes_are_held_out_placed_edits_and_differ_by_seed():
    first, second = list(held_out_pairs(5, 0)), list(held_out_pairs(5, 1))
    assert all(p.seed >= EVALUATION_SEEDS and p.target is not None and p.after is p.truth for p in first + second)
    assert not {p.seed for p in first} & {p.seed for p in second}


def test_small_rules():
    assert nearest_colour((200, 50, 60)) == "red"
    with pytest.raises(KitError, match="scenes"):
        evaluate(None, 0)


def test_words_are_scored_against_the_target_and_its_name():
    """A kit that grounds everything as "the shirt", with the true target by words and nothing right by relevance."""
    known = KnownKit()

    def ground(image, instruction, how="auto"):
        pair = known.pairs[image.tobytes()]
        return (~pair.target if how == "relevance" else pair.target), "the shirt", None

    known.ground = ground
    scores = evaluate(known, SCENES, SEED, ground=True, progress=False)["scores"]
    shirts = [pair.name == "shirt" for pair in held_out_pairs(SCENES, SEED)]
    assert 0 < sum(shirts) < SCENES and scores["phrase_right"]["mean"] == np.mean(shirts)
    assert scores["ground_iou"]["mean"] == 1 and scores["relevance_iou"]["mean"] == 0
