"""Scissors: masks from a box and clicks, held against drawn truth, colours known by hand, and what a click promises."""

import numpy as np
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.masks.scissors import Scissors
from maskedit_helpers.pictures.crops import box_of
from maskedit_helpers.pictures.prompts import inner_point
from maskedit_helpers.studies.evaluate import held_out_pairs

RED, BLUE = (40, 60), (110, 60)  # middles of the discs


def cut(*picture_and_prompt, **prompt):
    return Scissors().predict(*picture_and_prompt, **prompt).masks[0]


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def disc(x, y, radius=22, size=(120, 160)):
    rows, columns = np.ogrid[:size[0], :size[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius ** 2


@pytest.fixture(scope="module")
def two_discs():
    """uint8 (120, 160, 3): a red and a blue disc on grey, all of it noisy."""
    picture = np.full((120, 160, 3), 128.0)
    picture[disc(*RED)], picture[disc(*BLUE)] = (200, 40, 40), (40, 60, 200)
    noise = np.random.default_rng(0).normal(0, 6, picture.shape)
    return (picture + noise).clip(0, 255).astype(np.uint8)


def test_the_true_box_is_enough_on_drawn_scenes():
    pairs = list(held_out_pairs(20, seed=3))
    found = [iou(cut(pair.before, box=box_of(pair.target)), pair.target) for pair in pairs]
    assert np.mean(found) >= 0.75


def test_one_click_gives_most_of_a_thing_on_drawn_scenes():
    pairs = list(held_out_pairs(20, seed=3))
    found = [iou(cut(pair.before, [inner_point(pair.target)]), pair.target) for pair in pairs]
    assert np.mean(found) >= 0.6


def test_a_click_means_the_disc_that_it_lies_on(two_discs):
    for middle in (RED, BLUE):
        assert iou(cut(two_discs, [middle]), disc(*middle)) > 0.95


def test_clicks_add_up_and_take_away(two_discs):
    red, blue = disc(*RED), disc(*BLUE)
    assert iou(cut(two_discs, [RED, BLUE]), red | blue) > 0.95
    around = 10, 30, 140, 90
    assert iou(cut(two_discs, box=around), red | blue) > 0.95
    assert iou(cut(two_discs, [RED], [0], around), blue) > 0.95
    assert iou(cut(two_discs, [RED, BLUE], [1, 0], around), red) > 0.95


@pytest.mark.parametrize("seed", range(4))
def test_every_click_is_heeded_and_the_box_is_the_limit(seed):
    random = np.random.default_rng(seed)
    pair = next(iter(held_out_pairs(1, seed=seed)))
    points = random.choice(128, (5, 2), replace=False)
    mask = cut(pair.before, points, [1, 0, 1, 0, 0], (20, 30, 100, 110))
    at = mask[points[:, 1], points[:, 0]]
    assert at.tolist() == [True, False, True, False, False]
    mask = cut(pair.before, points[1:2], [0], (20, 30, 100, 110))
    outside = np.ones((128, 128), bool)
    outside[30:110, 20:100] = False
    assert not mask[outside].any()


def test_a_large_picture_gives_the_small_ones_mask_enlarged(two_discs):
    large = two_discs.repeat(6, 0).repeat(6, 1)
    for prompt in ({"points": [RED]}, {"box": (10, 30, 70, 90)}):
        more = {name: np.add(np.multiply(value, 6), 3 * (name == "points")) for name, value in prompt.items()}
        mask = cut(large, **more)
        assert mask.shape == (720, 960)
        assert iou(mask, cut(two_discs, **prompt).repeat(6, 0).repeat(6, 1)) > 0.95


def test_the_suit_of_a_photograph_is_what_is_orange_in_the_box():
    """Held against a rule of colour by hand: orange is red without blue, and the bright wall is neither."""
    from skimage.data import astronaut

    photo = astronaut()
    red, green, blue = np.moveaxis(photo.astype(int), 2, 0)
    box = 20, 140, 365, 512
    within = np.zeros(red.shape, bool)
    within[box[1]:box[3], box[0]:box[2]] = True
    orange, wall = within & (red > blue + 110) & (green > blue + 15), within & (blue > 150)
    wall[230:] = False  # further down, the hoses and badges of the suit are as bright
    mask = cut(photo, box=box)
    assert mask[orange].mean() > 0.95 and mask[wall].mean() < 0.1
    assert orange.sum() > 30_000 and wall.sum() > 5_000


def test_the_same_prompt_gives_the_same_mask(two_discs):
    first = cut(two_discs, [RED])
    cut(two_discs, box=(60, 20, 150, 100))
    np.testing.assert_array_equal(cut(two_discs, [RED]), first)


def test_it_answers_as_sam_does_with_one_mask_and_no_score(two_discs):
    answer = Scissors().predict(two_discs, [RED])
    assert answer.masks.shape == (1, 120, 160) and answer.masks.dtype == bool
    assert answer.best == 0 and np.isnan(answer.scores).all() and len(answer.scores) == 1


@pytest.mark.parametrize("colour", [0, 255])
def test_a_picture_of_one_colour_is_no_reason_to_fall_over(colour):
    plain = np.full((40, 60, 3), colour, np.uint8)
    assert cut(plain, [(30, 20)])[20, 30]
    assert cut(plain, box=(10, 10, 40, 30)).any()


@pytest.mark.parametrize(("prompt", "words"), [
    ({}, "no prompt; give"),
    ({"points": [(5, 5)], "labels": [0]}, "every click says exclude"),
    ({"points": [(500, 5)]}, "outside the picture"),
    ({"box": (30, 5, 10, 20)}, "inverted"),
    ({"box": (0, 0, 160, 120)}, "holds the whole picture"),
])
def test_what_makes_no_sense_is_refused(two_discs, prompt, words):
    with pytest.raises(KitError, match=words):
        cut(two_discs, **prompt)
