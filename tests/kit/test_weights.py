"""Pocket or full: what is chosen and why, and what is said when weights are missing or broken."""

import subprocess
import sys
import time

import pytest
import tiny
import torch

import maskedit_helpers as me
from maskedit_helpers.devices import GB
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit import weights

CPU = weights.Choice("pocket", "cpu", "normal", "", "")
LOADERS = [weights.load_editor, weights.load_sam, weights.load_clip]


@pytest.fixture(autouse=True)
def clean(monkeypatch, tmp_path):
    monkeypatch.delenv("MASKEDIT_SIZE", raising=False)
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))


@pytest.fixture
def home(monkeypatch, pocket):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    return pocket


def gpu(monkeypatch, memory=16, missing=()):
    """A CUDA GPU with so many GB, and so many of the full weights missing; 0 GB: no GPU."""
    monkeypatch.setattr(weights, "pick_device", lambda: "cuda" if memory else "cpu")
    monkeypatch.setattr(weights, "total_memory", lambda device: memory * GB if memory else None)
    monkeypatch.setattr(weights.fetching, "missing", lambda names: list(missing))


def test_auto_takes_full_only_with_a_gpu_its_memory_and_all_weights(monkeypatch):
    gpu(monkeypatch, memory=0)
    assert weights.choose().size == "pocket" and "GPU" in weights.choose().why
    gpu(monkeypatch, missing=["sam_vit_h", "clip_vit_b_32"])
    assert weights.choose().size == "pocket"
    assert "`maskedit fetch sam_vit_h clip_vit_b_32` gets them" in weights.choose().why
    assert weights.choose(fetch=True).size == "full" and "fetched" in weights.choose(fetch=True).why
    gpu(monkeypatch, memory=4)
    assert weights.choose().size == "pocket" and "the GPU has 4 GB" in weights.choose().why
    gpu(monkeypatch)
    choice = weights.choose()
    assert (choice.size, choice.device, choice.memory) == ("full", "cuda", "normal") and "\n" not in choice.why


@pytest.mark.parametrize("memory, asked, wanted", [
    (16, "auto", "normal"), (8, "auto", "low"), (16, "low", "low"), (8, "normal", "normal")])
def test_small_gpus_take_the_models_piece_by_piece(monkeypatch, memory, asked, wanted):
    gpu(monkeypatch, memory)
    choice = weights.choose("full", memory=asked)
    assert choice.memory == wanted and ("piece by piece" in choice.why) == (wanted == "low")


def test_the_largest_sam_that_is_here(monkeypatch):
    gpu(monkeypatch)
    here = []
    monkeypatch.setattr(weights.fetching, "have", here.__contains__)
    assert weights.choose("full").sam == "sam_vit_h"
    here += ["sam_vit_b", "sam_vit_l"]
    assert weights.choose("full").sam == "sam_vit_l"
    assert weights.choose("full", sam="vit_b").sam == "sam_vit_b"


def test_auto_asks_for_the_clip_that_is_wanted(monkeypatch):
    gpu(monkeypatch)
    monkeypatch.setattr(weights.fetching, "missing", lambda names: [name for name in names if "clip" in name])
    assert "`maskedit fetch clip_vit_l_14` gets them" in weights.choose(clip="vit_l_14").why
    assert "`maskedit fetch clip_vit_b_32` gets them" in weights.choose().why


@pytest.mark.parametrize("words, says", [
    ({"memory": "tiny"}, "memory 'tiny' is unknown; use one of auto, normal, low"),
    ({"sam": "vit_g"}, "sam 'vit_g' is unknown; use one of auto, vit_h, vit_l, vit_b"),
    ({"clip": "vit_l"}, "clip 'vit_l' is unknown; use one of vit_b_32, vit_l_14")])
def test_unknown_words(words, says):
    with pytest.raises(KitError, match=says):
        weights.choose("full", **words)


def test_environment_stands_in_for_auto_only(monkeypatch):
    gpu(monkeypatch, memory=0)
    monkeypatch.setenv("MASKEDIT_SIZE", "full")
    assert weights.choose().size == "full"
    assert weights.choose("pocket").size == "pocket"
    monkeypatch.setenv("MASKEDIT_SIZE", "huge")
    with pytest.raises(KitError, match="MASKEDIT_SIZE 'huge' is unknown; use one of auto, pocket, full"):
        weights.choose()
    with pytest.raises(KitError, match="^size 'tiny' is unknown"):
        weights.choose("tiny")


def test_looking_for_full_weights_downloads_nothing(monkeypatch):
    import socket

    def no_network(*args):
        raise AssertionError("looked on the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    monkeypatch.setattr(weights, "pick_device", lambda: "cuda")
    monkeypatch.setattr(weights, "total_memory", lambda device: 16 * GB)
    assert "sam_vit_h" in weights.choose().why


def test_pocket_loads_as_saved(home, capsys):
    kit = me.load("pocket")
    assert capsys.readouterr().out == f"{kit.why}\n"
    assert kit.editor.long_side == tiny.LONG_SIDE and kit.editor.s_T == 4.0
    assert kit.editor is kit.editor and kit.sam is kit.sam
    assert {p.dtype for p in kit.editor.pipe.unet.parameters()} == {torch.float32}
    x0 = tiny.picture()
    mask = kit.segment(x0, points=[(20, 20)])
    assert (mask == tiny_mask(x0)).all()
    assert kit.edit(x0, "make the shirt red", steps=1, progress=False).shape == x0.shape
    assert kit.clip.texts(["a red shirt"]).shape == (1, 16)


def tiny_mask(x0):
    from maskedit_helpers.masks.sam import Segmenter
    from maskedit_helpers.masks.segment import segment

    return segment(Segmenter(tiny.sam()), x0, points=[(20, 20)])


def test_half_precision_files_are_computed_in_float32(pocket, tmp_path, monkeypatch):
    from diffusers import StableDiffusionInstructPix2PixPipeline as Pipeline

    folder = tmp_path / "models" / "pocket"
    source = pocket / "models" / "pocket"
    pipe = Pipeline.from_pretrained(source / "editor")
    pipe.to(dtype=torch.float16).save_pretrained(folder / "editor")
    (folder / "pocket.json").write_bytes((source / "pocket.json").read_bytes())
    loaded = weights.load_editor(CPU).pipe
    for part in (loaded.unet, loaded.vae, loaded.text_encoder):
        assert {p.dtype for p in part.parameters()} == {torch.float32}


@pytest.mark.parametrize("load", LOADERS)
def test_missing_pocket_weights_say_how_to_get_them(load):
    with pytest.raises(KitError, match="^no weights: .*not there; run `maskedit train all`"):
        load(CPU)


@pytest.mark.parametrize("load, file", [
    (weights.load_sam, "sam/model.safetensors"), (weights.load_clip, "clip/model.safetensors"),
    (weights.load_editor, "editor/unet/diffusion_pytorch_model.safetensors"),
    (weights.load_editor, "pocket.json")])
def test_broken_pocket_weights_are_named(load, file, pocket, tmp_path):
    import shutil

    shutil.copytree(pocket / "models", tmp_path / "models")
    broken = tmp_path / "models" / "pocket" / file
    whole = broken.read_bytes()
    broken.write_bytes(whole[:len(whole) // 2])
    with pytest.raises(KitError, match="could not be loaded") as caught:
        load(CPU)
    assert "\n" not in str(caught.value)


def test_sam_needs_no_library_of_the_others(home, monkeypatch):
    """Each takes seconds to load."""
    for library in ("diffusers", "transformers", "open_clip"):
        monkeypatch.setitem(sys.modules, library, None)  # an import of it fails
    assert weights.load_sam(CPU).predict(tiny.picture(), points=[(20, 20)]).masks.shape == (3, 64, 64)


@pytest.mark.parametrize("load, inside", [
    (weights.load_editor, "pocket_settings"), (weights.load_clip, "_register_clip")])
def test_the_libraries_are_silent_while_they_load_and_speak_again(home, monkeypatch, load, inside):
    from transformers.utils import logging

    logging.set_verbosity_warning()
    heard, step = [], getattr(weights, inside)
    monkeypatch.setattr(weights, inside, lambda *a: heard.append(logging.get_verbosity()) or step(*a))
    load(CPU)
    assert heard == [logging.ERROR] and logging.get_verbosity() == logging.WARNING


def test_importing_the_kit_loads_nothing_heavy():
    heavy = "numpy torch diffusers transformers open_clip segment_anything matplotlib skimage".split()
    code = f"import sys, maskedit_helpers as me; me.KitError; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_importing_the_kit_takes_no_time():
    def seconds(code):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - start

    runs = [(seconds("import maskedit_helpers"), seconds("pass")) for _ in range(3)]
    assert min(kit - empty for kit, empty in runs) <= 0.05


def test_every_verb_is_there():
    for name in me.__all__:
        assert callable(getattr(me, name))
    assert set(me.__all__) <= set(dir(me))
    with pytest.raises(AttributeError):
        me.no_such_verb
