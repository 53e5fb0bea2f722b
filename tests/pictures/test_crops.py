"""Crops for CLIP: what is kept, what is faded, and where the frame ends."""

import numpy as np
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures.crops import FADE, GREY, box_crop, box_of, masked_crop


def scene():
    picture = np.zeros((40, 60, 3), np.uint8)
    picture[..., 0] = 200
    picture[10:20, 20:40] = (0, 0, 250)
    mask = np.zeros((40, 60), np.float32)
    mask[10:20, 20:40] = 1
    return picture, mask


def test_the_region_is_kept_and_the_rest_fades():
    picture, mask = scene()
    crop = masked_crop(picture, mask)
    assert crop.shape == (24, 24, 3)  # 20 and a tenth of it on each side
    blue = (crop == (0, 0, 250)).all(-1)
    assert box_of(blue) == (2, 7, 22, 17) and blue.sum() == mask.sum()
    faded = np.rint((1 - FADE) * np.array((200, 0, 0)) + FADE * GREY)
    assert np.abs(crop[~blue] - faded).max() <= 1


def test_beyond_the_frame_is_grey():
    picture, mask = scene()
    mask[:] = 0
    mask[:, :30] = 1  # the left half, as high as the picture
    crop = masked_crop(picture, mask)
    assert crop.shape == (48, 48, 3)
    assert (crop[:4] == GREY).all() and (crop[-4:] == GREY).all() and (crop[:, :9] == GREY).all()
    assert (crop[4:14, 9:29] == (200, 0, 0)).all()


def test_a_box_is_cut_out_to_whole_pixels():
    picture, _ = scene()
    assert np.array_equal(box_crop(picture, (20, 10, 40, 20)), picture[10:20, 20:40])
    assert np.array_equal(box_crop(picture, (19.5, 9.2, 40.1, 19.9)), picture[9:20, 19:41])
    assert box_crop(picture, (59.9, 39.9, 60, 40)).shape == (1, 1, 3)


def test_an_empty_mask_is_refused():
    picture, mask = scene()
    with pytest.raises(KitError, match="nothing is selected"):
        masked_crop(picture, 0 * mask)
