"""The scoreboard held against kits whose score is known beforehand: one that knows the truth, one that does nothing."""
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.metrics.measure import measure
from maskedit_helpers.metrics.metric import METRICS, Metric, metric
from maskedit_helpers.metrics.tables import table
from maskedit_helpers.picturebook.scenes import EVALUATION_SEEDS
from maskedit_helpers.studies.evaluate import PSNR_CAP, evaluate, held_out_pairs, nearest_colour
from maskedit_helpers.studies.pages import tables

SCENES, SEED = 8, 3


class KnownKit:
    """Answers from the pairs themselves; `lazy`: segments everything and edits nothing."""

    size, device, editor = "known", "cpu", SimpleNamespace(plan="fast")

    def __init__(self, lazy=False):
        self.lazy = lazy
        self.pairs = {p.before.tobytes(): p for p in held_out_pairs(40, SEED)}
        self.names = {}
        self.sam = SimpleNamespace(predict=self.predict)
        self.clip = SimpleNamespace(images=self.images, texts=self.texts)

    def predict(self, image, points=None, box=None, multimask=True):
        target = self.pairs[image.tobytes()].target
        if points:
            (x, y), = points
            assert target[y, x]
        mask = np.ones_like(target) if self.lazy else target
        return SimpleNamespace(masks=[~mask, mask, mask] if multimask else [mask], best=1)

    def edit(self, image, instruction, plan, progress, report, anyway):
        pair = self.pairs[image.tobytes()]
        assert instruction == pair.instruction
        y = image if self.lazy else pair.truth
        return y, SimpleNamespace(seconds={"denoise": 1.0, "decode": 0.5}, unet_rows=60)

    def _one_hot(self, name):
        return np.eye(400)[0 if self.lazy else self.names.setdefault(name, len(self.names))]

    def images(self, pictures):
        found = {p.truth.tobytes(): p.captions[1] for p in self.pairs.values()}
        before = {key: p.captions[0] for key, p in self.pairs.items()}
        return np.stack([self._one_hot(before.get(x.tobytes()) or found.get(x.tobytes(), "blend")) for x in pictures])

    def texts(self, texts):
        return np.stack([self._one_hot(text) for text in texts])


def test_a_kit_that_knows_the_truth_scores_full_marks():
    result = evaluate(KnownKit(), SCENES, SEED, progress=False)
    scores = {name: score["mean"] for name, score in result["scores"].items()}
    for name in ("sam_iou_click", "sam_iou_rated", "sam_iou_box", "edit_success", "clip_retrieval"):
        assert scores[name] == 1
    assert scores["edit_psnr"] == scores["baseline_truth_psnr"] == PSNR_CAP
    assert scores["oracle_truth_psnr"] > 35  # pixels at the edge, half thing and half background, lie outside the mask
    assert scores["blended_background_psnr"] > 25
    assert scores["seconds"] == 1.5 and scores["unet_rows"] == 60
    assert result["scores"]["edit_psnr"]["n"] == SCENES


def test_a_kit_that_does_nothing_scores_nothing_but_a_perfect_background(tmp_path):
    picture = tmp_path / "cases.png"
    scores = evaluate(KnownKit(lazy=True), SCENES, SEED, figure=picture, progress=False)["scores"]
    assert picture.stat().st_size > 10_000
    assert scores["edit_success"]["mean"] == 0 and scores["clip_retrieval"]["mean"] == 0
    assert scores["baseline_change_iou"]["mean"] == scores["blended_change_iou"]["mean"] == 0
    assert scores["baseline_background_psnr"]["mean"] == PSNR_CAP
    assert scores["clip_direction"]["mean"] == 0
    assert scores["sam_iou_rated"]["mean"] < 0.3


def test_a_new_metric_is_one_function_and_one_row(monkeypatch, tmp_path):
    """It is in `measure`, in `evaluate` for baseline and blended, and reads in every table as its row says."""
    def redness(y, truth):
        return float(y[..., 0].mean() - truth[..., 0].mean())

    monkeypatch.setitem(METRICS, "redness", Metric("redness", "how red", "grey levels", "low", 2, redness))
    assert METRICS["redness"].needs == {"truth"}
    pair = next(held_out_pairs(1, SEED))
    row = measure(pair.before, pair.before, pair.mask, truth=pair.truth)
    by_hand = pair.before[..., 0].mean() - pair.truth[..., 0].mean()
    assert list(row)[-2:] == ["redness", "note"] and row["redness"] == pytest.approx(by_hand)
    assert "redness" not in measure(pair.before, pair.before, pair.mask)  # no truth is there
    shown = table([row])
    assert "redness (grey levels)" in str(shown) and f"{by_hand:.2f}" in str(shown)
    assert all(words in shown._repr_html_() for words in (
        'title="redness: lower is better"', "how red <br>(grey levels)"))

    before, lazy = [name for name in evaluate(KnownKit(lazy=True), 1, SEED, progress=False)["scores"]], KnownKit(True)
    scores = evaluate(lazy, SCENES, SEED, progress=False)["scores"]
    wanted = np.mean([p.before[..., 0].mean() - p.truth[..., 0].mean() for p in held_out_pairs(SCENES, SEED)])
    for name in ("baseline_redness", "blended_redness"):
        assert name in before and scores[name]["mean"] == pytest.approx(wanted) and scores[name]["n"] == SCENES
    pages = tables({"evaluate": {"scores": scores}, "demo": {"rows": [{"case": "a", "result": "baseline", **row}]}},
                   ({"controls": {"blend": []}}, [{"source": "click", "control": "blend", **row}]))
    assert f"| how red, blended (grey levels) | {wanted:.2f} |" in pages["scoreboard"]
    for name in ("cases", "controls"):
        head, _, line = (text.strip("| ").split(" | ") for text in pages[name].splitlines())
        assert line[head.index("how red (grey levels)")] == f"{by_hand:.2f}"


@pytest.mark.parametrize("on", [("baseline",), ("blended",), ()])
def test_a_metric_of_one_result_goes_by_its_own_name(monkeypatch, on):
    monkeypatch.setitem(METRICS, "height", Metric("height", "height", function=lambda y: len(y), on=on))
    scores = evaluate(KnownKit(), 1, SEED, progress=False)["scores"]
    assert [name for name in scores if "height" in name] == ["height"] * len(on)


def test_every_name_that_is_scored_has_a_row():
    known = KnownKit()
    known.ground = lambda image, instruction, how="auto": (known.pairs[image.tobytes()].target, "the shirt", None)
    scores = evaluate(known, SCENES, SEED, ground=True, progress=False)["scores"]
    assert all(metric(name).label != name or name == "seconds" for name in scores)
    assert list(scores) == [
        "sam_iou_click", "sam_iou_rated", "sam_iou_box", "mask_iou", "edit_success", "baseline_truth_psnr", "edit_psnr",
        "baseline_background_psnr", "baseline_change_iou", "unsnapped_truth_psnr", "blended_truth_psnr",
        "blended_background_psnr", "blended_change_iou", "clip_direction", "oracle_truth_psnr", "seconds", "unet_rows",
        "ground_iou", "phrase_right", "relevance_iou", "clip_retrieval"]


def test_what_a_metric_cannot_say_of_a_scene_is_not_in_its_mean(monkeypatch):
    said = iter([float("nan"), 1.0, 2.0])
    monkeypatch.setitem(METRICS, "sometimes", Metric("sometimes", "sometimes", function=lambda y: next(said),
                                                     on=("blended",)))
    score = evaluate(KnownKit(), 3, SEED, progress=False)["scores"]["sometimes"]
    assert (score["mean"], score["n"]) == (1.5, 2)


def test_intervals_are_of_shares_where_a_metric_is_a_hit_or_a_miss():
    """By what it is: what happens to be the same for every scene is no share."""
    known = KnownKit()
    known.ground = lambda image, instruction, how="auto": (known.pairs[image.tobytes()].target, "the shirt", None)
    scores = evaluate(known, SCENES, SEED, ground=True, progress=False)["scores"]
    colours = scores["edit_success"]["n"]
    assert scores["clip_retrieval"]["low"] == pytest.approx(0.025 ** (1 / SCENES))  # all hits: the closed form
    assert 0 < colours < SCENES and scores["edit_success"]["low"] == pytest.approx(0.025 ** (1 / colours))
    assert scores["phrase_right"]["high"] < 1 and scores["phrase_right"]["low"] > 0
    for constant in ("sam_iou_box", "ground_iou", "unet_rows"):
        assert scores[constant]["low"] == scores[constant]["mean"] == scores[constant]["high"]


def test_an_interval_is_of_the_scenes_that_were_scored():
    """Edits that take 1, 2, 3 ... seconds."""
    known, taken = KnownKit(), iter(range(1, SCENES + 1))
    edit = known.edit
    known.edit = lambda *a, **k: (edit(*a, **k)[0], SimpleNamespace(seconds={"denoise": next(taken)}, unet_rows=60))
    score = evaluate(known, SCENES, SEED, progress=False)["scores"]["seconds"]
    half = 1.96 * np.std(range(SCENES)) / SCENES**0.5
    assert score["mean"] == (SCENES + 1) / 2 and score["n"] == SCENES
    assert (score["low"], score["high"]) == pytest.approx((4.5 - half, 4.5 + half), abs=0.15)


def test_the_nine_wrong_captions_are_nine(monkeypatch):
    """Of thirty scenes twenty-one have one caption, so that there are ten; "rare" looks like every picture."""
    from maskedit_helpers.studies import evaluate as module

    names = ["common"] * 21 + [f"caption {i}" for i in range(8)] + ["rare"]
    at = {name: i for i, name in enumerate(dict.fromkeys(names))}
    scenes = [SimpleNamespace(before=i, captions=(name, "")) for i, name in enumerate(names)]
    monkeypatch.setattr(module, "held_out_pairs", lambda count, seed: scenes)

    def images(pictures):
        return np.stack([0.5 * np.eye(10)[at[names[i]]] + 0.9 * np.eye(10)[at["rare"]] for i in pictures])

    clip = SimpleNamespace(images=images, texts=lambda texts: np.stack([np.eye(10)[at[text]] for text in texts]))
    for seed in range(5):
        hits = module._retrievals(SimpleNamespace(clip=clip), 30, seed)
        assert hits == [float(name == "rare") for name in names]  # who is asked about ten, is asked about "rare"


def test_scenes_are_held_out_placed_edits_and_differ_by_seed():
    first, second = list(held_out_pairs(5, 0)), list(held_out_pairs(5, 1))
    assert all(p.seed >= EVALUATION_SEEDS and p.target is not None and p.after is p.truth for p in first + second)
    assert not {p.seed for p in first} & {p.seed for p in second}


def test_small_rules():
    assert nearest_colour((200, 50, 60)) == "red"


@pytest.mark.parametrize(("options", "says"), [
    ({"scenes": 0}, "0 scenes"), ({"seed": -1}, "seed -1"), ({"figure": "no/f.png"}, "no folder no; make it first"),
    ({"figure": "f.jpg"}, "end in .png")])
def test_what_can_not_be_is_refused_before_anything_is_done(options, says):
    with pytest.raises(KitError, match=says):
        evaluate(None, **options)


@pytest.mark.parametrize("words", [("--masks", "words"), ("--workers", "2"), ("--rows", "rows.jsonl")])
def test_options_of_the_controls_are_not_ignored_without_them(monkeypatch, words):
    result = CliRunner().invoke(app, ["evaluate", *words])
    assert result.exit_code == 2 and words[0] in result.stderr and "--controls" in result.stderr


def test_one_scene_is_printed_without_an_interval(monkeypatch, pocket):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    score = {"mean": 0.5, "low": None, "high": None, "n": 1}
    monkeypatch.setattr("maskedit_helpers.studies.evaluate.evaluate", lambda *a, **k: {"scores": {"edit_psnr": score}})
    result = CliRunner().invoke(app, ["evaluate", "--size", "pocket"])
    assert result.exit_code == 0 and "0.500  [  one scene ]  n = 1" in result.stdout


def test_words_are_scored_against_the_target_and_its_name():
    """A kit that grounds everything as "the shirt", with the true target by words and nothing right by relevance."""
    known = KnownKit()

    def ground(image, instruction, how="auto"):
        pair = known.pairs[image.tobytes()]
        return (~pair.target if how == "relevance" else pair.target), "the shirt", None

    known.ground = ground
    scores = evaluate(known, SCENES, SEED, ground=True, progress=False)["scores"]
    shirts = [pair.name == "shirt" for pair in held_out_pairs(SCENES, SEED)]
    assert 0 < sum(shirts) < SCENES and scores["phrase_right"]["mean"] == np.mean(shirts)
    assert scores["ground_iou"]["mean"] == 1 and scores["relevance_iou"]["mean"] == 0
