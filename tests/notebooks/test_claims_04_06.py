"""What notebooks 04 and 06, the page for instructors and the editor's docstring claim is what is measured.

The notebooks' cells run here once each, without those that nothing in the text depends on. Then each number in the text
is held against what a cell printed: by row and column of its table, to the last digit of the text.
"""

import ast
import contextlib
import inspect
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import maskedit_helpers as me
from maskedit_helpers.masks.relevance import relevance

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NUMBER = r"(-?\d+(?:\.\d+)?)"


def run(name, without=()):
    """A lesson after its code cells ran: .text and .printed by cell, and .names, the variables."""
    cells = json.loads((FOLDER / name).read_text())["cells"]
    source = {cell["id"]: "".join(cell["source"]) for cell in cells}
    code = [cell["id"] for cell in cells if cell["cell_type"] == "code" and not cell["id"].startswith("exercise-")]
    names, printed = {"me": me, "display": print}, {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_SIZE", "pocket")
        for one in code:
            if one not in ("setup", *without):
                with contextlib.redirect_stdout(io.StringIO()) as said:
                    show(source[one], f"{name} {one}", names)
                printed[one] = said.getvalue()
    return SimpleNamespace(text=source, printed=printed, names=names)


def show(source, where, names):
    """Run a cell as a notebook does: a last line that is an expression is shown."""
    *body, last = ast.parse(source).body
    exec(compile(ast.Module(body, []), where, "exec"), names)
    if not isinstance(last, ast.Expr):
        exec(compile(ast.Module([last], []), where, "exec"), names)
    elif (value := eval(compile(ast.Expression(last.value), where, "eval"), names)) is not None:
        print(value)


@pytest.fixture(scope="module")
def metrics():
    return run("04_metrics.ipynb", without=("cell-07",))


@pytest.fixture(scope="module")
def words():
    return run("06_from_words_to_a_mask.ipynb",
               without=("cell-10", "cell-12", "cell-14", "cell-20", "cell-23", "cell-25", "cell-26"))


def at(cell, *place):
    """Lesson -> the number in a printed table: cells that name the row, then the column."""
    *row, column = place

    def find(lesson):
        lines = [re.split(r"\s{2,}", line.strip()) for line in lesson.printed[cell].splitlines()]
        heads = None
        for line in lines:
            if column in line:
                heads = line
            elif heads and set(row) <= set(line):
                return float(line[heads.index(column)])
        raise AssertionError(f"{cell} prints no {column} of {row}")

    return find


def said(cell, sentence):
    """Lesson -> the number at {} in what a cell printed."""
    return lambda lesson: float(re.search(filled(sentence), lesson.printed[cell]).group(1))


def less(a, b):
    return lambda lesson: a(lesson) - b(lesson)


def filled(sentence):
    return re.escape(sentence).replace(r"\{\}", NUMBER)


def holds(lesson, cell, sentence, places):
    """The sentence stands in that cell, and its numbers are those found at these places."""
    match = re.search(filled(sentence), lesson.text[cell])
    assert match, f"{cell} does not say: {sentence}"
    for written, place in zip(match.groups(), places, strict=True):
        digits = len(written.partition(".")[2])
        assert abs(float(written) - place(lesson)) < 1.05 * 10**-digits, f"{sentence}: {written}, {place(lesson)}"


def gallery(picture, column):
    return at("cell-24", picture, column)


IOU, BACKGROUND, FOREGROUND = "change_iou", "background_psnr (dB)", "foreground_psnr (dB)"
SSIM, EDIT, SCORE, DIRECTION = "background_ssim", "edit_psnr (dB)", "clip_score", "clip_direction"
TRUTH = "truth_psnr (dB)"
TOLD, DESCRIBED = "by instruction: clip_score", "by caption: clip_score"

CLAIMS_04 = [
    ("cell-10", "falls from {} to {}.", [at("cell-09", "0", "tau = 20"), at("cell-09", "25", "tau = 20")]),
    ("cell-16", "brighter from noisy: {} and {} dB",
     [at("cell-15", "brighter", BACKGROUND), at("cell-15", "noisy", BACKGROUND)]),
    ("cell-16", "SSIM can: {} and {}.", [at("cell-15", "brighter", SSIM), at("cell-15", "noisy", SSIM)]),
    ("cell-16", "of the three, {} dB, and an SSIM of {},",
     [at("cell-15", "blurred", BACKGROUND), at("cell-15", "blurred", SSIM)]),
    ("cell-16", "where a small lead is enough, and {} here", [said("cell-19", "learnt scale: {}")]),
    ("cell-22", "they are {} points apart, by the caption {}.",
     [less(at("cell-21", "edit", TOLD), at("cell-21", "untouched original", TOLD)),
      less(at("cell-21", "edit", DESCRIBED), at("cell-21", "untouched original", DESCRIBED))]),
    ("cell-22", "the original scores {},", [at("cell-21", "untouched original", DESCRIBED)]),
    ("cell-22", "no picture scores above {}.", [at("cell-21", "edit", TOLD)]),
    ("gallery-answer", "the true edit has {} dB, because", [gallery("true edit", BACKGROUND)]),
    ("gallery-answer", "flat red with {} and noise with {} beat the true edit's {}.",
     [gallery(name, IOU) for name in ("flat red", "noise", "true edit")]),
    ("gallery-answer", "flat red with {} dB. Noise, {} dB, looks *less* edited than the true edit, {} dB.",
     [gallery(name, FOREGROUND) for name in ("flat red", "noise", "true edit")]),
    ("gallery-answer", "the edit that bleeds: {}, where the true edit has {}. Flat red has {}, noise {}.",
     [gallery(name, SCORE) for name in ("the edit", "true edit", "flat red", "noise")]),
    ("gallery-answer", "blurring pays: {} dB where the sharp blend has {}.",
     [gallery("blurred", EDIT), gallery("blended", EDIT)]),
    ("gallery-answer", "the true edit first with {}; flat red ({}), noise ({}) and doing nothing ({}) come last",
     [gallery(name, DIRECTION) for name in ("true edit", "flat red", "noise", "did nothing")]),
    ("gallery-answer",
     "doing nothing ({} dB) nor painting (flat red {}, noise {}) nor bleeding ({}): the blend has {}.",
     [gallery(name, TRUTH) for name in ("did nothing", "flat red", "noise", "the edit", "blended")]),
    ("gallery-answer", "Blur pays here too, {}.", [gallery("blurred", TRUTH)]),
    ("cell-25", "as far as the blend does, {} for {}.",
     [at("gallery-others", "dog", name, DIRECTION) for name in ("noise", "blended")]),
    ("cell-25", "exact and {}; the true edit {} dB and {} |",
     [gallery("did nothing", SSIM), gallery("true edit", BACKGROUND), gallery("true edit", SSIM)]),
    ("cell-25", "flat red {}, noise {}; the true edit {} |",
     [gallery(name, IOU) for name in ("flat red", "noise", "true edit")]),
    ("cell-25", "flat red {} dB; the true edit {} |",
     [gallery("flat red", FOREGROUND), gallery("true edit", FOREGROUND)]),
    ("cell-25", "the original {}, the edit that bleeds {}; the true edit {} |",
     [gallery(name, SCORE) for name in ("did nothing", "the edit", "true edit")]),
    ("cell-25", "on the dog {}; the blend {}, the true edit {} |",
     [at("gallery-others", "dog", name, DIRECTION) for name in ("noise", "blended", "true edit")]),
    ("cell-25", "blurred {} and {} dB, sharp {} and {} |",
     [gallery(name, what) for name in ("blurred", "blended") for what in (EDIT, TRUTH)]),
    ("moving-lower", "but falls, to {}, and", [at("cell-26", "dog", "edit", "moving bar")]),
    ("moving-lower", "it hardly moves, to {}.", [at("cell-26", "shirt", "edit", "moving bar")]),
    ("moving-lower", "On the car it rises to {} ", [at("cell-26", "car", "edit", "moving bar")]),
]

CLAIMS_06 = [
    ("cell-17", "the dog wins with {} against {}.",
     [at("cell-16", "the dog", "clip_score"), at("cell-16", "a playful robot", "clip_score")]),
    ("cell-17", "to score higher, {} against {}.",
     [at("cell-16", "the ball", "clip_score"), at("cell-16", "a house", "clip_score")]),
    ("cell-17", "the house has {} and the dog {}:",
     [at("cell-16", "a house", "clip_score"), at("cell-16", "the dog", "clip_score")]),
    ("cell-19", "The house ({}) and the car ({}).",
     [at("cell-18", "the house", "IoU"), at("cell-18", "the car", "IoU")]),
    ("cell-19", "the car has an IoU of {}.", [said("cell-18", "IoU with the car {}")]),
    ("relevance-answer", "{} there and {} further away, where the edit changed {} and {} grey levels",
     [at("relevance-outside", where, what) for what in ("relevance", "change in grey levels")
      for where in ("near the shirt", "further away")]),
    ("relevance-answer", "the ball is bright too, {}, and hardly changes, by {} levels.",
     [at("relevance-outside", "the ball", what) for what in ("relevance", "change in grey levels")]),
    ("relevance-answer", "a rank correlation of {}.", [said("relevance-outside", "outside the shirt: {}")]),
    ("cell-24", "a poor mask of the car ({})", [at("relevance-settings", "car", "the kit's", "its IoU")]),
]


@pytest.mark.parametrize("cell, sentence, places", CLAIMS_04, ids=[f"{c[0]} {c[1][:30]}" for c in CLAIMS_04])
def test_numbers_of_the_metrics_lesson(metrics, cell, sentence, places):
    holds(metrics, cell, sentence, places)


@pytest.mark.parametrize("cell, sentence, places", CLAIMS_06, ids=[f"{c[0]} {c[1][:30]}" for c in CLAIMS_06])
def test_numbers_of_the_words_lesson(words, cell, sentence, places):
    holds(words, cell, sentence, places)


def test_what_the_metrics_lesson_says_of_stains(metrics):
    for stain in ("15", "25", "40"):
        clean, stained = (at("cell-09", name, "max(10, mean)")(metrics) for name in ("0", stain))
        assert stained >= clean  # the moving bar sees none of them
    assert at("cell-09", "15", "tau = 20")(metrics) == at("cell-09", "0", "tau = 20")(metrics)


def test_what_the_metrics_lesson_says_of_cheats(metrics):
    scores = {name: {column: gallery(name, column)(metrics) for column in (SCORE, DIRECTION)}
              for name in ("did nothing", "flat red", "noise", "blurred", "the edit", "blended", "true edit")}
    assert max(scores, key=lambda name: scores[name][SCORE]) == "the edit"
    ranked = sorted(scores, key=lambda name: -scores[name][DIRECTION])
    assert ranked[0] == "true edit" and ranked[-3:] == ["flat red", "noise", "did nothing"]
    for name in ("flat red", "noise"):
        assert re.search(rf"^{name}\s+\S+\s+\S+\s+exact", metrics.printed["cell-24"], re.M)
    for name in me.case_names():
        edit, truth = (at("gallery-others", name, picture, SCORE)(metrics) for picture in ("the edit", "true edit"))
        assert edit > truth
    noise, blend = (at("gallery-others", "dog", name, DIRECTION)(metrics) for name in ("noise", "blended"))
    assert abs(noise - blend) < 0.02


def test_pocket_cosines_are_as_high_as_said(metrics):
    said_to_be = re.search(filled("cosines of {} to {}."), metrics.text["cell-16"]).groups()
    low, high = map(float, said_to_be)
    kit, cases = metrics.names["kit"], metrics.names["cases"]
    for name, c in cases.items():
        pictures = kit.clip.images([metrics.names["edits"][name], metrics.names["blends"][name], c.truth])
        right = pictures @ kit.clip.texts([c.captions[1]])[0]
        assert low <= right.min() and right.max() < high + 0.01


def test_why_the_moving_iou_is_lower(metrics):
    for name in me.case_names():
        moving, fixed = (at("cell-26", name, "edit", f"IoU, {rule}")(metrics) for rule in ("moving", "fixed"))
        assert moving < fixed if name in ("dog", "car") else fixed < moving < fixed + 0.02
    for name in ("dog", "car"):
        moving, fixed = (at("cell-26", name, "blended", f"IoU, {rule}")(metrics) for rule in ("moving", "fixed"))
        assert moving > fixed
    car = metrics.names["cases"]["car"]
    change, inside = me.change_map(car.image, metrics.names["edits"]["car"]), car.mask > 0.5
    lost = (change > 20) & (change <= change.mean())
    assert change.mean() > 20 and (lost & inside).sum() > (lost & ~inside).sum()


def test_what_the_words_lesson_says_of_regions(words):
    printed = re.findall(r"^(the \w+) +best (\d+), second best (\d+)$", words.printed["cell-09"], re.M)
    leads = {phrase: float(best) - float(second) for phrase, best, second in printed}
    assert min(leads, key=leads.get) == "the person" and min(leads["the hat"], leads["the ball"]) > 15
    ious = {phrase: at("cell-18", phrase, "IoU")(words) for phrase in (
        "the hat", "the person", "the dog", "the ball", "the house", "the car", "the tree")}
    assert sorted(ious, key=ious.get)[:2] == ["the house", "the car"]
    assert words.printed["cell-16"].count("the published rule's choice") == 1


def test_what_the_words_lesson_says_of_relevance(words):
    settings = {name: setting.default for name, setting in inspect.signature(relevance).parameters.items()}
    assert (settings["noises"], settings["t"], settings["whisker"]) == (4, 600, 12)
    published, ours = ({name: at("relevance-settings", name, setting, "IoU of the nearest")(words)
                        for name in me.case_names()} for setting in ("published", "the kit's"))
    assert published["shirt"] < 0.6 and min(ours.values()) > 0.75
    for name in me.case_names():
        assert 0.2 < at("relevance-settings", name, "published", "map above 0.5")(words) < 0.3
        assert at("relevance-settings", name, "the kit's", "map above 0.5")(words) < 0.1


def test_the_instructors_table(metrics):
    text = (FOLDER / "INSTRUCTORS.md").read_text()
    for name, c in metrics.names["cases"].items():
        edit, blend, mask = (metrics.names[kind][name] for kind in ("edits", "blends", "masks"))
        row = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
        measured = [me.mask_iou(mask, c.mask),
                    *(me.change_iou(c.image, result, c.mask) for result in (edit, blend)),
                    *(me.background_psnr(c.image, result, c.mask) for result in (edit, blend)),
                    *(me.edit_psnr(result, c.truth, c.mask) for result in (edit, blend))]
        for written, number in zip(re.findall(NUMBER, row), measured, strict=True):
            assert abs(float(written) - number) < 1.05 * 10 ** -len(written.partition(".")[2]), row


def test_what_instructors_are_told_of_masked_guidance(metrics):
    text = (FOLDER / "INSTRUCTORS.md").read_text()
    told = [float(number) for number in re.search(filled(
        "rises from {} to {} dB; over the 50 scenes of the scoreboard it falls from {} to {} dB."), text).groups()]
    case, kit = metrics.names["cases"]["shirt"], metrics.names["kit"]
    plain, guided = (kit.edit(
        case.image, case.instruction, plan="reference", steps=10, progress=False, **how) for how in (  # as 05 does
        {}, dict(mask=metrics.names["masks"]["shirt"], blend=False, control=me.GuidanceMask(dilate=1))))
    rows = [row for row in me.control_rows() if row["source"] == "click"]
    over_all = [np.mean([row["background_psnr"] for row in rows if row["control"] == name])
                for name in ("blend", "guidance")]
    one = [me.background_psnr(case.image, y, case.mask) for y in (plain, guided)]
    assert np.allclose(told, one + over_all, atol=0.105)
    assert len({row["scene"] for row in rows}) == 50


def test_what_a_t4_must_hold():
    """The page's table, from the published configurations, without weights."""
    import open_clip
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from segment_anything import sam_model_registry
    from transformers import (
        BertConfig,
        CLIPConfig,
        CLIPTextConfig,
        CLIPTextModel,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        SwinConfig,
    )

    wide = dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, patch_size=14)
    with torch.device("meta"):
        parts = {
            "U-Net": UNet2DConditionModel(sample_size=64, in_channels=8, cross_attention_dim=768, attention_head_dim=8),
            "text encoder": CLIPTextModel(CLIPTextConfig(
                hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12)),
            "VAE": AutoencoderKL(
                block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
                up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, latent_channels=4),
            "safety checker": StableDiffusionSafetyChecker(CLIPConfig(vision_config=wide, projection_dim=768)),
            "SAM ViT-H": sam_model_registry["vit_h"](),
            "CLIP ViT-B-32": open_clip.CLIP(**open_clip.get_model_config("ViT-B-32")),
            "GroundingDINO tiny, once you ground with words": GroundingDinoForObjectDetection(GroundingDinoConfig(
                backbone_config=SwinConfig(out_indices=[2, 3, 4]), text_config=BertConfig())),
        }
    text, total, count = (FOLDER / "INSTRUCTORS.md").read_text(), 0, 0
    for name, part in parts.items():
        millions, width, size = map(float, re.search(filled(f"| {name} | {{}} | {{}} | {{}} |"), text).groups())
        parameters = sum(p.numel() for p in part.parameters())
        assert abs(parameters / 1e6 - millions) <= 1 and abs(parameters * width / 1e9 - size) <= 0.06, name
        total, count = total + parameters * width / 1e9, count + millions
    assert f"| together | {count:,.0f} | | {total:.1f} |" in text


def test_the_cap_and_not_v_weighs_the_editors_loss():
    """The training loss is 2 min(SNR, 5) times the latents' error: up to SNR = 5 twice the usual loss of the noise."""
    from diffusers import DDIMScheduler

    from maskedit_helpers.training.editor import EditorPart

    schedule = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear",
                             prediction_type="v_prediction")
    before, after, v = torch.randn((3, 64, 4, 5, 6), generator=torch.Generator().manual_seed(0))
    seen = {}

    def unet(rows, t, text):
        seen.update(noisy=rows[:, :4], t=t)
        return SimpleNamespace(sample=v)

    part = object.__new__(EditorPart)  # the loss needs no data set and no weights
    part.pipe = SimpleNamespace(scheduler=schedule, unet=unet,
                                text_encoder=lambda tokens: SimpleNamespace(last_hidden_state=None))
    loss, _ = part.loss((before, after, None, torch.ones(1)), torch.Generator().manual_seed(1))
    kept = schedule.alphas_cumprod[seen["t"]][:, None, None, None]
    alpha, sigma, snr = kept.sqrt(), (1 - kept).sqrt(), kept / (1 - kept)
    assert (snr < 5).any() and (snr > 5).any()
    latents, noise = alpha * seen["noisy"] - sigma * v, sigma * seen["noisy"] + alpha * v  # as v predicts them
    drawn = (seen["noisy"] - alpha * after) / sigma
    of_latents, of_noise = (latents - after).square(), (noise - drawn).square()
    assert torch.allclose(loss, (2 * snr.clamp(max=5) * of_latents).mean(), rtol=1e-3)
    assert torch.allclose(loss, (2 * of_noise * torch.where(snr < 5, 1, 5 / snr)).mean(), rtol=1e-3)
