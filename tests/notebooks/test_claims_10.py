"""What notebook 10 says of its six edits and of its simulated class, held against what its cells give and against the
truth of the model."""

import numpy as np
import pytest
from lessons import ran, says

import maskedit_helpers as me

ONLY_LOOKED_AT = ("answers", "pairs", "agreement", "raters", "enough")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The variables after the cells ran, "tables", {cell: rows}, and "text", {cell: source}."""
    tables = {}
    names = ran("10", tmp_path_factory.mktemp("results"), ONLY_LOOKED_AT,
                after=lambda cell, now: tables.update({cell: now.get("rows")}))
    return {**names, "tables": tables}


def test_no_number_is_on_the_side_of_the_edit(lesson):
    edit, blend = (me.measure(lesson["car"]["original"], lesson["car"]["edits"][name], lesson["car"]["mask"])
                   for name in ("edit", "blend"))
    numbers = [name for name, value in edit.items() if isinstance(value, float)]
    assert len(numbers) >= 4 and all(blend[name] >= edit[name] - 0.05 for name in numbers)
    assert blend["background_psnr"] > edit["background_psnr"]


def test_the_four_orders_keep_the_three_rules(lesson):
    four, orders = lesson["four"], lesson["orders"]
    assert lesson["apart"] and len(set(lesson["names"])) == 4
    for place in range(4):
        assert sorted(four[order[place]][1] for order in orders) == ["blend", "blend", "edit", "edit"]
    assert all(sorted(order) == [0, 1, 2, 3] for order in orders)


def test_somebody_has_seen_these_very_six(lesson):
    """A 5 for the region where the background is as it was and for nothing else; the blended car is no hovercraft."""
    region, instruction = ({(row["source"], row["method"]): row[name] for row in lesson["tables"]["with-metrics"]}
                           for name in ("region", "instruction"))
    exact = {(row["source"], row["method"]): np.isinf(row["background_psnr"])
             for row in lesson["tables"]["with-metrics"]}
    assert all((value == 5) == exact[item] for item, value in region.items())
    assert instruction["car", "blend"] == 2 == min(instruction.values()) and instruction["dog", "edit"] == 5
    edit, blend = ({name: np.mean([value for (_, method), value in of.items() if method == which])
                    for name, of in (("region", region), ("instruction", instruction))} for which in ("edit", "blend"))
    says(lesson, "reveal-said", "the blend {} for the region, always, and the edit {}", blend["region"],
         edit["region"])
    says(lesson, "reveal-said", "the edit gets {} and the blend {}", edit["instruction"], blend["instruction"])


def test_the_car_s_glow_lies_outside_the_mask(lesson):
    """Bright blue below the car in the edit, and the road in the blend."""
    car = lesson["car"]
    x0, M = car["original"].astype(int), car["mask"] < 0.5
    edit, blend = (car["edits"][name].astype(int) for name in ("edit", "blend"))
    below = M & (np.arange(len(x0))[:, None] > np.flatnonzero((~M).any(1)).max() - 12)
    glows = below & (edit[..., 2] - edit[..., 0] > 60)
    assert glows.sum() > 50 and (blend[glows] == x0[glows]).all()


def test_a_reader_s_answers_come_in(lesson):
    """Rated by code, and the cell again."""
    rate = lesson["rate"]
    assert rate.total == 6
    rate.say(3, 1)
    names = dict(lesson)
    exec(lesson["text"]["somebody"], names)
    assert len(names["answers"]) == 14 and (names["answers"]["rater"] == rate.rater).sum() == 2


def test_truth_and_means_of_the_class(lesson):
    truth, found = lesson["truth"], lesson["found"]
    says(lesson, "class-predict", "quality of `told` is {}, that of `edit` {}", truth["quality"]["told"],
         truth["quality"]["edit"])
    says(lesson, "means-said", "not quite: {} and {}", truth["means"]["told"], truth["means"]["edit"])
    for row in found["means"]:
        assert row["raters"]["low"] < truth["means"][row["method"]] < row["raters"]["high"]
    pair = next(row for row in found["differences"] if (row["method"], row["other"]) == ("blend", "told"))
    says(lesson, "pairs-said", "is {} to {}, over both it is {} to {}", pair["raters"]["low"], pair["raters"]["high"],
         pair["both"]["low"], pair["both"]["high"])
    says(lesson, "pairs-said", "The truth is {}", truth["means"]["blend"] - truth["means"]["told"])


def test_the_bootstrap_s_promise(lesson):
    share = [row["truth inside"] for row in lesson["tables"]["coverage"]]
    says(lesson, "coverage-said", "in {} % of the classes only; of twelve in {} %, of forty in {} %",
         *(100 * each for each in share))
    assert share[0] < share[1] <= share[2] + 0.02  # fewest raters, outside most often


def test_agreement_of_the_class(lesson):
    found = lesson["found"]["agreement"]["instruction"]["all"]
    values = [each["value"] for each in found.values()]
    says(lesson, "agreement-said", "from {} to {}", min(values), max(values))
    alpha = found["alpha_ordinal"]
    says(lesson, "agreement-said", "Alpha (ordinal) is {}, its interval over items {} to {}; the truth, of raters who "
         "look, is {}", alpha["value"], alpha["low"], alpha["high"], lesson["truth"]["alpha"]["ordinal"])
    says(lesson, "agreement-said", "The last, {},", found["icc_mean"]["value"])
    assert list(found)[-1] == "icc_mean"


def test_what_agreement_hides(lesson):
    five, four, coin = lesson["tables"]["hides"]
    assert five["equal answers"] == five["Gwet's AC2"] == 1 and five["alpha, ordinal"] is None
    says(lesson, "hides-said", "the share is {} and alpha {},", four["equal answers"], four["alpha, ordinal"])
    says(lesson, "hides-said", "the coin too, with {}", coin["Gwet's AC2"])
    assert four["Gwet's AC2"] > 0.99
    plain, kind = lesson["tables"]["together"]
    says(lesson, "together-said", "The mean is off by {}, and alpha, {} where it was {}",
         kind["mean answer"] - plain["mean answer"], kind["alpha"], plain["alpha"])


def test_who_does_not_look(lesson):
    flagged = {rater["rater"]: rater for rater in lesson["found"]["looked_at"] if rater["flags"]}
    assert list(flagged) == ["r12"]  # the careless one is the last
    says(lesson, "raters-said", "{} % of the shuffles", 100 * flagged["r12"]["p"])
    says(lesson, "raters-said", "alpha is {} instead of {}, close to the truth, {}.", lesson["eleven"],
         lesson["twelve"], lesson["truth"]["alpha"]["ordinal"])
    means = sorted(abs(rater["against_others"]) for rater in lesson["found"]["looked_at"])
    assert abs(flagged["r12"]["against_others"]) < np.median(means)
    again = lesson["again"]
    says(lesson, "raters-said", "in {} % of the second showings the same answer, in {} % at most one apart",
         100 * again["equal"], 100 * again["within_one"])


def test_how_many_are_enough(lesson):
    found = lesson["found"]["samplesize"]["instruction"]
    median = {point["raters"]: point["median"] for point in found["curve"]}
    says(lesson, "enough-said", "Twelve raters have {}, and for {} in eight of ten studies it takes {}.", median[12],
         found["width"], found["raters"])
    says(lesson, "enough-said", "is {} wide", found["floor"])
    assert (median[40] / median[10], median[120] / median[30]) == (pytest.approx(0.5, abs=0.06),) * 2
    assert median[10] == pytest.approx(found["floor"], abs=0.05)  # "from some ten raters on"


def test_simulated_raters_are_said_to_be_so(lesson):
    for cell in ("means-said", "answers-said", "pairs-said", "coverage-said", "agreement-said", "raters-said",
                 "enough-said"):
        assert "imulated" in lesson["text"][cell], cell
    for cell in ("means", "coverage", "hides", "together"):
        assert any("simulated raters" in name for name in lesson["tables"][cell][0]), cell
