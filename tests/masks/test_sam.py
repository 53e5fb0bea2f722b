"""SAM: encode once, never a stale picture, prompts that make no sense, and what it proposes by itself."""

from operator import attrgetter

import numpy as np
import pytest
import tiny
from segment_anything import SamAutomaticMaskGenerator, SamPredictor

from maskedit_helpers.errors import KitError
from maskedit_helpers.kit.weights import choose, load_sam
from maskedit_helpers.masks.sam import Segmenter, _points_at_once
from maskedit_helpers.metrics.truth import mask_iou
from maskedit_helpers.picturebook.scenes import render, sample_scene


@pytest.fixture
def segmenter():
    return Segmenter(tiny.sam())


@pytest.fixture
def encoded(segmenter):
    """A list that grows by one whenever the image encoder runs."""
    runs = []
    hook = segmenter.predictor.model.image_encoder.register_forward_hook(lambda *a: runs.append(1))
    yield runs
    hook.remove()


PICTURE = tiny.picture(48, 80)


def test_cache_encodes_once_and_gives_identical_masks(segmenter, encoded):
    first = segmenter.predict(PICTURE, points=[(20, 20)])
    segmenter.predict(PICTURE, box=(5, 5, 60, 40))
    again = segmenter.predict(PICTURE.copy(), points=[(20, 20)])
    assert len(encoded) == 1
    fresh = Segmenter(tiny.sam()).predict(PICTURE, points=[(20, 20)])
    for answer in (again, fresh):
        for name in ("masks", "scores", "logits"):
            assert np.array_equal(getattr(first, name), getattr(answer, name))


def test_other_picture_is_encoded_anew(segmenter, encoded):
    first = segmenter.predict(PICTURE, points=[(20, 20)])
    other = PICTURE.copy()
    other[0, 0, 0] ^= 255  # one value is enough
    segmenter.predict(other, points=[(20, 20)])
    segmenter.predict(PICTURE.reshape(80, 48, 3), points=[(20, 20)])  # same bytes, other shape
    assert len(encoded) == 3
    assert np.array_equal(segmenter.predict(PICTURE, points=[(20, 20)]).logits, first.logits)


@pytest.mark.parametrize("failing", ["transform.apply_image", "model.image_encoder.forward"])
def test_failed_picture_leaves_nothing_of_the_last_one(segmenter, encoded, monkeypatch, failing):
    segmenter.predict(PICTURE, points=[(20, 20)])

    def fail(*args):
        raise MemoryError

    owner, name = failing.rsplit(".", 1)
    with monkeypatch.context() as broken:
        broken.setattr(attrgetter(owner)(segmenter.predictor), name, fail)
        with pytest.raises(KitError, match="SAM: out of memory; take a smaller one"):
            segmenter.predict(tiny.picture(48, 80, seed=1), points=[(20, 20)])
        assert not segmenter.predictor.is_image_set
        with pytest.raises(KitError, match="out of memory"):  # and it is not taken for encoded
            segmenter.predict(tiny.picture(48, 80, seed=1), points=[(20, 20)])
    assert segmenter.predict(PICTURE, points=[(20, 20)]).masks.shape == (3, 48, 80)
    assert len(encoded) == 2


def test_answers_are_the_predictors_own(segmenter):
    predictor = SamPredictor(tiny.sam())
    predictor.set_image(PICTURE)
    points, labels, box = np.array([[20.0, 20], [60, 30]]), np.array([1, 0]), np.array([5.0, 5, 60, 40])
    theirs = predictor.predict(points, labels, box, multimask_output=False)
    ours = segmenter.predict(PICTURE, [(20, 20), (60, 30)], [1, 0], (5, 5, 60, 40), multimask=False)
    for mine, their in zip((ours.masks, ours.scores, ours.logits), theirs):
        assert np.array_equal(mine, their)


def test_shapes_and_best(segmenter):
    answer = segmenter.predict(PICTURE, points=[(20, 20)])
    assert answer.masks.shape == (3, 48, 80) and answer.masks.dtype == bool
    assert answer.scores.shape == (3,) and answer.scores[answer.best] == answer.scores.max()
    refined = segmenter.predict(PICTURE, points=[(20, 20)], mask_input=answer.logits[answer.best])
    assert refined.logits.shape == answer.logits.shape
    assert not np.array_equal(refined.logits, answer.logits)


@pytest.mark.parametrize("prompt, says", [
    ({}, "no prompt"), ({"points": []}, "no prompt"), ({"labels": [1]}, "1 labels and no points"),
    ({"points": [(80, 10)]}, r"\(80, 10\) lies outside.*x goes from 0 to 79, y from 0 to 47"),
    ({"points": [(10, 48)]}, "outside"), ({"points": [(-1, 10)]}, "outside"),
    ({"points": [(float("nan"), 1)]}, "outside"), ({"points": (10, 20)}, r"list of \(x, y\)"),
    ({"points": [(1, 2, 3)]}, r"list of \(x, y\)"), ({"points": [("a", "b")]}, "numbers"),
    ({"points": [(1, 2)], "labels": [1, 0]}, "1 points and 2 labels"),
    ({"points": [(1, 2)], "labels": [2]}, "keep"), ({"points": [(1, 2)], "labels": [0]}, "exclude"),
    ({"box": (60, 5, 5, 40)}, "inverted"),
    ({"box": (5, 40, 60, 5)}, "inverted"), ({"box": (5, 5, 5, 40)}, "empty"), ({"box": (5, 5, 60)}, "four"),
    ({"box": (5, 5, 81, 40)}, "outside"), ({"box": (5, 5, float("nan"), 40)}, "inverted"),
    ({"points": [(1, 2)], "mask_input": np.zeros((3, 16, 16))}, "mask_input"),
    ({"points": [(1, 2)], "mask_input": np.zeros((48, 80))}, "mask_input"),
])
def test_prompts_that_make_no_sense_are_refused(segmenter, encoded, prompt, says):
    with pytest.raises(KitError, match=says):
        segmenter.predict(PICTURE, **prompt)
    assert not encoded


def test_corners_are_inside(segmenter):
    segmenter.predict(PICTURE, points=[(0, 0), (79, 47)])
    segmenter.predict(PICTURE, box=(0, 0, 80, 48))


@pytest.fixture(scope="module")
def trained():
    return load_sam(choose("pocket"))


SCENE = render(sample_scene(11_000_001))


@pytest.mark.parametrize("picture", [SCENE.image, SCENE.image[:, 20:], SCENE.image[10:90]])
def test_proposals_are_those_of_the_librarys_generator(trained, picture):
    """Before duplicates are dropped, which the library does by boxes."""
    theirs = SamAutomaticMaskGenerator(
        trained.predictor.model, points_per_side=6, pred_iou_thresh=0.5, stability_score_thresh=0.6,
        box_nms_thresh=1.0).generate(picture)
    ours = trained.propose(picture, side=6, least_iou=0.5, least_stability=0.6, same=1.0)
    assert len(theirs) > 10
    expected = sorted((round(t["predicted_iou"], 4), int(t["area"]), t["segmentation"].tobytes()) for t in theirs)
    found = sorted((round(float(score), 4), int(mask.sum()), mask.tobytes())
                   for score, mask in zip(ours.scores, ours.masks))
    assert len(found) == len(expected)
    for mine, their in zip(found, expected):
        assert mine[0] == pytest.approx(their[0], abs=2e-4)
    assert len({f[2] for f in found} ^ {e[2] for e in expected}) <= 0.05 * len(expected)  # a pixel on the threshold


def test_proposals_hold_nothing_twice_and_lose_nothing(trained):
    options = dict(side=6, least_iou=0.5, least_stability=0.6)
    every, once = (trained.propose(SCENE.image, same=same, **options) for same in (1.0, 0.7))
    assert 1 < len(once.masks) < len(every.masks)
    assert once.masks.dtype == bool and len(once.masks) == len(once.scores) == len(once.logits)
    assert (np.diff(once.scores) <= 0).all()
    for i, mask in enumerate(once.masks):
        assert max([mask_iou(mask, other) for other in once.masks[:i]], default=0) < 0.72  # compared at SAM's 64 pixels
    for mask in every.masks:
        assert max(mask_iou(mask, kept) for kept in once.masks) > 0.68


def test_proposals_find_the_things_of_a_scene(trained):
    masks = trained.propose(SCENE.image, side=12, least_iou=0.5, least_stability=0.5).masks
    things = [SCENE.masks[name] for name in SCENE.masks if name in ("shirt", "dog", "car", "ball", "crown", "hat")]
    assert things and all(max(mask_iou(mask, thing) for mask in masks) > 0.75 for thing in things)


def test_proposals_use_the_embedding_that_is_there(segmenter, encoded, monkeypatch):
    first = segmenter.predict(PICTURE, points=[(20, 20)])
    loose = dict(side=3, least_iou=-10, least_stability=0)
    whole = segmenter.propose(PICTURE, **loose)
    assert np.array_equal(segmenter.predict(PICTURE, points=[(20, 20)]).logits, first.logits)
    assert len(encoded) == 1 and whole.masks.any((1, 2)).all()
    monkeypatch.setattr("maskedit_helpers.masks.sam._points_at_once", lambda picture: 2)
    assert np.array_equal(segmenter.propose(PICTURE, **loose).masks, whole.masks)


def test_a_large_picture_is_proposed_for_in_small_batches():
    assert _points_at_once(np.zeros((128, 128, 3))) == 64
    assert _points_at_once(np.zeros((3000, 4000, 3))) == 1


def test_nothing_good_enough_is_no_proposal(segmenter):
    answer = segmenter.propose(PICTURE, side=2, least_iou=10)
    assert answer.masks.shape == (0, 48, 80) and answer.scores.shape == (0,)
    with pytest.raises(KitError, match="side is 0"):
        segmenter.propose(PICTURE, side=0)
