"""A study's figures: what is drawn held against pandas' own means of the rows; words, marks, mistakes."""

import re

import numpy as np
import pandas as pd
import pytest
from made_rows import CONTROLS, MASKS, SCENES, rows, spec
from PIL import Image

from maskedit_helpers.errors import KitError
from maskedit_helpers.figures.show import save_figure
from maskedit_helpers.studies.sweep.figure import study_figure, study_figures
from maskedit_helpers.studies.sweep.png import save_small

ROWS = rows()
FRAME = pd.DataFrame(ROWS)
CURVE = {"kind": "curve", "x": "mask", "y": "truth_psnr", "lines": "control"}
GAIN = {**CURVE, "relative_to": {"control": "blend"}}
IOU = {**CURVE, "x": "mask_iou"}


def drawn(axis):
    """{label: (x, y) of the line's points}"""
    found = {}
    for each in axis.containers:
        if hasattr(each, "lines"):
            found[each.get_label()] = each.lines[0].get_data()
    found |= {line.get_label(): line.get_data() for line in axis.lines if not line.get_label().startswith("_")}
    return found


def lines(figure, **more):
    return drawn(study_figure(spec({**figure, **more}), rows=ROWS).axes[0])


def gains(control):
    """The difference from the blend, scene by scene: a frame of scenes and masks."""
    wide = FRAME.pivot(index="scene", columns=["control", "mask"], values="truth_psnr")
    return wide[control][MASKS] - wide["blend"][MASKS]


def test_a_curve_goes_through_the_means():
    found = lines(CURVE)
    assert [*found] == CONTROLS
    for control, (_, y) in found.items():
        means = FRAME[FRAME.control == control].groupby("mask").truth_psnr.mean()
        assert y == pytest.approx(means[MASKS].to_numpy())


def test_a_relative_curve_goes_through_the_mean_differences_in_pairs():
    found = lines(GAIN)
    assert [*found] == CONTROLS[1:]
    for control, (_, y) in found.items():
        assert y == pytest.approx(gains(control).mean().to_numpy())


def test_intervals_of_pairs_leave_the_scenes_out():
    """Scenes differ by 3 dB, the differences of a scene by 0.4: bands of gains are much narrower."""
    def width(figure):
        bars = study_figure(spec(figure), rows=ROWS).axes[0].containers[-1].lines[2][0].get_segments()
        return np.mean([segment[1, 1] - segment[0, 1] for segment in bars])
    assert width(GAIN) < 0.4 * width(CURVE)


def test_numbers_are_drawn_to_scale_with_a_band():
    numbered = [{**row, "grown": {"truth": 0, "grown": 2, "shifted": 8}[row["mask"]]} for row in ROWS]
    of = spec({**CURVE, "x": "grown"}, factors={"control": CONTROLS, "grown": [0, 2, 8]})
    axis = study_figure(of, rows=[{k: v for k, v in row.items() if k != "mask"} for row in numbered]).axes[0]
    x, y = drawn(axis)["blend"]
    assert [*x] == [0, 2, 8] and len(axis.collections) == 3
    band = axis.collections[0].get_paths()[0].vertices
    values = FRAME[(FRAME.control == "blend") & (FRAME["mask"] == "truth")].truth_psnr
    at_zero = band[band[:, 0] == 0][:, 1]
    half = 1.96 * values.std() / SCENES**0.5
    assert (at_zero.min(), at_zero.max()) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.2 * half)


def test_over_a_metric_each_point_is_at_its_mean():
    found = lines(IOU)
    for control in CONTROLS:
        x, y = found[control]
        means = FRAME[FRAME.control == control].groupby("mask")[["mask_iou", "truth_psnr"]].mean().loc[MASKS[::-1]]
        assert x == pytest.approx(means.mask_iou.to_numpy()) and y == pytest.approx(means.truth_psnr.to_numpy())
    x, y = lines(IOU, relative_to={"control": "blend"})["channel"]
    assert y == pytest.approx(gains("channel").mean()[MASKS[::-1]].to_numpy()) and x[0] < 0.5 < 0.9 < x[-1]


def test_bins_have_equally_many_edits():
    x, y = lines(IOU, bins=3)["blend"]
    blend = FRAME[FRAME.control == "blend"]
    parts = pd.cut(blend.mask_iou, [0, *FRAME.mask_iou.quantile([1 / 3, 2 / 3]), 1])
    assert y == pytest.approx(blend.groupby(parts, observed=True).truth_psnr.mean().to_numpy())
    assert x == pytest.approx(blend.groupby(parts, observed=True).mask_iou.mean().to_numpy())


def test_a_frontier_names_its_ends():
    figure = study_figure(spec({**IOU, "kind": "frontier", "points": "mask"}), rows=ROWS)
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words == MASKS * 3  # of words each, and nothing joins them
    assert {each.lines[0].get_linestyle() for each in figure.axes[0].containers} == {"None"}
    x, _ = drawn(figure.axes[0])["blend"]
    assert x[0] > x[1] > x[2]  # in the order of the levels, not of x
    grown = {"truth": 0, "grown": 2, "shifted": 8}
    numbered = [{**{k: v for k, v in row.items() if k != "mask"}, "grown": grown[row["mask"]]} for row in ROWS]
    of = spec({**IOU, "kind": "frontier", "points": "grown"}, factors={"control": CONTROLS, "grown": [0, 2, 8]})
    axis = study_figure(of, rows=numbered).axes[0]
    assert [text.get_text() for text in axis.texts] == ["grown = 0", "grown = 8"] * 3
    assert {each.lines[0].get_linestyle() for each in axis.containers} == {"-"}


def test_an_interval_much_wider_than_most_leaves_the_panel():
    def apart(row, seed):
        return (40 * seed - 20) * (row["control"] == "latent" and row["mask"] == "grown")

    wild = [{**row, "train_seed": seed, "truth_psnr": row["truth_psnr"] + apart(row, seed)}
            for row in ROWS for seed in (0, 1)]
    bottom, top = study_figure(spec(CURVE), rows=wild).axes[0].get_ylim()
    assert top - bottom < 60  # of two trainings 40 dB apart the interval has 500


def test_of_very_many_points_the_outer_ones_are_said():
    found = study_figure(spec({**CURVE, "y": ["truth_psnr"] * 10}), rows=ROWS).alt
    assert "Of each line the ends, the lowest and the highest point." in found and "grown" not in found


def test_bars_stand_on_zeros_that_mean_something():
    shares, gained, decibels = (study_figure(spec({"kind": "bars", "x": "mask", "lines": "control", **more}), rows=ROWS)
                                for more in ({"y": "edit_success"}, {**GAIN, "kind": "bars"}, {"y": "truth_psnr"}))
    assert [len(figure.axes[0].patches) for figure in (shares, gained, decibels)] == [9, 6, 0]
    heights = [bar.get_height() for bar in shares.axes[0].patches[:3]]
    means = FRAME[FRAME.control == "blend"].groupby("mask").edit_success.mean()
    assert heights == pytest.approx(means[MASKS].to_list())
    assert drawn(decibels.axes[0])["blend"][1] == pytest.approx(lines(CURVE)["blend"][1])


def test_a_level_looks_the_same_in_every_figure():
    all_of, gained = study_figures(spec(CURVE, {**GAIN, "name": "gain"}), ROWS).values()
    colours = [{each.get_label(): each.lines[0].get_color() for each in figure.axes[0].containers}
               for figure in (all_of, gained)]
    assert len(set(colours[0].values())) == 3 and colours[1].items() <= colours[0].items()


def test_panels_labels_and_units():
    figure = study_figure(spec({**GAIN, "y": ["truth_psnr", "edit_success"], "labels": {"blend": "the blend"}}),
                          rows=FRAME)
    left, right = figure.axes
    assert left.get_ylabel() == "truth PSNR, gain on the blend (dB)" and left.get_xlabel() == "mask"
    assert "share with the colour asked" in right.get_ylabel().replace("\n", " ")
    assert "pocket models, 9 to 12 scenes" in figure.get_suptitle()
    assert {text.get_fontsize() for text in left.get_xticklabels()} == {8}  # legible in print


def test_alt_text_says_every_point():
    figure = study_figure(spec({**GAIN, "where": {"mask": ["truth", "grown"]}}), rows=ROWS)
    assert figure.alt.startswith("Curves: How exact must a mask be? pocket models, 12 scenes: gains in pairs, 95 % "
                                 "intervals. Over mask.")
    said = re.findall(r"(truth|grown): ([+-]\d+\.\d) \(([+-]\d+\.\d) to ([+-]\d+\.\d)\)", figure.alt)
    assert len(said) == 4
    assert float(said[3][1]) == pytest.approx(gains("channel")["grown"].mean(), abs=0.051)
    assert float(said[3][2]) < float(said[3][1]) < float(said[3][3]) and "$" not in figure.alt


def test_trainings_are_said_and_their_scatter_counts():
    twice = [{**row, "train_seed": seed, "truth_psnr": row["truth_psnr"] + 6 * seed} for row in ROWS for seed in (0, 1)]
    figure = study_figure(spec(CURVE), rows=twice)
    assert "12 scenes, 2 trainings" in figure.alt
    assert drawn(figure.axes[0])["blend"][1] == pytest.approx(lines(CURVE)["blend"][1] + 3)


def test_what_varies_is_named_or_refused():
    with pytest.raises(KitError, match="figure 1: mask varies too; name it in lines, points or where"):
        lines(CURVE, x="control", lines=[])
    with pytest.raises(KitError, match="figure 1: control varies too"):
        lines(GAIN, lines=[])
    (_, y), = lines(CURVE, x="control", lines=[], where={"mask": "truth"}).values()
    assert len(y) == 3


@pytest.mark.parametrize(("more", "says"), [
    ({"kind": "pie"}, "no kind 'pie'; use curve, frontier, bars"),
    ({"colour": "red"}, "there is no 'colour'; it has name, title"),
    ({"y": "psnr"}, "no column 'psnr'; they have control"),
    ({"y": []}, "say what is y"),
    ({"x": 3}, "x must be text in quotes"),
    ({"where": {"mask": "none"}}, "no row is left"),
    ({"relative_to": {"control": "plain"}}, "no row has control = 'plain'"),
    ({"relative_to": {"control": "blend", "mask": "truth"}}, "one factor and its level"),
    ({"kind": "frontier"}, "a frontier is of two metrics; mask is a setting"),
    ({"kind": "bars", "x": "mask_iou"}, "bars stand over a factor; mask_iou is a metric")])
def test_mistakes_are_told(more, says):
    with pytest.raises(KitError, match=re.escape(says)):
        lines(CURVE, **more)


def test_one_figure_of_a_study_by_its_name():
    two = spec(CURVE, {**GAIN, "name": "gain"})
    assert study_figure(two, "gain", ROWS).alt == study_figures(two, ROWS)["gain"].alt
    with pytest.raises(KitError, match="no figure 'loss'; it has 1, gain"):
        study_figure(two, "loss", ROWS)
    with pytest.raises(KitError, match="asks for no figure"):
        study_figure(spec(), rows=ROWS)


def test_a_small_file_looks_the_same_and_keeps_its_alt_text(tmp_path):
    figure = study_figure(spec(GAIN), rows=ROWS)
    save_figure(figure, tmp_path / "large.png")
    save_small(figure, tmp_path / "small.png")
    large, small = (Image.open(tmp_path / name) for name in ("large.png", "small.png"))
    assert small.text["Description"] == figure.alt == large.text["Description"]
    assert (tmp_path / "small.png").stat().st_size < 0.6 * (tmp_path / "large.png").stat().st_size
    difference = np.abs(np.asarray(small.convert("RGB"), float) - np.asarray(large.convert("RGB"), float))
    assert small.size == large.size and difference.mean() < 1
