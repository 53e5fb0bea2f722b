"""Metrics, held against scikit-image, hand-worked numbers and, where they are at hand, published results.

The published files carry no licence, so they are not part of this repository: MASKEDIT_REAL_CASES names a
folder that holds them, and without it their tests are skipped.
"""

import math
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import metrics as reference

from maskedit_helpers.errors import KitError
from maskedit_helpers.metrics.clip import clip_direction, clip_score
from maskedit_helpers.metrics.measure import measure
from maskedit_helpers.metrics.pixels import (
    background_psnr,
    background_ssim,
    change_iou,
    change_map,
    foreground_psnr,
    is_unedited,
)
from maskedit_helpers.metrics.tables import format_table
from maskedit_helpers.metrics.truth import edit_psnr, seam_error, sharpness, truth_psnr
from maskedit_helpers.pictures.blend import blend

REAL = os.environ.get("MASKEDIT_REAL_CASES")


def grey(*rows):
    """A picture from rows of grey levels."""
    return np.array(rows, np.uint8)[:, :, None].repeat(3, axis=2)


@pytest.fixture
def noisy():
    """An original, an edit and a mask without any structure, so that no mix-up can hide."""
    rng = np.random.default_rng(7)
    x0, y = rng.integers(0, 256, (2, 30, 40, 3), dtype=np.uint8)
    mask = np.zeros((30, 40), bool)
    mask[4:20, 10:35] = True
    return x0, y, mask


# Seams


def test_seam_error_by_hand():
    """A step of 40 grey levels that lies one pixel off: central differences see it as 20 in two columns each."""
    truth, moved = np.zeros((9, 12, 3), np.uint8), np.zeros((9, 12, 3), np.uint8)
    truth[:, 6:], moved[:, 7:] = 40, 40
    mask = np.zeros((9, 12), np.float32)
    mask[:, 6:] = 1
    # gradients: truth 20 at columns 5, 6; moved 20 at 6, 7; they differ by 20 at 5 and 7, of six columns in the band
    assert seam_error(moved, truth, mask) == pytest.approx((20 * 2 / 6 + 0) / 2)
    assert seam_error(truth, truth, mask) == 0
    far = truth.copy()
    far[:, 0] = 255  # beyond the band
    assert seam_error(far, truth, mask) == 0
    assert np.isnan(seam_error(moved, truth, np.ones((9, 12))))


# Sharpness


def waves(length, contrast=1.0):
    """Stripes whose grey is a sine of so many pixels."""
    grey = 128 + 100 * contrast * np.sin(2 * np.pi * np.arange(128) / length)
    return np.rint(grey).astype(np.uint8)[None, :, None].repeat(64, 0).repeat(3, 2)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0])
def test_sharpness_of_a_known_blur(sigma):
    """A Gaussian takes exp(-(sigma w)^2 / 2) of a sine of angular frequency w, and of its gradient."""
    from scipy.ndimage import gaussian_filter1d

    truth, mask = waves(16), np.zeros((64, 128), bool)
    mask[:, 16:112] = True
    blurred = np.rint(gaussian_filter1d(truth.astype(float), sigma, axis=1)).astype(np.uint8)
    assert sharpness(blurred, truth, mask) == pytest.approx(math.exp(-((sigma * 2 * np.pi / 16) ** 2) / 2), rel=0.01)
    assert edit_psnr(blurred, truth, mask) < math.inf


def test_sharpness_is_a_ratio_inside_the_mask():
    truth, mask = waves(16), np.zeros((64, 128), bool)
    mask[:, 16:112] = True
    assert sharpness(truth, truth, mask) == 1 and sharpness(truth * 0, truth, mask) == 0
    assert sharpness(waves(16, 0.5), truth, mask) == pytest.approx(0.5, rel=0.01)
    turned = np.ascontiguousarray(truth.transpose(1, 0, 2))  # stripes the other way are as sharp
    assert sharpness(waves(16, 0.5).transpose(1, 0, 2), turned, mask.T) == pytest.approx(0.5, rel=0.01)
    noisy = np.random.default_rng(0).integers(0, 256, truth.shape, np.uint8)
    assert sharpness(noisy, truth, mask) > 1.5
    far = truth.copy()
    far[:, :8] = 255  # outside
    assert sharpness(far, truth, mask) == 1
    assert np.isnan(sharpness(truth, truth * 0, mask))  # there is nothing to be as sharp as
    with pytest.raises(KitError, match="2 pixels or more; this picture is 2x1"):
        sharpness(grey([0, 1]), grey([0, 1]), np.array([[0, 1]]))


# Change


def test_change_map_by_hand():
    x0 = np.array([[[10, 20, 30], [0, 0, 0]]], np.uint8)
    y = np.array([[[16, 17, 30], [255, 255, 255]]], np.uint8)
    change = change_map(x0, y)
    assert change.dtype == np.float32 and change.tolist() == [[3, 255]]
    assert change_map(y, x0).tolist() == [[3, 255]]  # 8-bit subtraction would wrap round


def test_change_iou_by_hand():
    x0 = grey([0, 0, 0, 0, 0, 0])
    y = grey([0, 20, 21, 60, 60, 60])
    mask = np.array([[0, 1, 1, 1, 0, 0]], bool)
    assert change_iou(x0, y, mask) == 2 / 5  # above 20: the last four; two of them are in the mask
    assert change_iou(x0, y, mask, threshold=19.9) == 3 / 5
    assert change_iou(x0, y, mask, threshold=255) == 0
    assert change_iou(x0, y, mask, threshold="seeds") == 1 / 5  # the mean is 36.8


def test_the_seeds_threshold_is_at_least_ten():
    y = grey([0, 0, 10, 11])  # mean 5.25
    assert change_iou(y * 0, y, np.array([[0, 0, 0, 1]], bool), "seeds") == 1


def test_a_perfect_edit_scores_one(noisy):
    x0, _, mask = noisy
    assert change_iou(x0, np.where(mask[:, :, None], x0 ^ 128, x0), mask) == 1


@pytest.mark.parametrize("threshold", ["mean", -1, 300, float("nan")])
def test_thresholds_that_mean_nothing(noisy, threshold):
    with pytest.raises(KitError, match="threshold"):
        change_iou(*noisy, threshold)


# PSNR and SSIM


def test_psnr_against_scikit_image(noisy):
    x0, y, mask = noisy

    def psnr(a, b):
        return reference.peak_signal_noise_ratio(a, b, data_range=255)

    assert foreground_psnr(x0, y, mask) == pytest.approx(psnr(x0[mask], y[mask]))
    assert background_psnr(x0, y, mask) == pytest.approx(psnr(x0[~mask], y[~mask]))
    keep = (~mask)[:, :, None].astype(np.uint8)
    assert background_psnr(x0, y, mask, "pie") == pytest.approx(psnr(x0 * keep, y * keep))
    truth = x0[::-1].copy()
    assert edit_psnr(y, truth, mask) == pytest.approx(psnr(truth[mask], y[mask]))
    assert truth_psnr(y, truth) == pytest.approx(psnr(truth, y))


def test_psnr_by_hand():
    x0, y, mask = grey([0, 0, 0, 0]), grey([51, 0, 0, 51]), np.array([[1, 0, 0, 0]])
    fifth = 20 * math.log10(5)  # dB of an error of a fifth of full scale, 51 of 255
    assert foreground_psnr(x0, y, mask) == pytest.approx(fifth)
    assert background_psnr(x0, y, mask) == pytest.approx(fifth + 10 * math.log10(3))  # 1 of 3
    assert background_psnr(x0, y, mask, "pie") == pytest.approx(fifth + 10 * math.log10(4))  # 1 of 4


def test_untouched_is_infinite_and_nothing_is_nan(noisy):
    x0, y, mask = noisy
    assert background_psnr(x0, blend(x0, y, mask), mask) == math.inf
    whole = np.ones_like(mask)
    assert math.isnan(background_psnr(x0, y, whole))
    assert math.isnan(background_ssim(x0, y, whole))
    with pytest.raises(KitError, match='"background" or "pie"'):
        background_psnr(x0, y, mask, "foreground")


def test_ssim_against_scikit_image_channel_by_channel(noisy):
    x0, y, mask = noisy
    maps = [reference.structural_similarity(x0[..., c], y[..., c], data_range=255, full=True)[1]
            for c in range(3)]
    wanted = np.mean([channel[~mask].mean() for channel in maps])
    assert background_ssim(x0, y, mask) == pytest.approx(wanted)
    assert background_ssim(x0, x0, mask) == pytest.approx(1)


def test_ssim_of_flat_pictures_by_hand():
    """Without texture SSIM is its first factor: (2 a b + c) / (a^2 + b^2 + c), c = (0.01 * 255)^2."""
    mask = np.zeros((12, 12), bool)
    mask[:3, :3] = True
    a, b, c = 100.0, 150.0, 2.55**2
    x0, y = (np.full((12, 12, 3), level, np.uint8) for level in (100, 150))
    by_hand = (2 * a * b + c) / (a * a + b * b + c)
    assert background_ssim(x0, y, mask) == pytest.approx(by_hand, abs=1e-6)
    for band in (0, -1, math.nan):
        with pytest.raises(KitError, match="band is"):
            seam_error(x0, y, mask, band)
    with pytest.raises(KitError, match="2 pixels or more; this picture is 2x1"):
        seam_error(grey([0, 1]), grey([0, 1]), np.array([[0, 1]]))
    with pytest.raises(KitError, match="7 pixels"):
        background_ssim(grey([0, 1]), grey([0, 1]), np.array([[0, 1]]))


def test_unedited_means_at_most_one_grey_level():
    x0 = grey([5, 5, 200])
    assert is_unedited(x0, x0) and is_unedited(x0, grey([4, 6, 200]))
    assert not is_unedited(x0, grey([5, 5, 202]))


# CLIP, on features whose angles are known


def test_clip_score_is_a_hundred_cosines():
    assert clip_score([2, 0], [3, 3]) == pytest.approx(100 / math.sqrt(2))
    assert clip_score([[1, 0], [0, 1]], [[1, 0], [1, 0]]) == pytest.approx(50)
    assert clip_score([1, 0], [-1, 0]) == pytest.approx(-100)


def test_clip_direction_normalises_before_it_subtracts():
    assert clip_direction([1, 0], [0, 1], [5, 0], [0, 9]) == pytest.approx(1)
    assert clip_direction([1, 0], [0, 1], [0, 1], [1, 0]) == pytest.approx(-1)
    # lengths alone are no movement
    assert clip_direction([1, 0], [7, 0], [1, 0], [0, 1]) == 0
    # i: 0 -> 90 degrees moves along 135; t: 0 -> 180 moves along 180; 45 degrees between
    assert clip_direction([1, 0], [0, 1], [1, 0], [-1, 0]) == pytest.approx(math.cos(math.pi / 4))


def test_what_stands_still_but_for_rounding_has_no_direction():
    """Features of equal pictures may differ in their last bit, and that bit has a direction too."""
    rng = np.random.default_rng(3)
    before = rng.normal(size=512).astype(np.float32)
    after = np.nextafter(before, np.float32(9))
    assert (after != before).all() and clip_direction(before, after, *rng.normal(size=(2, 512))) == 0
    moved = before + 1e-2 * rng.normal(size=512)
    assert clip_direction(before, moved, before, moved) == pytest.approx(1)


# A row and the table


class Kit:
    """Stands in for a loaded kit: a picture's features are its mean colour, a text's are chosen here."""

    class clip:
        @staticmethod
        def images(pictures):
            return np.array([picture.mean(axis=(0, 1)) for picture in pictures])

        @staticmethod
        def texts(texts):
            colours = {"a red shirt": [1, 0, 0], "a green shirt": [0, 1, 0], "make it green": [0, 1, 1]}
            return np.array([colours[text] for text in texts], float)


def test_a_row_holds_what_was_asked(noisy):
    x0, y, mask = noisy
    row = measure(x0, y, mask)
    assert list(row) == ["change_iou", "background_psnr", "foreground_psnr", "background_ssim", "note"]
    assert row["note"] == "" and row["change_iou"] == change_iou(x0, y, mask)
    assert measure(x0, y, mask, truth=y)["edit_psnr"] == math.inf
    seeds = measure(x0, y, mask, threshold="seeds")["change_iou"]
    assert seeds == change_iou(x0, y, mask, "seeds") != row["change_iou"]
    assert all(type(value) in (float, str) for value in row.values())


@pytest.mark.parametrize("captions", ["a red shirt", ("a shirt",), ("a", "b", "c")])
def test_captions_are_two(noisy, captions):
    with pytest.raises(KitError, match="give two"):
        measure(*noisy, kit=Kit, captions=captions)


def test_clip_in_a_row_follows_the_captions(noisy):
    mask = noisy[2]
    red, green = np.zeros((2, 30, 40, 3), np.uint8)
    red[:, :, 0], green[:, :, 1] = 200, 100
    row = measure(red, green, mask, kit=Kit, instruction="make it green")
    assert row["clip_score"] == pytest.approx(100 / math.sqrt(2)) and "clip_direction" not in row
    row = measure(red, green, mask, kit=Kit, instruction="make it green",
                          captions=("a red shirt", "a green shirt"))
    assert row["clip_score"] == pytest.approx(100) and row["clip_direction"] == pytest.approx(1)
    assert "clip_score" not in measure(red, green, mask, kit=Kit)


def test_the_table_says_in_words_what_is_unedited(noisy):
    x0, y, mask = noisy
    rows = [{"case": "baseline", **measure(x0, y, mask)},
            {"case": "not edited", **measure(x0, x0, mask)}]
    lines = format_table(rows).splitlines()
    assert lines[0].split()[:2] == ["case", "change_iou"] and "background_psnr (dB)" in lines[0]
    assert lines[2].startswith("not edited") and lines[2].endswith("unedited: this is the original picture")
    assert "exact" in lines[2] and "unedited" not in lines[1]
    assert "note" not in format_table(rows[:1])


def test_the_table_is_aligned():
    table = format_table([
        {"case": "a", "change_iou": 0.18300, "background_psnr": 17.0171, "unet_rows": 60},
        {"case": "longer", "background_psnr": math.inf, "extra": math.nan}])
    assert table == ("case    change_iou  background_psnr (dB)  unet_rows  extra\n"
                     "a            0.183                  17.0         60      -\n"
                     "longer           -                 exact          -      -")
    assert format_table([]) == ""


# Three published results


@pytest.mark.skipif(not REAL, reason="MASKEDIT_REAL_CASES names no folder of published results")
@pytest.mark.parametrize(("case", "iou", "blended_iou", "background"), [
    ("woman_shirt", 0.1830, 0.969, 17.0),
    ("dog_robot", 0.2646, 0.989, 19.1),
    ("car_hover", 0.1733, 0.886, 13.2),
])
def test_published_figures(case, iou, blended_iou, background):
    original, mask, baseline, ours = (Path(REAL) / f"case_{case}_{part}.png"
                                      for part in ("original", "mask", "baseline", "ours"))
    row = measure(original, baseline, mask, threshold="seeds")
    assert row["change_iou"] == pytest.approx(iou, abs=0.0005)
    assert row["background_psnr"] == pytest.approx(background, abs=0.05)
    assert row["note"] == ""

    y_tilde = blend(original, baseline, mask)
    row = measure(original, y_tilde, mask, threshold="seeds")
    assert row["change_iou"] == pytest.approx(blended_iou, abs=0.0005)
    assert row["background_psnr"] == math.inf
    outside = np.asarray(Image.open(mask).convert("L")) == 0
    np.testing.assert_array_equal(y_tilde[outside], np.asarray(Image.open(original).convert("RGB"))[outside])

    assert measure(original, ours, mask)["note"].startswith("unedited")
