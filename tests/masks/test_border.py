"""Snapping a border: known shapes, what is sure, what is thin, and drawn scenes whose truth is known."""

import cv2
import numpy as np
import pytest
from scipy import ndimage

import maskedit_helpers as me
from maskedit_helpers.errors import KitError
from maskedit_helpers.masks.border import BAND, NEAR, snap, snapped
from maskedit_helpers.metrics.truth import mask_iou
from maskedit_helpers.picturebook.cases import load_case
from maskedit_helpers.pictures.prompts import inner_point
from maskedit_helpers.studies.evaluate import held_out_pairs

SIDE = 128


def disk(radius=30, centre=(64, 64), side=SIDE):
    y, x = np.mgrid[:side, :side]
    return np.hypot(x - centre[0], y - centre[1]) <= radius


def painted(inside, noise=12, seed=0):
    """An orange thing on blue, with grain."""
    picture = np.where(inside[..., None], (220, 120, 40), (60, 90, 170))
    grain = np.random.default_rng(seed).normal(0, noise, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("wrong", [disk(28), disk(32), disk(30, (66, 64)), disk(30, (63, 62))],
                         ids=["small", "large", "right", "up"])
def test_a_border_beside_the_edge_moves_to_it(wrong):
    assert mask_iou(wrong, disk()) < 0.93
    assert mask_iou(snap(painted(disk()), wrong), disk()) > 0.995


def test_beyond_the_band_nothing_changes():
    case = load_case("dog", 256)
    rough = ndimage.shift(case.mask, (5, -4), order=0) > 0.5
    depth = np.maximum(ndimage.distance_transform_edt(rough), ndimage.distance_transform_edt(~rough))
    moved = snapped(case.image, rough) != rough
    assert moved.sum() > 500 and depth[moved].max() <= BAND * 2  # the picture is twice as large as 128


def test_the_band_follows_the_pictures_size():
    case = load_case("car")
    rough = ndimage.shift(case.mask, (1, 2), order=0) > 0.5
    small = snapped(case.image, rough)
    picture = cv2.resize(case.image, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    large = snapped(picture, np.kron(rough, np.ones((4, 4), bool)))
    assert mask_iou(large, np.kron(small, np.ones((4, 4), bool))) > 0.97


def test_a_photographs_border_moves_as_that_of_a_smaller_one():
    """It is snapped at 512 pixels, and only where the border moved there, it moves."""
    case = load_case("dog", 1536)
    rough = ndimage.shift(case.mask, (20, -16), order=0) > 0.5
    snap_large = snapped(case.image, rough)
    smaller = cv2.resize(rough.astype(np.float32), (512, 512), interpolation=cv2.INTER_AREA) > 0.5
    snap_small = snapped(load_case("dog", 512).image, smaller)
    assert mask_iou(snap_large, np.kron(snap_small, np.ones((3, 3), bool))) > 0.98
    assert mask_iou(snap_large, case.mask) > mask_iou(rough, case.mask) + 0.05
    depth = np.maximum(ndimage.distance_transform_edt(rough), ndimage.distance_transform_edt(~rough))
    assert depth[snap_large != rough].max() <= (BAND + 1) * 12


def test_no_hairs_are_left_of_the_bumps_of_a_coarse_mask():
    """A disk with bumps of the grid's size, four pixels: of each the middle line would be kept."""
    thing = disk(120, (256, 256), side=512)
    mask = thing.copy()
    for row in range(200, 320, 24):
        mask[row:row + 9, 370:392] = True
    snapped_mask = snapped(painted(thing), mask)
    assert not (snapped_mask & ~disk(124, (256, 256), side=512)).any()
    assert mask_iou(snapped_mask, thing) > 0.99


def test_the_same_answer_every_time():
    case = load_case("shirt")
    rough = ndimage.binary_dilation(case.mask > 0.5, iterations=2)
    first = snapped(case.image, rough)
    snapped(painted(disk()), disk(28))  # draws of OpenCV's random numbers
    assert np.array_equal(snapped(case.image, rough), first)


def test_a_bar_thinner_than_the_band_stays():
    """Two disks and the bar between them, of the thing's colour where it is seen against a like background."""
    bar = np.zeros((SIDE, SIDE), bool)
    bar[63:66, 40:90] = True
    mask = disk(18, (30, 64)) | disk(18, (98, 64)) | bar
    picture = painted(mask)
    picture[bar & ~disk(18, (30, 64)) & ~disk(18, (98, 64))] = (80, 100, 160)
    assert snapped(picture, mask)[64, 50:80].all()


@pytest.mark.parametrize("mask", [np.ones((SIDE, SIDE), bool), np.zeros((SIDE, SIDE), bool)], ids=["all", "nothing"])
def test_without_a_border_there_is_nothing_to_snap(mask):
    assert np.array_equal(snapped(painted(disk()), mask), mask)


def test_where_the_thing_would_be_lost_the_mask_stays(monkeypatch):
    mask, picture = disk(9), painted(disk(3))  # colours say that a ninth of it is meant
    assert np.array_equal(snapped(picture, mask, band=8), mask)
    monkeypatch.setattr("maskedit_helpers.masks.border.SAME_THING", 0)
    assert mask_iou(snapped(picture, mask, band=8), disk(3)) > 0.9


def test_colours_are_learnt_near_the_mask_only():
    """What lies far away changes nothing."""
    case = load_case("dog")
    rough = ndimage.binary_dilation(case.mask > 0.5, iterations=1)
    far = ndimage.distance_transform_edt(~rough) > NEAR * BAND
    rows, columns = (np.flatnonzero(~far.all(axis)) for axis in (1, 0))
    outside = np.ones_like(far)
    outside[rows[0]:rows[-1] + 1, columns[0]:columns[-1] + 1] = False
    other = case.image.copy()
    other[outside] = 255 - other[outside]
    assert outside.any() and np.array_equal(snapped(other, rough), snapped(case.image, rough))


def test_what_can_not_be_snapped_is_refused():
    with pytest.raises(KitError, match="band is 0"):
        me.snap(painted(disk()), disk(), band=0)
    with pytest.raises(KitError, match="nothing is selected"):
        me.snap(painted(disk()), disk(0, (-5, -5)))
    with pytest.raises(KitError, match="64x64|128x128"):
        me.snap(painted(disk()), disk(side=64)[:, :40])


def test_on_drawn_scenes_the_border_comes_nearer_to_the_truth():
    kit = me.load("pocket")
    before, after = [], []
    for pair in held_out_pairs(30, seed=31):
        answer = kit.sam.predict(pair.before, points=[inner_point(pair.target)])
        mask = answer.masks[answer.best]
        before.append(mask_iou(mask, pair.target))
        after.append(mask_iou(snapped(pair.before, mask), pair.target))
    assert np.mean(after) > np.mean(before) + 0.03
    assert np.quantile(after, 0.1) > np.quantile(before, 0.1) + 0.03
    assert np.mean(np.subtract(after, before) < -0.01) < 0.1
