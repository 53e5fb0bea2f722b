"""The controls' scoreboard held against editors whose score is known beforehand, and stopped halfway."""
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from maskedit_helpers.editing.controls.guidance_mask import GuidanceMask
from maskedit_helpers.editing.controls.table import presets
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.kit.weights import choose
from maskedit_helpers.masks.border import snapped
from maskedit_helpers.metrics.metric import METRICS, Metric
from maskedit_helpers.metrics.tables import format_table
from maskedit_helpers.metrics.truth import edit_psnr
from maskedit_helpers.pictures.blend import blend
from maskedit_helpers.studies import measuring
from maskedit_helpers.studies.evaluate import PSNR_CAP, held_out_pairs
from maskedit_helpers.studies.origin import weights
from maskedit_helpers.studies.scoreboard import SOURCES, compare, table

SCENES, SEED = 6, 3


@pytest.fixture(scope="module")
def models(pocket):
    """A kit of tiny models, for their fingerprints."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_HOME", str(pocket))
        kit = Kit(choose("pocket"))
        return kit, kit.sam, kit.editor, kit.clip


class KnownKit:
    """Edits as told: "blend" gives the original, every other control the true edit. Counts its edits.

    SAM finds nothing in the scenes of `empty`.
    """

    size, device = "known", "cpu"

    def __init__(self, models=None, fail_after=10**6, empty=()):
        self.pairs = {p.before.tobytes(): p for p in held_out_pairs(SCENES, SEED)}
        self.edits, self.fail_after, self.empty = 0, fail_after, empty
        kit = models[0] if models else SimpleNamespace(
            editor=SimpleNamespace(s_T=4.0, s_I=1.5), clip=SimpleNamespace(model=None, tokenizer=None),
            sam=SimpleNamespace(predictor=None))
        self.editor = kit.editor
        self.sam = SimpleNamespace(predict=self.predict, predictor=kit.sam.predictor)
        self.clip = SimpleNamespace(images=self.images, texts=lambda texts: np.eye(2),
                                    model=kit.clip.model, tokenizer=kit.clip.tokenizer)

    def images(self, pictures):
        first, second = pictures
        return np.eye(2) if (first != second).any() else np.ones((2, 2))

    def edit(self, images, texts, mask, control, blend, progress, report, anyway, **settings):
        assert not blend and report and 0 < len(images) == len(texts) == len(mask) <= 4
        assert all((M > 0.5).any() for M in mask)
        assert settings == {"s_T": self.editor.s_T, "s_I": self.editor.s_I, "plan": "reference", "seed": 1337}
        if self.edits >= self.fail_after:
            raise KeyboardInterrupt
        self.edits += len(images)
        pairs = [self.pairs[x.tobytes()] for x in images]
        lazy = type(control).__name__ == "Blend"
        return [p.before if lazy else p.truth for p in pairs], SimpleNamespace(seconds={"a": 2.0}, unet_rows=240)

    def predict(self, image, points):
        pair = self.pairs[image.tobytes()]
        mask = pair.mask & (pair.seed not in self.empty)
        return SimpleNamespace(masks=[~mask, mask, ~mask], best=1)

    def ground(self, image, instruction):
        assert self.pairs[image.tobytes()].instruction == instruction
        return np.ones(image.shape[:2], np.float32), "", None


def test_known_edits_score_what_they_must():
    scores = compare(KnownKit(), ["blend", "guidance"], ("truth", "words"), SCENES, SEED, progress=False)["scores"]
    right, lazy = scores["truth"]["guidance"], scores["truth"]["blend"]
    assert right["edit_psnr"]["mean"] == PSNR_CAP and 30 < right["background_psnr"]["mean"] < PSNR_CAP  # shadows move
    assert right["seam_error"]["mean"] < 0.5 * lazy["seam_error"]["mean"]
    assert lazy["background_psnr"]["mean"] == PSNR_CAP and lazy["change_iou"]["mean"] == 0
    assert lazy["edit_psnr"]["mean"] < 20 and right["edit_psnr"]["n"] == SCENES
    assert right["unet_rows"]["mean"] == 80 and right["seconds"]["mean"] == pytest.approx((4 * 0.5 + 2 * 1.0) / 6)
    assert scores["words"]["guidance"]["edit_psnr"]["mean"] == PSNR_CAP  # the whole picture holds the true edit
    assert [row["control"] for row in table(scores)] == ["blend", "guidance"] * 2


def test_rows_hold_the_metrics_of_their_board(monkeypatch):
    """By default of the result; a row may say, of the edit before the pixel blend."""
    names = ["truth_psnr", "edit_psnr", "background_psnr", "change_iou", "seam_error", "clip_direction"]
    compared = lambda: compare(KnownKit(), ["guidance"], ("truth",), 1, SEED, progress=False)  # noqa: E731
    assert list(compared()["rows"][0]) == ["scene", "control", "source", "plan", *names, "edit_psnr_before",
                                           "edit_success", "unet_rows", "seconds"]
    assert list(compared()["scores"]["truth"]["guidance"]) == [*names, "unet_rows", "seconds"]
    for name, on in (("after", ()), ("before", {"on": ("edit",)})):
        monkeypatch.setitem(METRICS, name, Metric(name, name, function=lambda y: y.mean(), **dict(on)))
    pair = next(held_out_pairs(1, SEED))
    row, = compared()["rows"]
    y_tilde = np.where(pair.mask[..., None], pair.truth, pair.before)
    assert row["before"] == pytest.approx(pair.truth.mean()) and row["after"] == pytest.approx(y_tilde.mean())
    assert {"before", "after"} <= set(format_table(table(compared()["scores"])).splitlines()[0].split())


def test_a_stopped_run_goes_on_where_it_was(tmp_path, models):
    file, whole = tmp_path / "rows.jsonl", KnownKit(models)
    expected = compare(whole, "all", ("click",), SCENES, SEED, progress=False)
    with pytest.raises(KeyboardInterrupt):
        compare(KnownKit(models, fail_after=10), "all", ("click",), SCENES, SEED, file, progress=False)
    assert 1 < len(file.read_text().splitlines()) < 1 + len(expected["rows"])
    with open(file, "a") as torn:
        torn.write('{"scene": 1')  # killed in the middle of a row
    second = KnownKit(models)
    answer = compare(second, "all", ("click",), SCENES, SEED, file, progress=False)
    assert 0 < second.edits < whole.edits
    key = lambda row: (row["scene"], row["control"])  # noqa: E731
    assert sorted(answer["rows"], key=key) == sorted(expected["rows"], key=key)
    third = KnownKit(models, fail_after=0)
    assert compare(third, "all", ("click",), SCENES, SEED, file, progress=False)["rows"] == answer["rows"]
    assert all(json.loads(line) for line in file.read_text().splitlines())


def fresh(models):
    """Models that may be spoilt."""
    kit = Kit(models[0].choice)
    kit.editor.pipe.unet.load_state_dict(models[2].pipe.unet.state_dict())
    return kit, kit.sam, kit.editor, kit.clip


def test_rows_of_another_run_are_not_mixed_in(tmp_path, models, pocket, monkeypatch):
    """The seed's sum of |w| is the same for a negated U-Net; SAM, CLIP and the scales of guidance were in no sum."""
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    file = tmp_path / "rows.jsonl"
    compare(KnownKit(models), ["blend"], ("click",), 1, SEED, file, progress=False)

    def negate(module):
        with torch.no_grad():
            next(p for p in module.parameters() if p.any()).neg_()

    for spoil, what in ((lambda kit: negate(kit.editor.pipe.unet), "editor"),
                        (lambda kit: negate(kit.editor.pipe.text_encoder), "editor"),
                        (lambda kit: negate(kit.sam.predictor.model), "SAM"),
                        (lambda kit: negate(kit.clip.model), "CLIP"),
                        (lambda kit: setattr(kit.editor, "s_T", 9.0), "settings"),
                        (lambda kit: setattr(kit.editor, "s_I", 2.0), "settings")):
        other = fresh(models)
        spoil(other[0])
        with pytest.raises(KitError, match=rf"another run \(other {what}\)"):
            compare(KnownKit(other), ["blend"], ("click",), 1, SEED, file, progress=False)
    with pytest.raises(KitError, match=r"\(other seed\)"):
        compare(KnownKit(models), ["blend"], ("click",), 1, SEED + 1, file, progress=False)
    same = KnownKit(fresh(models), fail_after=0)
    assert len(compare(same, ["blend"], ("click",), 1, SEED, file, progress=False)["rows"]) == 1


def test_a_control_that_was_changed_is_measured_anew_and_no_other(tmp_path, models, monkeypatch):
    file, names = tmp_path / "rows.jsonl", ["blend", "guidance"]
    first = compare(KnownKit(models), names, ("click",), SCENES, SEED, file, progress=False)
    monkeypatch.setattr(GuidanceMask, "presets", {"guidance": {"dilate": 1}})
    again = KnownKit(models)
    with pytest.warns(UserWarning, match=f"guidance had other settings or other code; {SCENES} rows"):
        assert compare(again, names, ("click",), SCENES, SEED, file, progress=False)["rows"] == first["rows"]
    assert again.edits == SCENES


@pytest.mark.parametrize("where", [range(1), range(4), range(SCENES)])
def test_where_sam_finds_nothing_the_original_is_scored(where):
    pairs = list(held_out_pairs(SCENES, SEED))
    empty = {pairs[i].seed for i in where}
    answer = compare(KnownKit(empty=empty), "all", ("click",), SCENES, SEED, progress=False)
    assert len(answer["rows"]) == SCENES * len(presets())
    for row in answer["rows"]:
        pair = next(p for p in pairs if p.seed == row["scene"])
        if row["scene"] in empty:
            assert row["edit_psnr"] == edit_psnr(pair.before, pair.truth, pair.mask)
            assert row["background_psnr"] == PSNR_CAP and row["change_iou"] == row["clip_direction"] == 0
            assert row["unet_rows"] is None and row["seconds"] is None
        elif row["control"] != "blend":
            result = blend(pair.before, pair.truth, snapped(pair.before, pair.mask))
            assert row["edit_psnr"] == min(edit_psnr(result, pair.truth, pair.mask), PSNR_CAP) > 15
            assert row["unet_rows"] > 0
    score = answer["scores"]["click"]["crop"]
    assert score["edit_psnr"]["n"] == SCENES and score["unet_rows"]["n"] == SCENES - len(empty)
    assert format_table(table(answer["scores"]))


def test_tiny_models_score_an_empty_mask_too(models, monkeypatch):
    """Crop has nothing to crop to."""
    kit = models[0]
    nothing = SimpleNamespace(masks=np.zeros((3, 128, 128), bool), best=0)
    monkeypatch.setattr(kit.sam, "predict", lambda *a, **k: nothing)
    rows = compare(kit, ["blend", "crop"], ("click",), 1, SEED, progress=False)["rows"]
    assert [row["clip_direction"] for row in rows] == [0, 0]


def test_workers_measure_what_the_kit_would(models, pocket, monkeypatch):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    kit = Kit(models[0].choice)
    kit.editor.s_T = 9.0  # not what the files say
    alone, together = (compare(kit, ["blend", "latent"], ("truth",), 1, SEED, workers=workers, progress=False)["rows"]
                       for workers in (1, 2))
    for a, b in zip(alone, together, strict=True):
        assert {**a, "seconds": 0} == {**b, "seconds": 0}


def test_workers_do_not_measure_other_models(models, pocket, monkeypatch):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    threads, expected = torch.get_num_threads(), weights(models[0])
    try:
        measuring._begin(models[0].choice, {}, {**expected, "SAM": "changed in memory"})
        with pytest.raises(KitError, match="use workers=1"):
            measuring._go_on(None)
        measuring._begin(models[0].choice, {}, expected)
        with pytest.raises(TypeError):  # it tries
            measuring._go_on(None)
    finally:
        torch.set_num_threads(threads)


def test_a_worker_that_dies_is_one_line(models, monkeypatch):
    from concurrent.futures.process import BrokenProcessPool
    from contextlib import nullcontext

    def dies(*task):
        raise BrokenProcessPool("terminated abruptly")

    monkeypatch.setattr(measuring, "_pool", lambda *a: nullcontext(SimpleNamespace(submit=dies)))
    with pytest.raises(KitError, match="take fewer workers"):
        compare(KnownKit(), "all", ("truth",), 1, SEED, workers=2, progress=False)


def test_masks_asked_for_twice_are_used_once():
    known = KnownKit()
    compare(known, ["guidance"], (SOURCES[1], SOURCES[1]), SCENES, SEED, progress=False)
    assert known.edits == SCENES


def test_the_figure_is_drawn_and_told(tmp_path):
    from PIL import Image

    compare(KnownKit(), ["blend", "latent"], ("click", "truth"), SCENES, SEED, figure=tmp_path / "f.png",
            progress=False)
    with Image.open(tmp_path / "f.png") as picture:
        assert picture.width > 500 and "blend with the mask from truth: 60.0, 7.9 dB" in picture.text["Description"]


def test_one_scene_has_no_interval_and_is_drawn_all_the_same(tmp_path):
    answer = compare(KnownKit(), ["blend", "latent"], ("click",), 1, SEED, figure=tmp_path / "f.png", progress=False)
    assert (tmp_path / "f.png").is_file() and answer["scores"]["click"]["latent"]["edit_psnr"]["low"] is None


@pytest.mark.parametrize(("options", "says"), [
    ({"workers": 0}, "0 workers"), ({"figure": "no/f.png"}, "there is no folder no"), ({"figure": "f.pdf"}, ".png"),
    ({"controls": ["magic"]}, "'magic' is unknown"), ({"sources": ("guess",)}, "choose out of truth, click, words"),
    ({"sources": ()}, "nowhere"), ({"scenes": 0}, "1 scene or more")])
def test_what_is_not_there_is_refused(options, says):
    with pytest.raises(KitError, match=says):
        compare(KnownKit(), **{"controls": "all", "scenes": 1, **options}, progress=False)
