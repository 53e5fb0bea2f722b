"""`maskedit train` on the real parts: it resumes exactly after kill -9 and exports what the kit loads."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from functools import partialmethod

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.places import models_folder, pocket_folder
from maskedit_helpers.training import train
from maskedit_helpers.training.checkpoint import read_checkpoint
from maskedit_helpers.training.dataset import load_dataset, preview_pairs
from maskedit_helpers.training.train import make_part, start_from_weights, train_part

PAIRS = 24


@pytest.fixture(scope="module")
def drawn_pairs(tmp_path_factory):
    """A folder with a handful of pairs, as a run leaves it."""
    folder = tmp_path_factory.mktemp("pairs")
    load_dataset(PAIRS, folder, progress=False)
    return folder


@pytest.fixture
def home(tmp_path, monkeypatch, drawn_pairs):
    """A MASKEDIT_HOME with a copy of the pocket weights and of the pairs."""
    (tmp_path / "models").mkdir()
    shutil.copytree(pocket_folder(), tmp_path / "models" / "pocket")
    shutil.copytree(drawn_pairs, tmp_path / "models" / "training")
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("part", "words", "module"), [
    ("vae", ("vae",), "vae"),
    ("mask-aware-both", ("mask-aware", "--way", "both", "--lora", "2"), "unet")], ids=["vae", "mask-aware"])
def test_resumes_exactly_after_kill_9(home, tmp_path_factory, part, words, module):
    """8 steps without a break against 8 steps killed in between, by the command line."""
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(home / "models", whole / "models")
    assert _train(whole, words).wait() == 0
    process = _train(home, words, every_step=True)
    checkpoint = home / "models/training" / part / "checkpoint.pt"
    while process.poll() is None and not checkpoint.exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert read_checkpoint(checkpoint, part)["step"] < 8
    assert _train(home, words).wait() == 0
    ends = [read_checkpoint(folder / "models/training" / part / "checkpoint.pt", part) for folder in (whole, home)]
    assert ends[0]["step"] == ends[1]["step"] == 8
    for kind in ("modules", "ema"):
        first, second = (end[kind][module] for end in ends)
        assert all(torch.equal(first[key], second[key]) for key in first)


def _train(home, words, every_step=False):
    """The command in a process of its own, in small steps; `every_step` ends in a checkpoint, else the last alone."""
    program = ("import gc; gc.disable(); from maskedit_helpers.training import books, vae; "
               "from maskedit_helpers.training.mask_aware import part; part.MaskAwarePart.batch_size = 2; "
               f"books.CHECKPOINT_SECONDS = {0 if every_step else 120}; vae.VAEPart.batch_size = 2; "
               "from maskedit_helpers.cli.app import main; main()")
    return subprocess.Popen(
        [sys.executable, "-c", program, "train", *words, "--steps", "8", "--pairs", str(PAIRS), "--resume",
         "--device", "cpu"],
        env={**os.environ, "MASKEDIT_HOME": str(home), "OMP_NUM_THREADS": "1"}, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("name", ["editor", "sam", "clip", "fast"])
def test_warm_training_starts_from_the_weights_and_exports_what_the_kit_loads(home, monkeypatch, name):
    from maskedit_helpers.kit.kit import Kit
    from maskedit_helpers.kit.weights import choose
    from maskedit_helpers.training.editor import EditorPart

    monkeypatch.setattr(EditorPart, "sample", partialmethod(EditorPart.sample, steps=2))  # of the preview, quickly
    data = load_dataset(PAIRS if name != "clip" else 160, models_folder() / "training", progress=False)
    fresh, warm = make_part(name, data), make_part(name, data)
    start_from_weights(warm)
    key = list(warm.modules())[0]
    pairs = zip(fresh.modules()[key].parameters(), warm.modules()[key].parameters())
    assert not all(torch.equal(a, b) for a, b in pairs)

    train_part(name, steps=1, device="cpu", warm=True, pairs=len(data))
    assert_preview_is_unseen(name)
    kit = Kit(choose("pocket"))
    if name == "editor":
        assert json.loads((pocket_folder() / "pocket.json").read_text())["editor"] == warm.settings
        image = data.before[0]
        y = kit.edit(image, data.instructions[0], steps=2, progress=False)
        assert y.shape == image.shape and y.std() > 10
    elif name == "fast":
        _, report = kit.edit(data.before[0], data.instructions[0], plan="distilled", progress=False, report=True)
        assert report.unet_rows == report.plan.steps and report.plan.distilled
    elif name == "sam":
        assert kit.sam.predict(data.before[0], points=[(64, 64)]).masks.shape == (3, 128, 128)
    else:
        features = kit.clip.images([data.before[0]])
        assert np.allclose(np.linalg.norm(features), 1, atol=1e-5)


def assert_preview_is_unseen(name):
    """The pictures in it are of the seeds kept for previews: not trained on, and no case's or evaluation's."""
    shown = np.array(Image.open(models_folder() / "training" / name / "preview.png"))
    pictures = [pair.before for pair in preview_pairs(10 if name == "clip" else 6)]
    if name in ("vae", "editor", "fast"):
        assert np.array_equal(shown[:128], np.hstack(pictures))
    elif name == "clip":
        assert np.array_equal(shown[:, :64], np.vstack([picture[::2, ::2] for picture in pictures]))
    else:  # but for the click, a dot
        assert (shown[:, :128] != np.vstack(pictures)).any(-1).mean() < 0.01


def test_a_warm_vae_keeps_its_latents(home):
    """Only the decoder moves: the editor goes on working in the latents that it knows."""
    from diffusers import AutoencoderKL

    data = load_dataset(PAIRS, models_folder() / "training", progress=False)
    folder = pocket_folder() / "editor" / "vae"
    before = AutoencoderKL.from_pretrained(folder)
    train_part("vae", steps=1, device="cpu", warm=True, pairs=len(data))
    after = AutoencoderKL.from_pretrained(folder)
    assert after.config.scaling_factor == before.config.scaling_factor and after.dtype == before.dtype
    assert_preview_is_unseen("vae")
    moved = {key.split(".")[0] for key, value in after.state_dict().items()
             if not torch.equal(value, before.state_dict()[key])}
    assert "decoder" in moved and not moved & {"encoder", "quant_conv"}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "load_dataset", drawn)
        with pytest.raises(KitError, match="begun with warm True, not False: resume with --warm"):
            train_part("vae", steps=2, device="cpu", resume=True, pairs=len(data))
        with pytest.raises(KitError, match=f"begun with pairs {PAIRS}, not 9: resume with --pairs {PAIRS}"):
            train_part("vae", steps=2, device="cpu", resume=True, warm=True, pairs=9)
        with pytest.raises(KitError, match="already holds a run: add --resume"):
            train_part("all", steps=2, device="cpu", pairs=len(data))
    train_part("vae", steps=2, device="cpu", resume=True, warm=True, pairs=len(data))
    assert read_checkpoint(models_folder() / "training/vae/checkpoint.pt", "vae")["step"] == 2


def drawn(*words):
    pytest.fail("pairs were drawn before anything was said")


@pytest.mark.parametrize("words, says", [
    (("vae", "--minutes", "-1"), "-1 minutes: give a number above 0"),
    (("all", "--minutes", "nan"), "nan minutes"),
    (("vae", "--minutes", "1", "--steps", "1"), "minutes or steps, not both"),
    (("sam", "--steps", "0"), "0 steps: give 1 or more"),
    (("clip", "--device", "gpu"), "device 'gpu' is unknown; use one of auto, cpu, cuda"),
    (("vae", "--seed", "-1"), "seed -1: give a number from 0"),
    (("vae", "--warm"), "no weights: "), (("all", "--warm"), "no weights: "),
    (("editor",), "the editor needs a trained VAE: run `maskedit train vae` first")])
def test_what_can_be_known_is_said_before_drawing(tmp_path, monkeypatch, words, says):
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    monkeypatch.setattr(train, "load_dataset", drawn)
    result = CliRunner().invoke(app, ["train", *words])
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_no_pairs_are_no_pairs():
    with pytest.raises(KitError, match="0 pairs"):
        train_part("vae", steps=1, pairs=0)


def test_unknown_part_and_missing_weights_are_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    with pytest.raises(KitError, match="vae, editor, sam, clip, fast, mask-aware or all"):
        train_part("unet")
    data = load_dataset(2, tmp_path, progress=False)
    with pytest.raises(KitError, match="train vae"):
        make_part("editor", data)
    with pytest.raises(KitError, match="no weights"):
        start_from_weights(make_part("vae", data))
