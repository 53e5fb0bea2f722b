"""Masks, scores and the filter of pairs: against other formulas, masks made by hand, rows whose answer is known."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch

import maskedit_helpers as me
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.kit.weights import choose
from maskedit_helpers.training.pairs_with_masks import curve
from maskedit_helpers.training.pairs_with_masks.columns import SCORES
from maskedit_helpers.training.pairs_with_masks.filtering import PRESETS, default_preset
from maskedit_helpers.training.pairs_with_masks.masking import Mask, make_mask, post_processed
from maskedit_helpers.training.pairs_with_masks.reading import _square
from maskedit_helpers.training.pairs_with_masks.sample import Sample
from maskedit_helpers.training.pairs_with_masks.scoring import Scores, score, wrapped_l1

ROOT = Path(__file__).parents[2]
NOTHING = dict.fromkeys(SCORES)


def test_scores_have_their_columns():
    assert tuple(Scores().rounded()) == SCORES


def test_ip2ps_thresholds_are_those_of_its_code():
    good = {**NOTHING, "clip_image": 0.7, "clip_direction": 0.2, "clip_source": 0.2, "clip_target": 0.2}
    ip2p = PRESETS["ip2p"]
    assert ip2p.reason(good) == "" and ip2p.reason(NOTHING) == ""  # at least, and nothing asked of what is not known
    for name, value in good.items():
        if value is not None:
            assert ip2p.reason({**good, name: value - 0.01}) == f"{name} under {value:g}"
    assert ip2p.reason({**good, "clip_image": math.nan})


@pytest.mark.parametrize(("kind", "scores", "reason"), [
    ("colour", {"clip_target": 0.21, "anyedit_l1": 0.31}, ""),
    ("colour", {"clip_target": 0.21, "anyedit_l1": 0.29}, "anyedit_l1 under 0.3"),
    ("replace", {"clip_target": 0.21, "clip_direction": 0.07}, "clip_direction under 0.08"),
    ("robot", {"clip_target": 0.21, "clip_direction": 0.09}, ""),
    ("tune_transfer", {"clip_target": 0.3, "anyedit_l1": 0.81}, "anyedit_l1 over 0.8"),
    ("remove", {"clip_target": 0.16}, ""), ("unheard of", {"clip_target": 0.16}, "clip_target under 0.2")])
def test_anyedits_thresholds_go_by_the_kind_of_edit(kind, scores, reason):
    assert PRESETS["anyedit"].reason({**NOTHING, **scores}, kind, "click") == reason


def test_pockets_thresholds_go_by_the_way_in_which_the_mask_was_made():
    scores = {**NOTHING, "mask_score": 0.5, "change_iou": 0.1}
    reasons = {way: PRESETS["pocket"].reason(scores, "colour", way) for way in ("click", "box", "words", "own")}
    assert reasons == {"click": "mask_score under 0.79", "box": "mask_score under 0.82",
                       "words": "change_iou under 0.25", "own": ""}


def test_the_filter_that_is_taken_if_nobody_names_one():
    assert [default_preset(*each) for each in (("pocket", "drawn"), ("full", "drawn"), ("full", "osunlp/MagicBrush"),
                                               ("pocket", "osunlp/MagicBrush"))] == ["pocket", "ip2p", "ip2p", "none"]


def test_anyedits_l1_wraps_as_8_bits_do():
    before, after = np.array([[[10, 200, 0]]], np.uint8), np.array([[[11, 150, 0]]], np.uint8)
    assert wrapped_l1(before, after) == pytest.approx((255 + 50 + 0) / 3 / 255)
    rng = np.random.default_rng(0)
    before, after = rng.integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
    assert wrapped_l1(before, after) == pytest.approx(((before.astype(int) - after) % 256).mean() / 255)


def test_holes_are_filled_then_the_mask_grows():
    mask = np.zeros((21, 21), bool)
    mask[5:16, 5:16] = True
    mask[9:12, 9:12] = False
    assert post_processed(mask).sum() == 11 * 11 - 9
    assert post_processed(mask, fill=True).sum() == 11 * 11
    grown = post_processed(mask, dilate=2, fill=True)
    y, x = np.mgrid[:21, :21]
    away = np.hypot(np.maximum(np.abs(y - 10) - 5, 0), np.maximum(np.abs(x - 10) - 5, 0))
    assert np.array_equal(grown, away <= 2)


@pytest.mark.parametrize(("share", "fault"), [
    (0, "nothing was found"), (0.0099, "the mask covers under 1%"), (0.0101, ""), (0.89, ""),
    (0.91, "the mask covers over 90%")])
def test_masks_of_next_to_nothing_and_of_nearly_all_are_dropped(share, fault):
    own = np.zeros(100 * 100, bool)
    own[:round(share * own.size)] = True
    sample = Sample("0", tiny.picture(100, 100), tiny.picture(100, 100), own=own.reshape(100, 100))
    assert make_mask(None, sample, "own").fault == fault
    assert make_mask(None, Sample("0", sample.before, sample.after), "own").fault == "the edit has no place"
    assert make_mask(None, Sample("0", sample.before, sample.after), "click").fault == "the edit has no place"


@pytest.fixture(scope="module")
def kit(pocket):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_HOME", str(pocket))
        yield Kit(choose("pocket"))


def test_clips_scores_are_cosines_by_hand(kit):
    captions = ("a red shirt", "a blue shirt"), ("a dog", "a robot")
    samples = [Sample(str(i), tiny.picture(seed=i), tiny.picture(seed=i + 9), captions=texts)
               for i, texts in enumerate(captions)]
    found = score(kit, samples, [Mask(None)] * 2)
    clip = kit.clip
    from PIL import Image

    for sample, scores in zip(samples, found):
        seen = torch.stack([clip.preprocess(Image.fromarray(picture)) for picture in (sample.before, sample.after)])
        with torch.no_grad():
            f0, f1 = torch.nn.functional.normalize(clip.model.encode_image(seen), dim=-1)
            words = clip.model.encode_text(clip.tokenizer(list(sample.captions)))
            g0, g1 = torch.nn.functional.normalize(words, dim=-1)
        expected = {"clip_image": f0 @ f1, "clip_source": f0 @ g0, "clip_target": f1 @ g1,
                    "clip_direction": torch.cosine_similarity(f1 - f0, g1 - g0, dim=0)}
        for name, value in expected.items():
            assert getattr(scores, name) == pytest.approx(float(value), abs=1e-4), name
        assert scores.change_iou is None and scores.mask_iou is None


def test_a_caption_too_long_for_clip_is_cut_and_one_that_is_missing_is_not_scored(kit):
    long = "turn the shirt into red leather " * 40
    samples = [Sample("0", tiny.picture(), tiny.picture(seed=1), captions=(long, "")),
               Sample("1", tiny.picture(), tiny.picture(seed=1), captions=(long[:600], ""))]
    one, other = score(kit, samples, [Mask(None)] * 2)
    assert one.clip_source == pytest.approx(other.clip_source, abs=0.2) and math.isfinite(one.clip_source)
    assert one.clip_target is None and one.clip_direction is None and one.clip_image is not None


def test_how_a_mask_meets_the_change(kit):
    before = np.full((64, 64, 3), 100, np.uint8)
    after = before.copy()
    after[:32] += 40  # half of the picture changes, by 40
    after[32:48] += 10  # and a quarter by 10, under 20 grey levels
    mask = np.zeros((64, 64), bool)
    mask[16:48] = True
    sample = Sample("0", before, after, captions=("a", "a"), truth=mask.copy())
    found, = score(kit, [sample], [Mask(mask)])
    assert found.change_iou == pytest.approx(16 / 48)
    assert found.change_inside == pytest.approx((16 * 40 + 16 * 10) / (32 * 40 + 16 * 10))
    assert found.mask_iou == 1 and found.clip_direction == 0
    still, = score(kit, [Sample("0", before, before, captions=("a", "b"))], [Mask(mask)])
    assert still.change_iou == 0 and still.change_inside is None and still.mask_iou is None


def rows(ious, values, way="click"):
    return [{"scores": {**NOTHING, "mask_iou": iou, "mask_score": value}, "kind": "", "mask_source": way, "reason": "",
             "kept": True} for iou, value in zip(ious, values)]


def test_a_curve_by_hand():
    """Four good masks at 1, 2, 3, 4 and two bad ones at 0.5 and 2.5."""
    found = curve.filter_curve(rows([0.9, 0.9, 0.9, 0.9, 0.1, 0.79], [1, 2, 3, 4, 0.5, 2.5]), "mask_score")
    assert (found["bad"], found["good"]) == (2, 4)
    assert dict(zip(found["threshold"], zip(found["bad_kept"], found["good_lost"]))) == {
        0.5: (1, 0), 1: (0.5, 0), 2: (0.5, 0.25), 3: (0, 0.5), 4: (0, 0.75)}
    assert curve.chosen(found) == 1 and curve.chosen(found, lose=0.6) is None  # half of the good for all of the bad
    dropped = [{**row, "reason": "the mask covers under 1%"} for row in rows([0.1], [9])]
    assert curve.filter_curve(rows([0.9], [1]) + dropped, "mask_score")["bad"] == 0


def test_a_score_that_knows_nothing_of_masks_has_no_threshold():
    rng = np.random.default_rng(1)
    ious = np.where(rng.random(2000) < 0.2, 0.5, 0.95)
    assert curve.chosen(curve.filter_curve(rows(ious, rng.random(2000)), "mask_score")) is None
    assert curve.chosen(curve.filter_curve(rows(ious, ious + 0.1 * rng.random(2000)), "mask_score")) > 0.9


def test_the_report_says_what_each_preset_does():
    ways = rows([0.9] * 19 + [0.95, 0.2, 0.3], [0.9] * 19 + [0.5, 0.5, 0.95]) + rows([0.9], [0.5], "own")
    report = curve.filter_report(ways)
    mean = pytest.approx((20 * 0.9 + 0.95 + 0.2 + 0.3) / 23, abs=1e-4)
    assert report["presets"]["none"] == {"kept": 1, "bad_kept": 1, "good_lost": 0, "iou": mean}
    assert report["presets"]["pocket"]["bad_kept"] == 0.5
    assert report["presets"]["pocket"]["good_lost"] == pytest.approx(1 / 21, abs=1e-4)
    assert report["masks"]["click"]["before"]["n"] == 22 and report["masks"]["click"]["after"]["n"] == 20
    assert set(report["curves"]) == {"all", "click", "own"} and set(report["curves"]["all"]) == {"mask_score"}
    figure = me.show_filter(report, "click")
    assert "2 bad masks (IoU under 0.8)" in figure.alt and len(figure.axes[0].lines) >= 2
    with pytest.raises(KitError, match="no masks here are from 'words'; use one of all, click, own"):
        me.show_filter(report, "words")
    with pytest.raises(KitError, match="known truth"):
        curve.filter_report(rows([None], [1]))
    with pytest.raises(KitError, match="score 'beauty' is unknown"):
        curve.filter_curve(ways, "beauty")


def test_pockets_thresholds_are_those_of_the_kept_report():
    """Two decimals of each, cut off, so that none costs more than was measured."""
    report = me.filter_report()
    cut = {way: {name: math.floor(100 * limit) / 100 for name, limit in of.items()}
           for way, of in report["chosen"].items()}
    assert cut == {way: one.least for way, one in PRESETS["pocket"].of.items()}
    for way, of in report["chosen"].items():
        for name, limit in of.items():
            found = report["curves"][way][name]
            at = found["threshold"].index(limit)
            assert found["good_lost"][at] <= 0.05 and 1 - found["bad_kept"][at] >= 5 * found["good_lost"][at]
    for name in ("clip_image", "clip_source", "clip_target"):  # what the page says of CLIP's scores
        assert not any(name in of for of in report["chosen"].values())
    assert report["presets"]["ip2p"]["good_lost"] >= 1 - report["presets"]["ip2p"]["bad_kept"]


def test_the_pages_table_is_the_kept_report():
    text = (ROOT / "docs" / "pairs.md").read_text(encoding="utf-8")
    for way, two in json.loads((ROOT / "data" / "pairs_filter_pocket.json").read_text())["masks"].items():
        cells = " | ".join(f"{one['iou']:.3f} | {one['bad']:.1%}".replace("%", " %") for one in two.values())
        assert way == "all" or re.search(rf"^\| {way} \| {re.escape(cells)} \|$", text, re.M), f"| {way} | {cells} |"


def test_squares_keep_thin_masks_and_the_middle():
    mask = np.zeros((40, 80), bool)
    mask[:, 40] = True  # a line one pixel wide
    small = _square(mask, 20)
    assert small.shape == (20, 20) and small.any(1).all() and small.sum() == 20
    picture = np.zeros((40, 80, 3), np.uint8)
    picture[:, 20:60] = 200
    assert (_square(picture, 40) == 200).all() and (_square(picture, 10) == 200).all()
    assert _square(None, 5) is None
