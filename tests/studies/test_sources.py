import numpy as np
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.metrics.truth import mask_iou
from maskedit_helpers.studies.evaluate import held_out_pairs
from maskedit_helpers.studies.sources import AS_A_WHOLE, HOLES, check_source, mask_from


@pytest.fixture(scope="module")
def pairs():
    return list(held_out_pairs(12, 3))


def worse(pairs, source):
    """The masks of a source that needs no model, bool."""
    return [mask_from(source, None, pair) > 0.5 for pair in pairs]


@pytest.mark.parametrize("kind", ["dilated", "eroded"])
def test_distances_are_in_pixels(pairs, kind):
    from scipy.ndimage import distance_transform_edt

    for pair, M in zip(pairs, worse(pairs, f"{kind}:4")):
        away = distance_transform_edt(~pair.mask if kind == "dilated" else pair.mask)
        changed = M != pair.mask
        assert changed.any() and away[changed].max() <= 4 and not (away[~changed] <= 4)[away[~changed] > 0].any()


def test_a_shift_moves_the_mask_so_far_and_no_pixel_is_new(pairs):
    for pair, M in zip(pairs, worse(pairs, "shifted:8")):
        assert M.sum() <= pair.mask.sum()
        if M.sum() == pair.mask.sum():  # nothing left the picture
            step = np.argwhere(M).mean(0) - np.argwhere(pair.mask).mean(0)
            assert 7 < np.hypot(*step) < 9
    assert (worse(pairs, "shifted:8")[0] == worse(pairs, "shifted:8")[0]).all()


def test_a_box_holds_the_hull_and_the_hull_the_mask(pairs):
    for pair, hull, box in zip(pairs, worse(pairs, "hull"), worse(pairs, "boxed")):
        assert not (pair.mask & ~hull).any() and not (hull & ~box).any()
        assert box.sum() == np.ptp(np.argwhere(pair.mask), axis=0).__add__(1).prod()


def test_holes_take_about_a_quarter(pairs):
    for pair, M in zip(pairs, worse(pairs, "holes")):
        assert not (M & ~pair.mask).any()
        assert 0.3 < M.sum() / pair.mask.sum() <= 1 - HOLES


def test_another_things_mask_is_outside_the_true_one(pairs):
    masks = worse(pairs, "another")
    assert not any((M & pair.mask).any() for pair, M in zip(pairs, masks))
    assert sum(M.any() for M in masks) > 8


def test_the_further_the_worse(pairs):
    for kind, degrees in (("dilated", (2, 4, 8)), ("eroded", (2, 4, 8)), ("shifted", (2, 4, 8, 16))):
        ious = [np.mean([mask_iou(M, pair.mask) for pair, M in zip(pairs, worse(pairs, f"{kind}:{degree}"))])
                for degree in degrees]
        assert sorted(ious, reverse=True) == ious and ious[0] < 1


def test_names_that_say_no_mask_are_refused():
    for name in (*AS_A_WHOLE, "dilated:2", "click"):
        check_source(name)
    for name in ("dilated", "dilated:", "dilated:-2", "dilated:0", "hull:2", "moon"):
        with pytest.raises(KitError, match="unknown; use one of truth"):
            check_source(name)


def test_what_is_found_in_a_scene(pairs):
    from maskedit_helpers.kit.kit import Kit
    from maskedit_helpers.kit.weights import choose

    kit = Kit(choose("pocket"))
    ious = {source: np.mean([mask_iou(mask_from(source, kit, pair), pair.target) for pair in pairs])
            for source in ("click", "box", "grabcut")}
    assert ious["click"] > 0.85 and ious["box"] > 0.85 and ious["grabcut"] > 0.5
