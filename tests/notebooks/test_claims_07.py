"""What notebook 07 says of its pairs, its masks and its vetter, held against what its cells give and against the truth
of the drawn scenes."""

import numpy as np
import pytest
from lessons import ran, says, texts

import maskedit_helpers as me
from maskedit_helpers.picturebook.drawings import PARTS, WHOLES

ONLY_LOOKED_AT = ("clip-missed", "where-report", "where-presets", "shards")


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """The variables after the cells ran, and "text", {cell: source}."""
    only_the_function = {"spill": lambda source: source[:source.index("dial =")]}  # without its table
    names = ran("07", tmp_path_factory.mktemp("results"), ONLY_LOOKED_AT, change=only_the_function)
    yield names
    names["place"].cleanup()


def test_no_pocket_model_has_seen_these_pairs(lesson):
    assert min(lesson["seeds"]) >= 24_000 and max(lesson["seeds"]) < 10_000_000


def test_what_the_clip_filter_does(lesson):
    scores, passed, clean, spilt = (lesson[name] for name in ("scores", "passed", "clean", "spilt"))
    others = np.array([scores[f"clip_{name}"] for name in ("direction", "source", "target")])
    assert (others >= 0.2).all() and not (scores["clip_image"] >= 0.7).all()
    says(lesson, "clip-answer", "all {} pairs pass the other three", len(passed))
    says(lesson, "clip-answer", "have a cosine of {},", others[1:].min())
    says(lesson, "clip-answer", "{} of {} stay, and of {} clean ones only {}.", passed[spilt].sum(), spilt.sum(),
         clean.sum(), passed[clean].sum())
    assert passed[clean].mean() > passed[spilt].mean()  # "spilt pairs go more often"


def test_clean_and_spilt_are_the_drawers_own_words(lesson):
    """Clean: after is the true edit, pixel by pixel."""
    same = [np.array_equal(pair.after, pair.truth) for pair in lesson["pairs"]]
    assert [bool(c) for c in lesson["clean"]] == [one and pair.target is not None
                                                  for one, pair in zip(same, lesson["pairs"])]
    assert [bool(s) for s in lesson["spilt"]] == [not one for one in same]


def test_how_often_a_clean_pair_is_ahead(lesson):
    """Against Mann and Whitney's U, which counts the same."""
    from scipy.stats import mannwhitneyu

    def share(name):
        score, (clean, spilt) = lesson["scores"][name], (lesson["clean"], lesson["spilt"])
        found = mannwhitneyu(score[clean], score[spilt]).statistic / clean.sum() / spilt.sum()
        assert found == pytest.approx(lesson["ahead"](score))
        return found

    says(lesson, "clip-ahead-said", "Image similarity has {}, direction {}:", share("clip_image"),
         share("clip_direction"))
    assert share("change_inside") > 0.98 and share("mask_score") < 0.5  # "nearly perfect", "knows nothing of it"
    assert share("change_iou") > share("clip_image")


def test_which_way_makes_which_masks(lesson):
    ious = {way: sorted(row["scores"]["mask_iou"] for row in found) for way, found in lesson["built"].items()}
    says(lesson, "mask-answer", "The box with {}, hardly before the click with {}; words have {}.",
         *(np.mean(ious[way]) for way in ("box", "click", "words")))
    says(lesson, "mask-answer", "The worst two are by words, {} and {}:", *ious["words"][:2])
    says(lesson, "mask-answer", "without windows and wheels, {}.", ious["click"][0])
    assert ious["words"][1] < ious["click"][0] < ious["box"][0]


def share_on(mask, pair, *parts):
    """Of the mask's pixels those that belong to these parts of the picture before."""
    return np.isin(pair.ids[mask], [PARTS[part] for part in parts]).mean()


def test_what_lies_under_the_worst_masks(lesson):
    pairs = dict(zip(lesson["seeds"], lesson["pairs"]))
    hat, dog = sorted(lesson["built"]["words"], key=lesson["iou_of"])[:2]
    car = min(lesson["built"]["click"], key=lesson["iou_of"])
    assert "shirt" in hat["instruction"] and "house" in dog["instruction"] and "car" in car["instruction"]
    assert share_on(hat["mask"], pairs[int(hat["id"])], "hat") > 0.8
    assert share_on(dog["mask"], pairs[int(dog["id"])], *WHOLES["dog"]) > 0.8
    pair = pairs[int(car["id"])]
    covered = {part: car["mask"][pair.ids == PARTS[part]].mean() for part in ("car body", "car glass", "wheels")}
    assert covered["car body"] > 0.9 and covered["car glass"] < 0.1 and covered["wheels"] < 0.1


def test_a_hovercraft_reaches_further_than_its_car(lesson):
    reach = [me.mask_iou(pair.target, pair.mask) for pair in lesson["pairs"] if pair.kind == "hovercraft"]
    assert len(reach) >= 2
    says(lesson, "mask-answer", "has an IoU of {} with the pixels that change", np.mean(reach))


def test_which_number_falls_when(lesson):
    """Recomputed from the pictures, without the notebook's own function."""
    def both(after, mask):
        D = np.abs(after.astype(float) - lesson["one"].before).mean(axis=2)
        changed, mask = D > 20, mask > 0.5
        return (D * mask).sum() / D.sum(), (changed & mask).sum() / (changed | mask).sum()

    found = {name: both(*case) for name, case in lesson["cases"].items()}
    clean = found.pop("clean")
    assert min(clean) > 0.9
    says(lesson, "where-answer", "so the share inside is {};", found["clean, twice the mask"][0])
    assert found["clean, twice the mask"][1] < 0.6
    for case in ("spilt", "clean, half the mask"):
        assert max(found[case]) < 0.6
    areas = [(lesson["cases"][name][1] > 0.5).sum() for name in ("clean, twice the mask", "clean")]
    assert areas[0] / areas[1] == pytest.approx(2, rel=0.2)
    striped = me.training_pair(30_016, leak=0)
    assert striped.instruction == "the shirt should be striped"
    assert me.change_iou(striped.before, striped.truth, striped.mask) < 0.7


def test_what_the_kept_report_says():
    text = texts("07")
    report = me.filter_report()
    does, lesson = report["presets"], {"text": text}
    says(lesson, "where-said", "mean IoU {} before, {} after", does["none"]["iou"], does["ip2p"]["iou"])
    says(lesson, "where-said", "of the bad ones {} % stay", 100 * does["ip2p"]["bad_kept"])
    says(lesson, "where-said", "costs {} % of the good masks and leaves {} % of the bad",
         100 * does["pocket"]["good_lost"], 100 * does["pocket"]["bad_kept"])
    assert 0.45 < does["ip2p"]["kept"] < 0.55  # "half of all pairs"


def test_somebody_has_seen_these_very_twenty(lesson):
    """They accepted what spills by no more than the eye forgives and has a good mask, and nothing else; so the answers
    belong to the pictures, and to no others that may one day be drawn in their place."""
    assert lesson["vet"].names == [str(seed) for seed in range(30_018, 30_039) if seed != 30_035]
    spills = dict(zip(map(str, lesson["seeds"]), lesson["spills"]))
    seen = {row["id"]: spills[row["id"]] < 7 and row["scores"]["mask_iou"] >= 0.8 for row in lesson["twenty"]}
    assert lesson["somebody"] == seen and lesson["mine"] == seen
    assert len(lesson["differ"]) == 2 and all(lesson["mine"][row["id"]] for row in lesson["differ"])


def test_a_reader_s_answers_stand_in_place_of_somebody_s(lesson):
    """The plain cell again, after two answers in the widget."""
    vet = lesson["vet"]
    vet.accept("30020")
    vet.reject("30018")
    names = dict(lesson)
    exec(lesson["text"]["vet-answers"], names)
    assert names["mine"] == {**lesson["somebody"], "30020": True, "30018": False}
    vet.undo()
    vet.undo()
    assert vet.answers == {}


def test_two_who_do_not_look_agree_by_chance():
    """0.82, and kappa 0: 81 both accept, 9 and 9 one alone, 1 neither, of a hundred."""
    one = [True] * 90 + [False] * 10
    other = [True] * 81 + [False] * 9 + [True] * 9 + [False]
    assert me.agreement(one, other) == (100, 0.82, pytest.approx(0, abs=1e-12))
