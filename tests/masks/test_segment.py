"""From a prompt to a mask: the best of SAM's, cleaned and snapped."""

from types import SimpleNamespace

import numpy as np
import pytest
import tiny
from scipy import ndimage

from maskedit_helpers.errors import KitError
from maskedit_helpers.masks.border import snapped
from maskedit_helpers.masks.sam import Masks, Segmenter
from maskedit_helpers.masks.segment import segment, segmented

PICTURE = tiny.picture(48, 80)
PROMPT = {"points": [(20, 20)]}


@pytest.fixture
def segmenter():
    return Segmenter(tiny.sam())


def answering(*masks):
    """A SAM that finds these masks, the first one best."""
    answer = Masks(np.stack(masks), np.linspace(1, 0, len(masks)), np.zeros((len(masks), 4, 4), np.float32))
    return SimpleNamespace(predict=lambda *prompt: answer)


def test_the_best_rated_mask_as_sam_has_it_or_snapped(segmenter):
    answer = segmenter.predict(PICTURE, **PROMPT)
    best = answer.masks[answer.best]
    plain = segment(segmenter, PICTURE, **PROMPT, border="sam")
    assert plain.dtype == np.float32 and np.array_equal(plain, best)
    assert np.array_equal(segment(segmenter, PICTURE, **PROMPT), snapped(PICTURE, best))
    all_of_them = segmented(segmenter, PICTURE, **PROMPT)
    assert np.array_equal(all_of_them.scores, answer.scores) and all_of_them.masks.shape == answer.masks.shape
    assert all(np.array_equal(mask, snapped(PICTURE, one)) for mask, one in zip(all_of_them.masks, answer.masks))


def test_an_empty_mask_is_an_error(segmenter, monkeypatch):
    monkeypatch.setattr(segmenter.predictor.model, "mask_threshold", 1e9)
    with pytest.raises(KitError, match="found nothing"):
        segment(segmenter, PICTURE, **PROMPT)


@pytest.mark.parametrize("border", ["snap", "sam"])
def test_clean_takes_specks_and_holes_away(border):
    thing = np.zeros((48, 80), bool)
    thing[10:40, 20:60] = True
    mask = thing.copy()
    mask[20:22, 30:32] = False  # a hole of 4 pixels
    mask[2:5, 70:73] = True  # a speck of 9
    picture = np.where(thing[..., None], (220, 60, 40), (60, 90, 170)).astype(np.uint8)
    cleaned = segment(answering(mask), picture, **PROMPT, border=border, clean=10)
    assert np.array_equal(cleaned > 0.5, thing)
    kept = segment(answering(mask), picture, **PROMPT, border="sam", clean=4)  # fewer than 4 pixels, not 4
    assert np.array_equal(kept > 0.5, mask)


def test_of_specks_only_the_largest_is_kept():
    mask = np.zeros((48, 80), bool)
    mask[2:5, 2:5] = mask[20:22, 20:22] = True
    cleaned = segment(answering(mask), PICTURE, **PROMPT, border="sam", clean=50) > 0.5
    assert ndimage.label(cleaned)[1] == 1 and cleaned.sum() == 9


def test_a_clean_empty_mask_stays_empty():
    other = np.ones((48, 80), bool)
    assert not segmented(answering(other, ~other), PICTURE, **PROMPT, clean=5).masks[1].any()


@pytest.mark.parametrize("options, says", [({"border": "edge"}, "border is 'edge'"), ({"clean": -1}, "clean is -1")])
def test_what_makes_no_sense_is_refused_before_sam_is_asked(options, says):
    with pytest.raises(KitError, match=says):
        segment(None, PICTURE, **PROMPT, **options)
