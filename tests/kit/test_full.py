"""The full-size path on stand-ins in the real formats: fetched from a server, loaded, used; and, asked for by
`pytest -m fullsize`, random weights of true size."""

import copy
import functools
import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import full
import numpy as np
import open_clip
import pytest
import safetensors.torch
import tiny
import torch
from hub import Hub, let_stand_in, sha256
from PIL import Image

import maskedit_helpers as me
from maskedit_helpers.devices import GB
from maskedit_helpers.downloads import checkpoints
from maskedit_helpers.editing.editor import Editor
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit import weights
from maskedit_helpers.masks import grounding

LESSONS = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("[0-9]*.ipynb"))
PIX2PIX, CLIP = "timbrooks/instruct-pix2pix", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
DINO = "IDEA-Research/grounding-dino-tiny"


@pytest.fixture(scope="module")
def stand_ins():
    """What the server has: SAM's bytes, the three repositories."""
    return (full.sam_checkpoint(tiny.sam()), full.repository(full.instruct_pix2pix().save_pretrained),
            full.repository(full.save_clip), full.repository(full.save_detector))


@pytest.fixture
def served(monkeypatch, tmp_path, stand_ins):
    """A machine with no weights and a server that has stand-ins for all of them."""
    from huggingface_hub import constants

    sam, pix2pix, clip, dino = stand_ins
    monkeypatch.setitem(checkpoints.ASSETS, "sam_vit_h",
                        checkpoints.Checkpoint("sam_vit_h_4b8939.pth", len(sam), sha256(sam)))
    monkeypatch.setitem(checkpoints.ASSETS, "instruct_pix2pix", checkpoints.Repository(PIX2PIX, 10**6, tuple(pix2pix)))
    let_stand_in(monkeypatch, "clip_vit_b_32", "grounding_dino_tiny")
    monkeypatch.setattr("segment_anything.sam_model_registry", {"vit_h": lambda: full_sam()})
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with Hub({"segment_anything/sam_vit_h_4b8939.pth": sam}, {PIX2PIX: pix2pix, CLIP: clip, DINO: dino}) as hub:
        monkeypatch.setenv("MASKEDIT_MIRROR", f"{hub.url}/segment_anything")
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def full_sam():
    from maskedit_helpers.kit.networks import build_sam

    return build_sam(tiny.SAM)


def test_full_from_nothing_to_an_edit(served, capsys):
    kit = me.load("full")
    case = me.load_case("shirt", size=64)
    mask = kit.sam.predict(case.image, points=[case.click]).masks[0]
    said = capsys.readouterr().err
    assert "sam_vit_h" in said and "downloading" in said  # how much, and where to
    y = kit.edit(case.image, case.instruction, steps=2, progress=False)
    assert y.shape == case.image.shape and mask.shape == (64, 64)
    assert kit.long_side == kit.editor.long_side == 512
    assert type(kit.editor.pipe.scheduler).__name__ == "EulerAncestralDiscreteScheduler"
    row = me.measure(case.image, y, case.mask, kit=kit, captions=case.captions)
    assert -1 <= row["clip_direction"] <= 1
    asked = len(served.requests)
    again = me.load("full")
    again.sam, again.editor, again.clip  # noqa: B018
    assert len(served.requests) == asked  # all of it lies here now


def test_a_metric_may_ask_for_the_clip_of_the_papers(served, stand_ins, monkeypatch, tmp_path):
    """Another checkpoint, with another activation; its features are those of open_clip's own model of these weights."""
    let_stand_in(monkeypatch, "clip_vit_l_14")
    large = full.repository(functools.partial(full.save_clip, seed=1, quick_gelu=True))
    served.repos["timm/vit_large_patch14_clip_224.openai"] = large
    case = me.load_case("shirt", size=64)
    kit = me.load("full", clip="vit_l_14")
    row = me.measure(case.image, case.truth, case.mask, kit=kit, captions=case.captions)
    assert kit.why.endswith("CLIP vit_l_14)") and not checkpoints.ASSETS["clip_vit_b_32"].find()

    reference = open_clip.CLIP(**full.CLIP, quick_gelu=True).eval()
    reference.load_state_dict(safetensors.torch.load(large["open_clip_model.safetensors"]))
    pixels = torch.stack([kit.clip.preprocess(Image.fromarray(x)) for x in (case.image, case.truth)])
    with torch.inference_mode():
        before, after = reference.encode_image(pixels, normalize=True)
        words = reference.encode_text(open_clip.tokenize(list(case.captions)), normalize=True)
    direction = torch.cosine_similarity(after - before, words[1] - words[0], dim=0)
    assert row["clip_score"] == pytest.approx(100 * float(after @ words[1]), abs=1e-3)
    assert row["clip_direction"] == pytest.approx(float(direction), abs=1e-3)
    usual = me.measure(case.image, case.truth, case.mask, kit=me.load("full"), captions=case.captions)
    assert abs(usual["clip_score"] - row["clip_score"]) > 1e-2


def test_full_foretells_on_a_cpu_and_pocket_never(served, monkeypatch, pocket):
    assert me.load("full").editor.slow
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    assert not me.load("pocket").editor.slow


def test_the_doctor_tries_what_is_here_and_says_what_fails(served, monkeypatch, stand_ins):
    from typer.testing import CliRunner

    from maskedit_helpers.cli.app import app
    from maskedit_helpers.downloads import fetch

    fetch.fetch(["sam_vit_h", "instruct_pix2pix", "clip_vit_b_32"])
    served.requests.clear()
    result = CliRunner().invoke(app, ["doctor", "--try", "--json"])
    rows = json.loads(result.stdout)["tried"]
    assert {row["part"]: row["works"] for row in rows} == {
        "sam_vit_h": True, "instruct_pix2pix": True, "clip_vit_b_32": True}
    assert result.exit_code == 0 and not served.requests and all(row["step_seconds"] > 0 for row in rows)

    path = fetch.find("sam_vit_h")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    monkeypatch.setattr("open_clip.CLIP.encode_text", lambda *words, **options: torch.full((1, 16), torch.nan))
    result = CliRunner().invoke(app, ["doctor", "--try"])
    said = result.stdout.splitlines()
    assert result.exit_code == 2
    assert f"sam_vit_h does not work: {path} is not what it should be (size or hash); get it again: maskedit fetch " \
        "sam_vit_h" in said
    assert any(line.startswith("instruct_pix2pix works on cpu: loaded in ") for line in said)
    assert any(line.startswith("clip_vit_b_32 does not work: ArithmeticError: its answer is no") for line in said)


@pytest.mark.parametrize("part, name", [
    ("sam", "sam_vit_h"), ("editor", "instruct_pix2pix"), ("clip", "clip_vit_b_32"),
    ("detector", "grounding_dino_tiny")])
def test_a_part_that_cannot_be_had_is_named(served, part, name, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    served.moods = ["404"]
    with pytest.raises(KitError, match=name) as caught:
        getattr(me.load("full"), part)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("part, name", [
    ("sam", "SAM"), ("editor", "InstructPix2Pix"), ("clip", "CLIP"), ("detector", "GroundingDINO")])
def test_a_part_that_does_not_fit_says_what_to_change(served, part, name, monkeypatch):
    def too_large(*args, **options):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    kit = me.load("full")
    monkeypatch.setattr(torch.nn.Module, "to", too_large)
    with pytest.raises(KitError, match=f'^{name}: out of memory; .*memory="low", sam="vit_b"'):
        getattr(kit, part)


def test_a_checkpoint_of_another_model_is_named(served, monkeypatch):
    other = full.sam_checkpoint(torch.nn.Linear(2, 2))
    served.files["segment_anything/sam_vit_h_4b8939.pth"] = other
    monkeypatch.setitem(checkpoints.ASSETS, "sam_vit_h",
                        checkpoints.Checkpoint("sam_vit_h_4b8939.pth", len(other), sha256(other)))
    with pytest.raises(KitError, match="sam_vit_h_4b8939.pth could not be loaded.*maskedit fetch sam_vit_h"):
        me.load("full").sam


def test_a_pickle_that_would_run_code_is_not_run(served, monkeypatch, tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    trap = pickle.dumps(Trap())
    served.files["segment_anything/sam_vit_h_4b8939.pth"] = trap
    monkeypatch.setitem(checkpoints.ASSETS, "sam_vit_h",
                        checkpoints.Checkpoint("sam_vit_h_4b8939.pth", len(trap), sha256(trap)))
    with pytest.raises(KitError, match="could not be loaded"):
        me.load("full").sam
    assert not (tmp_path / "sprung").exists()


def test_low_memory_offloads_and_slices(monkeypatch):
    pipe, done = full.instruct_pix2pix(), []
    for owner, name in ((pipe, "enable_attention_slicing"), (pipe.vae, "enable_slicing"), (pipe.vae, "enable_tiling"),
                        (pipe, "enable_model_cpu_offload"), (pipe, "to")):
        monkeypatch.setattr(owner, name, lambda *a, name=name, **k: done.append(name))
    weights._place(pipe, weights.Choice("full", "cuda", "low", "sam_vit_b", ""))
    assert done == ["enable_attention_slicing", "enable_slicing", "enable_tiling", "enable_model_cpu_offload"]
    done.clear()
    weights._place(pipe, weights.Choice("full", "cuda", "normal", "sam_vit_b", ""))
    assert done == ["to"]


def test_sam_leaves_the_gpu_while_the_editor_works(served, monkeypatch):
    kit, parked = me.load("full", memory="low"), []
    monkeypatch.setattr(type(kit.sam), "park", lambda self: parked.append(True))
    case = me.load_case("shirt", size=64)
    kit.edit(case.image, case.instruction, steps=1, progress=False)
    assert parked == [True]


def test_a_parked_sam_answers_the_same():
    from maskedit_helpers.masks.sam import Segmenter

    segmenter, picture = Segmenter(tiny.sam()), tiny.picture()
    before = segmenter.predict(picture, points=[(20, 20)])
    segmenter.park()
    assert np.array_equal(before.logits, segmenter.predict(picture, points=[(20, 20)]).logits)


def test_sam_is_moved_only_where_it_is_elsewhere(monkeypatch):
    from maskedit_helpers.masks.sam import Segmenter

    segmenter, moves = Segmenter(tiny.sam()), []
    monkeypatch.setattr(segmenter.predictor.model, "to", moves.append)
    segmenter.predict(tiny.picture(), points=[(20, 20)])
    assert moves == []
    segmenter.device = "cuda"  # as if it were parked on the CPU
    segmenter.predict(tiny.picture(), points=[(20, 20)])
    assert moves == ["cuda"]


@pytest.mark.parametrize("error, says", [
    (torch.OutOfMemoryError("CUDA out of memory"), 'out of memory; load the kit with me.load."full", memory="low"'),
    (MemoryError(), "out of memory")])
def test_an_edit_that_does_not_fit_says_what_to_change(monkeypatch, error, says):
    editor = tiny.editor()

    def fail(*args, **options):
        raise error

    monkeypatch.setattr(editor.pipe.unet, "forward", fail)
    with pytest.raises(KitError, match=says):
        editor.edit(tiny.picture(), "make the shirt red", steps=1, progress=False)


def test_sam_vit_b_of_true_size_in_metas_format(monkeypatch, tmp_path):
    """91 million random parameters through segment_anything's own registry, one click on a picture of 1024 pixels."""
    from segment_anything import sam_model_registry

    torch.manual_seed(0)
    path = tmp_path / "sam_vit_b_01ec64.pth"
    torch.save(sam_model_registry["vit_b"]().state_dict(), path)
    assert abs(path.stat().st_size - 375_042_383) < 100_000  # as large as Meta's
    monkeypatch.setattr(weights.fetching, "fetch", lambda names: [path])
    kit = me.Kit(weights.Choice("full", "cpu", "normal", "sam_vit_b", ""))
    answer = kit.sam.predict(tiny.picture(768, 1024), points=[(500, 400)])
    assert answer.masks.shape == (3, 768, 1024) and answer.logits.shape == (3, 256, 256)
    assert np.isfinite(answer.scores).all()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_notebook_leans_on_pockets_size(path, monkeypatch, tmp_path):
    """Every cell with MASKEDIT_SIZE=full: other pictures, noise prediction, EulerAncestral, random edits.

    Only SAM is pocket's own, since a random one finds nothing where the notebooks click.
    """
    sam = weights.load_sam(weights.choose("pocket"))
    for name, stand_in in {"load_sam": lambda choice: sam,
                           "load_editor": lambda choice: Editor(untaught(full.instruct_pix2pix()), 192),
                           "load_clip": lambda choice: random_clip(tmp_path),
                           "load_detector": lambda choice: random_detector(tmp_path)}.items():
        monkeypatch.setattr(weights, name, for_full(stand_in, getattr(weights, name)))
    monkeypatch.setattr(weights, "FULL_LONG_SIDE", 192)
    monkeypatch.setitem(grounding.PROPOSING, "full", replace(grounding.PROPOSING["full"], side=8))  # 32 on a GPU
    for name, value in {"SIZE": "full", "RESULTS": str(tmp_path)}.items():
        monkeypatch.setenv(f"MASKEDIT_{name}", value)
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr(sys, "path", list(sys.path))
    names = {"display": print}
    for cell in json.loads(path.read_text())["cells"]:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"{path.name} {cell['id']}", "exec"), names)
    assert names["kit"].size == "full"
    if path.stem[:2] not in ("07", "09"):  # which draw pairs and scenes of their own
        assert names["case"].image.shape == (192, 192, 3)


def for_full(stand_in, own):
    """Pocket models stay what they are: studies are made with them, whatever kit is at hand."""
    return lambda choice: (stand_in if choice.size == "full" else own)(choice)


def untaught(pipe):
    """The pipeline with a tokenizer that was taught no fixed set of words."""
    pipe.tokenizer = copy.copy(pipe.tokenizer)
    pipe.tokenizer.init_kwargs = {k: v for k, v in pipe.tokenizer.init_kwargs.items() if k != "words"}
    return pipe


def random_clip(folder):
    from maskedit_helpers.masks.clip import Clip

    full.save_clip(folder)
    model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    return Clip(model, preprocess, open_clip.get_tokenizer(f"local-dir:{folder}"))


def random_detector(folder):
    from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

    from maskedit_helpers.masks.detector import Detector

    full.save_detector(folder)
    return Detector(AutoModelForZeroShotObjectDetection.from_pretrained(folder), AutoProcessor.from_pretrained(folder))


@pytest.mark.fullsize
def test_sam_vit_h_of_true_size():
    """641 million random parameters, one click on a picture of 1024 pixels."""
    from segment_anything import sam_model_registry

    from maskedit_helpers.devices import pick_device
    from maskedit_helpers.masks.sam import Segmenter

    device, seconds = pick_device(), []
    segmenter = Segmenter(sam_model_registry["vit_h"](), device)
    for _ in range(2):  # the second click decodes only
        start = time.perf_counter()
        assert segmenter.predict(tiny.picture(1024, 1024), points=[(500, 400)]).masks.shape == (3, 1024, 1024)
        seconds.append(round(time.perf_counter() - start, 2))
    print(f"\nSAM ViT-H on {device}: {seconds} s for the first and the second click, peak {peak_memory(device):.1f} GB")
    assert peak_memory(device) < 24


@pytest.mark.fullsize
def test_grounding_dino_of_true_size(monkeypatch, tmp_path):
    """172 million random parameters in the published layout, one phrase on a photograph's size."""
    from transformers import (
        BertConfig,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessor,
        SwinConfig,
    )

    from maskedit_helpers.devices import pick_device

    torch.manual_seed(0)
    full.save_detector(tmp_path)  # for its tokenizer; the rest is written over
    GroundingDinoForObjectDetection(GroundingDinoConfig(
        backbone_config=SwinConfig(out_indices=[2, 3, 4]), text_config=BertConfig())).save_pretrained(tmp_path)
    GroundingDinoImageProcessor().save_pretrained(tmp_path)
    published = checkpoints.ASSETS["grounding_dino_tiny"].size
    assert abs(sum(path.stat().st_size for path in tmp_path.iterdir()) - published) < 0.01 * published
    monkeypatch.setattr(weights.fetching, "fetch", lambda names: [tmp_path])
    device, seconds = pick_device(), []
    detector = me.Kit(weights.Choice("full", device, "normal", "sam_vit_b", "")).detector
    for _ in range(2):
        start = time.perf_counter()
        found = detector.boxes(tiny.picture(768, 1024), "a red shirt", 0)
        seconds.append(round(time.perf_counter() - start, 2))
    print(f"\nGroundingDINO on {device}: {seconds} s for two phrases, peak {peak_memory(device):.1f} GB")
    assert found.boxes.shape == (900, 4) and np.isfinite(found.boxes).all() and peak_memory(device) < 24


def peak_memory(device):
    """GB; of the GPU, or on a CPU of the whole process so far."""
    if device == "cuda":
        return torch.cuda.max_memory_allocated() / GB
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GB


@pytest.mark.fullsize
def test_an_edit_at_true_size_fits_24_gb():
    """860 million random parameters, 512x512, one step on the CPU (three rows), or 20 steps on a GPU."""
    from diffusers import (
        AutoencoderKL,
        EulerAncestralDiscreteScheduler,
        StableDiffusionInstructPix2PixPipeline,
        UNet2DConditionModel,
    )
    from transformers import CLIPTextConfig, CLIPTextModel

    from maskedit_helpers.devices import number_format, pick_device

    device, words = pick_device(), tiny.tokenizer()
    text = CLIPTextConfig(vocab_size=49408, hidden_size=768, intermediate_size=3072, num_hidden_layers=12,
                          num_attention_heads=12, max_position_embeddings=77, bos_token_id=words.bos_token_id,
                          eos_token_id=words.eos_token_id)
    unet = UNet2DConditionModel(sample_size=64, in_channels=8, cross_attention_dim=768, attention_head_dim=8)
    vae = AutoencoderKL(block_out_channels=(128, 256, 512, 512), down_block_types=("DownEncoderBlock2D",) * 4,
                        up_block_types=("UpDecoderBlock2D",) * 4, layers_per_block=2, latent_channels=4)
    assert round(sum(p.numel() for p in unet.parameters()) / 1e6) in (859, 860)
    pipe = StableDiffusionInstructPix2PixPipeline(
        vae=vae, unet=unet, text_encoder=CLIPTextModel(text), tokenizer=words, safety_checker=None,
        feature_extractor=None, requires_safety_checker=False, scheduler=EulerAncestralDiscreteScheduler(
            **full.SCHEDULER)).to(device, number_format(device))
    editor = Editor(pipe, 512)
    steps = 20 if device == "cuda" else 1
    y, report = editor.edit(tiny.picture(512, 512), "make the shirt red", steps=steps, report=True)
    print(f"\nedit on {device}, {number_format(device)}, {steps} steps: {report.seconds} s, "
          f"peak {peak_memory(device):.1f} GB")
    assert y.shape == (512, 512, 3) and report.unet_rows == 3 * steps and peak_memory(device) < 24
