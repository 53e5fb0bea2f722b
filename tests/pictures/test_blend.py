"""The blending equation, held against exact fractions, Pillow's composite and what its options promise."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures.blend import blend, grow

SIZE = (12, 15)
pictures = hnp.arrays(np.uint8, (*SIZE, 3))
masks = hnp.arrays(np.float32, SIZE, elements=st.floats(0, 1, width=32)).filter(lambda m: (m > 0.5).any())
regions = hnp.arrays(bool, SIZE).filter(np.any)


def smooth(seed, size=(40, 50)):
    """A soft picture without hard edges or clipped values."""
    from scipy import ndimage

    noise = np.random.default_rng(seed).normal(size=(*size, 3))
    soft = ndimage.gaussian_filter(noise, (4, 4, 0), mode="wrap")
    return (120 + 30 * soft / np.abs(soft).max()).round().astype(np.uint8)


def rectangle(top, bottom, left, right, size=(40, 50)):
    mask = np.zeros(size, bool)
    mask[top:bottom, left:right] = True
    return mask


# The equation


@given(pictures, pictures, masks)
def test_the_equation_in_exact_fractions(x0, y, M):
    y_tilde = blend(x0, y, M)
    assert y_tilde.dtype == np.uint8 and y_tilde.shape == x0.shape
    for row, column in ((0, 0), (3, 7), (11, 14)):
        for channel in range(3):
            m = Fraction(float(M[row, column]))
            exact = m * int(y[row, column, channel]) + (1 - m) * int(x0[row, column, channel])
            assert abs(int(y_tilde[row, column, channel]) - exact) <= Fraction(1, 2) + Fraction(1, 10**4)


@given(pictures, pictures, masks)
def test_a_blend_lies_between_its_two_pictures(x0, y, M):
    y_tilde = blend(x0, y, M)
    assert (y_tilde >= np.minimum(x0, y)).all() and (y_tilde <= np.maximum(x0, y)).all()


@given(pictures, pictures, regions)
def test_hard_masks_choose_as_pillow_does(x0, y, region):
    wanted = Image.composite(Image.fromarray(y), Image.fromarray(x0), Image.fromarray(region))
    np.testing.assert_array_equal(blend(x0, y, region), np.asarray(wanted))


@given(pictures, pictures, masks, st.integers(0, 3), st.sampled_from([0, 0.4, 1.0]),
       st.sampled_from(["alpha", "poisson"]))
def test_outside_the_mask_it_is_the_original_bit_for_bit(x0, y, M, dilate, feather, mode):
    y_tilde = blend(x0, y, M, dilate=dilate, feather=feather, mode=mode)
    outside = grow(M, dilate, feather) == 0
    np.testing.assert_array_equal(y_tilde[outside], x0[outside])


def test_eight_bit_arithmetic_would_fail_here():
    x0, y = np.full((8, 8, 3), 100, np.uint8), np.full((8, 8, 3), 200, np.uint8)
    half = np.full((8, 8), 153, np.uint8)  # 0.6
    assert (blend(x0, y, half) == 160).all()


# Growing


@given(regions, st.integers(0, 4))
def test_dilate_is_a_distance(region, pixels):
    grown = grow(region, dilate=pixels)
    inside = np.argwhere(region)
    for place in np.argwhere(np.ones(SIZE, bool)):
        near = ((inside - place) ** 2).sum(axis=1).min() <= pixels**2
        assert grown[tuple(place)] == float(near)


def test_dilate_keeps_soft_edges():
    soft = np.zeros((9, 9), np.float32)
    soft[4, 4], soft[0, 0] = 1, 0.3
    grown = grow(soft, dilate=1)
    assert grown[0, 0] == np.float32(0.3) and grown.sum() == pytest.approx(5.3)


def test_feather_is_a_gaussian_of_that_many_pixels():
    half = np.zeros((41, 200), bool)
    half[:, 100:] = True
    M = grow(half, feather=5)
    slope = np.diff(M[20].astype(float))  # the edge's derivative is the Gaussian itself
    places = np.arange(slope.size) + 0.5
    centre = (slope * places).sum()
    assert centre == pytest.approx(99.5, abs=0.05)
    assert np.sqrt((slope * (places - centre) ** 2).sum()) == pytest.approx(5, rel=0.01)
    assert M.min() == 0 and M.max() == 1 and M.dtype == np.float32


# Poisson


def test_poisson_takes_gradients_not_colours():
    """A picture that differs by one constant has the same gradients: the answer is the original itself."""
    x0 = smooth(0)
    for mask in (rectangle(10, 30, 10, 40), rectangle(0, 15, 0, 20), rectangle(0, 40, 0, 50),
                 rectangle(7, 8, 9, 10), rectangle(10, 11, 0, 50), rectangle(20, 40, 37, 50)):
        answer = blend(x0, x0 + np.uint8(40), mask, mode="poisson")
        assert np.abs(answer.astype(int) - x0).max() <= 1


def test_poisson_lands_where_the_mask_is():
    """Detail of y comes through pixel by pixel, in odd and even masks, at the frame; one pixel off fails."""
    x0 = np.full((40, 50, 3), 120, np.uint8)
    y = np.random.default_rng(0).integers(90, 150, x0.shape, dtype=np.uint8)
    for mask in (rectangle(10, 31, 10, 41), rectangle(10, 30, 10, 40), rectangle(0, 21, 0, 20),
                 rectangle(22, 40, 1, 50)):
        answer = blend(x0, y, mask, mode="poisson")
        rows, columns = np.nonzero(mask)
        core = np.s_[rows.min() + 2:rows.max() - 1, columns.min() + 2:columns.max() - 1]

        def detail(picture):
            return np.diff(picture[core].astype(float), axis=1).ravel()

        assert np.corrcoef(detail(answer), detail(y))[0, 1] > 0.99


def test_poisson_hides_the_seam_that_alpha_shows():
    x0, mask = smooth(1), rectangle(12, 30, 12, 40)
    y = np.clip(smooth(2).astype(int) + 60, 0, 255).astype(np.uint8)

    def seam(picture):
        step = np.abs(picture[:, 12].astype(int) - picture[:, 11])  # across the mask's left edge
        return step[12:30].mean()

    assert seam(blend(x0, y, mask)) > 30
    assert seam(blend(x0, y, mask, mode="poisson")) < 10


# What does not fit


def test_sizes():
    x0 = smooth(3)
    small = np.asarray(Image.fromarray(x0).resize((25, 20), Image.Resampling.BOX))
    assert np.abs(blend(x0, small, np.ones((20, 25))).astype(int) - x0).mean() < 3
    with pytest.raises(KitError, match="^edit: 40x40"):
        blend(x0, x0[:, :40], np.ones((40, 50)))
    with pytest.raises(KitError, match="^mask: 40x40"):
        blend(x0, x0, np.ones((40, 40)))
    with pytest.raises(KitError, match="nothing is selected"):
        blend(x0, x0, np.zeros((40, 50)))


def test_options():
    x0, mask = smooth(3), rectangle(5, 9, 5, 9)
    with pytest.raises(KitError, match="dilate is -1"):
        blend(x0, x0, mask, dilate=-1)
    for what in ("dilate", "feather"):
        for pixels in (float("nan"), float("inf"), -1, 51, 1e9, "3", None):
            with pytest.raises(KitError, match=f"{what} is {pixels}; give 0 to 50 pixels, the picture's longer side"):
                blend(x0, x0, mask, **{what: pixels})
    with pytest.raises(KitError, match='"alpha" or "poisson"'):
        blend(x0, x0, mask, mode="multiply")
