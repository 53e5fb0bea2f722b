"""An edit laid on its original: slips that are known because they were made here."""

import numpy as np
import pytest

import maskedit_helpers as me
from maskedit_helpers.picturebook.pairs import make_pair

CASE = me.load_case("dog", 256)
X0, Y, M = CASE.image, CASE.truth, CASE.mask


def slipped(picture, dx, dy):
    """The picture with its content dx to the right and dy down, black where nothing was."""
    moved = np.zeros_like(picture)
    height, width = picture.shape[:2]
    moved[max(dy, 0):height + min(dy, 0), max(dx, 0):width + min(dx, 0)] = \
        picture[max(-dy, 0):height + min(-dy, 0), max(-dx, 0):width + min(-dx, 0)]
    return moved


@pytest.mark.parametrize("slip", [(5, -3), (-8, 0), (1, 12)])
@pytest.mark.parametrize("mask", [M, None])
def test_a_slip_of_whole_pixels_is_undone_exactly(slip, mask):
    y, shift = me.register(X0, slipped(Y, *slip), mask)
    assert shift == (-slip[0], -slip[1])
    dx, dy = slip
    back = slipped(slipped(np.full_like(Y, 255), dx, dy), -dx, -dy)[..., 0] == 255
    np.testing.assert_array_equal(y[back], Y[back])
    np.testing.assert_array_equal(y[~back], X0[~back])  # nothing is known there, so nothing is changed


def test_half_a_slip_is_found_to_a_tenth_of_a_pixel():
    """Drawn four times as large, moved by whole pixels there, and made smaller by means: the truth is a fraction."""
    large = me.load_case("dog", 1024).truth
    small = slipped(large, 10, -6).reshape(256, 4, 256, 4, 3).mean((1, 3)).round().astype(np.uint8)
    y, shift = me.register(X0, small, M)
    assert shift == pytest.approx((-2.5, 1.5), abs=0.15)
    outside = M == 0
    assert me.background_psnr(X0, y, M) > me.background_psnr(X0, small, M) + 6
    assert outside.any()


def test_another_size_is_resized_and_what_lies_right_is_left_alone():
    y, shift = me.register(X0, me.load_case("dog", 384).truth, M)
    assert y.shape == X0.shape and shift == (0, 0)
    y, shift = me.register(X0, Y)
    assert shift == (0, 0)
    np.testing.assert_array_equal(y, Y)


def test_an_edit_of_everything_is_still_laid_right():
    """Other colours, softer and noisy, as a model's answer is: only its edges are the original's."""
    from scipy import ndimage

    soft = ndimage.gaussian_filter(255 - Y.astype(float), (1, 1, 0))[..., ::-1]
    noisy = (soft * 0.7 + np.random.default_rng(0).normal(30, 8, Y.shape)).clip(0, 255).astype(np.uint8)
    assert me.register(X0, slipped(noisy, 4, 6), M)[1] == (-4, -6)


@pytest.mark.parametrize("seed", range(2_000_000_100, 2_000_000_112))
def test_the_mask_says_what_is_no_witness(seed):
    """Edits of all kinds, with their spill: a robot's edges are not the dog's. A mask of everything does no harm."""
    pair = make_pair(seed)
    assert me.register(pair.before, slipped(pair.after, -4, 3), pair.mask)[1] == pytest.approx((4, -3), abs=1)


@pytest.mark.parametrize("other", [me.load_case("car", 256).truth, Y[:, ::-1], slipped(Y, 60, 0)],
                         ids=["another picture", "mirrored", "too far"])
def test_what_is_no_edit_of_the_picture_is_refused(other):
    with pytest.raises(me.KitError, match="too few edges in common"):
        me.register(X0, other)


def test_another_shape_is_refused():
    with pytest.raises(me.KitError, match="crop or pad"):
        me.register(X0, Y[:200])
