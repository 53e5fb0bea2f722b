"""What notebook 09 says of its studies, held against kept rows, and of its own cells, held against what they give."""

import re
from pathlib import Path

import numpy as np
import pytest
from lessons import ran, texts

import maskedit_helpers as me

HOME = Path(__file__).parents[2]
CELLS = texts("09")
TEXT = "\n".join(CELLS.values())
STUDIES = HOME / "data/studies"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The variables after the cells ran, "said", what they printed, and "then", {cell: the variables after it}."""
    then = {}
    names = ran("09", tmp_path_factory.mktemp("results"), silent=("table", "study_figure"),
                after=lambda cell, now: then.update({cell: dict(now)}))
    return {**names, "then": then}


def means(study, metric, *by):
    """{levels: mean} over a study's kept rows."""
    found = {}
    for row in me.study_rows(STUDIES / f"{study}.toml"):
        if row[metric] is not None:
            found.setdefault(tuple(row[name] for name in by), []).append(row[metric])
    return {levels if len(by) > 1 else levels[0]: np.mean(values) for levels, values in found.items()}


def gains(study, factor, baseline, metric, by=()):
    """{levels: row of `compare_in_pairs`}."""
    rows = me.compare_in_pairs(me.study_rows(STUDIES / f"{study}.toml"), factor, baseline, metric, by=by)
    return {(*(row[name] for name in by), row[factor]): row for row in rows}


def test_every_prediction_is_answered():
    events = re.findall(r"\*\*Predict first\.\*\*|<details>", TEXT)
    assert events == ["**Predict first.**", "<details>"] * (len(events) // 2) and len(events) >= 14
    assert TEXT.count("</details>") == len(events) // 2


def test_the_works_listed_are_the_works_cited():
    body, references = TEXT.split("## References")
    for work in re.findall(r"^- (\w+)[^\n]*?((?:19|20)\d\d)\.", references, re.M):
        assert re.search(rf"{work[0]}( et al\.,?)? \(?{work[1]}", body), f"{work} is listed and not cited"


def test_pairs_are_surer_than_two_halves(lesson):
    widths = [np.ptp(lesson[name]) for name in ("apart", "pairs")]
    assert 1.7 < widths[0] / widths[1] < 2.3


def test_what_is_kept_is_not_measured_again(lesson):
    first, second = (lesson["then"][cell]["rows"] for cell in ("small", "more"))
    assert len(first) == 16 and len(second) == 24
    assert [row for row in second if row["mask"] != "another"] == first


def test_how_a_mask_is_wrong_matters_more_than_how_much(lesson):
    iou, after = lesson["iou"], lesson["after"]
    assert abs(iou["dilated:8"] - iou["eroded:4"]) < 0.05 and after["dilated:8"] > after["eroded:4"] + 5
    for number in ("28.2", "22.6"):
        assert number in TEXT
    assert round(after["dilated:8"], 1) == 28.2 and round(after["eroded:4"], 1) == 22.6


def test_reading_the_mask_gains_where_masks_are_too_large():
    gain = gains("mask_accuracy", "control", "blend", "truth_psnr", ("mask",))
    for mask in ("dilated:2", "dilated:4", "dilated:8", "boxed", "hull"):
        told = gain[mask, "mask-aware:encoded"]
        assert 1.4 < told["difference"] < 2.3 and told["low"] > 0
    for mask in ("truth", "click", "box", "words", "eroded:2", "eroded:4", "shifted:2", "shifted:4", "holes"):
        told = gain[mask, "mask-aware:encoded"]
        assert told["low"] < 0 < told["high"]
    assert gain["another", "mask-aware:encoded"]["high"] < 0


def test_a_penalty_matters_where_the_target_spills():
    kept = means("penalty", "background_psnr", "target", "penalty")
    edit = means("penalty", "edit_psnr_before", "target", "penalty")
    for value, told in ((kept["leaky", 0], "from 25.5"), (kept["leaky", 3], "to 27.3"), (kept["pasted", 0], "at 27.1"),
                        (edit["leaky", 0], "pays, 23.0"), (edit["leaky", 3], "to 21.8")):
        assert f"{told.rsplit(' ', 1)[0]} {value:.1f}" == told and told in CELLS["penalty-said"]
    for metric in ("background_psnr", "edit_psnr_before"):
        for row in gains("penalty", "penalty", 0.0, metric, ("target",)).values():
            assert row["target"] == "leaky" or row["low"] < 0 < row["high"]


def test_noise_in_masks_that_nobody_reads_yet_does_nothing():
    kept = means("mask_noise", "background_psnr", "jitter", "mask")
    assert {jitter for jitter, _ in kept} == {0, 1, 2} and max(kept.values()) - min(kept.values()) < 0.1
    assert all(abs(kept[jitter, "truth"] - kept[jitter, "shifted:4"]) < 0.1 for jitter in (0, 1, 2))
    for metric in ("background_psnr", "edit_psnr_before", "truth_psnr"):
        gained = gains("mask_noise", "jitter", 0.0, metric, ("mask",))
        assert len(gained) == 8 and all(abs(row["difference"]) < 0.1 for row in gained.values())


def test_what_spills_is_learnt():
    kept, edit = (means("leak", metric, "leak") for metric in ("background_psnr", "edit_psnr_before"))
    told = "from {:.1f} over {:.1f} and {:.1f} to {:.1f} dB".format(*(kept[leak] for leak in (0, 0.3, 0.6, 1)))
    assert told in CELLS["leak-said"] and 0.4 < edit[1] - edit[0] < 0.6
    assert gains("leak", "leak", 0.0, "background_psnr")[1.0,]["high"] < -2.5


def test_the_true_mask_is_worth_more_than_a_decibel(lesson):
    gain = lesson["truth"] - lesson["click"]
    assert 1 < gain.mean() < 1.5 and lesson["low"] > 0


def test_the_two_comparisons_say_what_the_answer_says(lesson):
    apart = lesson["second"].mean() - lesson["first"].mean()
    pairs = lesson["gain"].mean(), *lesson["pairs"], (lesson["told"] - lesson["plain"]).mean()
    shown = (apart, *lesson["apart"], *pairs)
    said = re.findall(r"\+\d\.\d", CELLS["fair-said"].split("<details>")[1].split("</details>")[0])
    assert [f"{value:+.1f}" for value in shown] == said


def test_the_two_sets_of_scenes_agree_on_what_the_answer_names(lesson):
    ranks, told = lesson["ranks"], CELLS["told-said"]
    ways = {"mask-aware", "mask-aware:encoded", "mask-aware:both", "mask-aware:tokens"}
    for seed in (0, 1):
        background, edit, after = (ranks[metric, seed] for metric in ("background_psnr", "edit_psnr_before",
                                                                      "truth_psnr"))
        assert background[0] == "latent" and {*background[1:5]} == ways and background[3:5] == [
            "mask-aware:both", "mask-aware:tokens"] and background[5:] == ["blend", "attention", "guidance"]
        assert edit[0] == after[0] == "blend" and edit[-3:] == after[-3:] == ["guidance", "attention", "latent"]
    for metric, correlation in zip(("background", "edit", "whole"), re.findall(
            r"rank correlation of the two: ([\d.]+)", lesson["said"])):
        assert correlation in told, metric
    lost = gains("conditioning", "control", "blend", "truth_psnr", ("seed",))
    assert all(row["difference"] < 0 for row in lost.values())


def test_the_best_of_six_is_better_than_one_of_six(lesson):
    tries, said = lesson["tries"], CELLS["best-said"]
    lead, choice = tries.max(0).mean() - tries[0].mean(), tries.max(0).mean() - tries.mean()
    assert f"{lead:.1f} dB more than A, and {choice:.1f} more than its own mean" in said
