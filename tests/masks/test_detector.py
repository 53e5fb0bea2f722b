"""GroundingDINO: fetched and loaded in the published layout, and its boxes held against transformers' own."""

import re
from types import SimpleNamespace

import full
import numpy as np
import pytest
import tiny
import torch
from hub import Hub, let_stand_in
from PIL import Image

import maskedit_helpers as me
from maskedit_helpers.downloads import checkpoints
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit import weights

REPO, PHRASE = "IDEA-Research/grounding-dino-tiny", "a red shirt. dog."
PICTURE = tiny.picture(60, 90)


@pytest.fixture(scope="module")
def files():
    return full.repository(full.save_detector)


@pytest.fixture(scope="module")
def folder(files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("detector")
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def load(folder, monkeypatch):
    """Load from the folder as if `fetch` had brought it there."""
    monkeypatch.setattr(weights.fetching, "fetch", lambda names: [folder])
    return lambda memory="normal": me.Kit(weights.Choice("full", "cpu", memory, "sam_vit_b", ""))


def by_hand(folder, picture, box_threshold, text_threshold):
    """transformers' classes and its own post-processing, no word of ours: (boxes, scores, labels), best first."""
    from transformers import GroundingDinoForObjectDetection, GroundingDinoProcessor

    model = GroundingDinoForObjectDetection.from_pretrained(folder).eval()
    processor = GroundingDinoProcessor.from_pretrained(folder)
    inputs = processor(images=Image.fromarray(picture), text=PHRASE, return_tensors="pt")
    with torch.no_grad():
        outputs = model(**inputs)
    found = processor.post_process_grounded_object_detection(
        outputs, inputs.input_ids, threshold=box_threshold, text_threshold=text_threshold,
        target_sizes=[picture.shape[:2]])[0]
    rows = sorted(zip(found["scores"].tolist(), found["boxes"].tolist(), found["text_labels"]), key=lambda row: -row[0])
    return [row[1] for row in rows], [row[0] for row in rows], [row[2] for row in rows]


@pytest.mark.parametrize("thresholds", [(0.3, 0.25), (0.8, 0.5)])
def test_boxes_are_those_of_transformers(load, folder, thresholds):
    found = load().detector.boxes(PICTURE, " A red  Shirt. DOG ", *thresholds)
    boxes, scores, labels = by_hand(folder, PICTURE, *thresholds)
    assert len(scores) == len(found.scores) == len(found.boxes) == len(found.labels) > 1
    assert found.boxes.dtype == found.scores.dtype == np.float32
    height, width = PICTURE.shape[:2]
    clipped = np.minimum(np.maximum(boxes, 0), [width, height, width, height])
    assert (clipped != boxes).any()  # some did reach out of the picture
    assert np.abs(found.boxes - clipped).max() < 1e-3 and np.abs(found.scores - scores).max() < 1e-6
    assert (np.diff(found.scores) <= 0).all()
    assert found.labels == [" ".join(re.findall("[a-z]+", label)) for label in labels]  # [SEP] is no word
    assert "shirt" in " ".join(found.labels)


def stub(detector, monkeypatch, boxes, logits):
    """The model answers with these: boxes as centre, width and height in parts of the picture."""
    rows = torch.full((1, len(boxes), 256), float("-inf"))
    rows[0, :, 2] = torch.tensor(logits)
    answer = SimpleNamespace(pred_boxes=torch.tensor([boxes]), logits=rows)
    monkeypatch.setattr(detector.model, "forward", lambda **inputs: answer)


def test_known_boxes_in_pixels(load, monkeypatch):
    detector = load().detector
    boxes = [[0.5, 0.5, 0.2, 0.5], [0, 0.5, 0.5, 1], [1, 0.5, 0, 0.5], [0.5, 0.5, 1, 1]]
    stub(detector, monkeypatch, boxes, [1.0, 2.0, 3.0, -3.0])
    found = detector.boxes(PICTURE, "shirt")  # the third has no width, the fourth is unsure
    assert np.allclose(found.boxes, [[0, 0, 22.5, 60], [36, 15, 54, 45]], atol=1e-4)
    assert np.allclose(found.scores, 1 / (1 + np.exp([-2.0, -1.0])), atol=1e-6)


def test_nothing_found_is_no_error(load, monkeypatch):
    detector = load().detector
    stub(detector, monkeypatch, [[0.5, 0.5, 0.2, 0.5]], [-3.0])
    found = detector.boxes(PICTURE, "shirt")
    assert found.boxes.shape == (0, 4) and found.scores.shape == (0,) and found.labels == []


def test_every_box_is_a_prompt_for_sam(load):
    from maskedit_helpers.masks.sam import Segmenter

    sam = Segmenter(tiny.sam())
    for box in load().detector.boxes(PICTURE, PHRASE, 0).boxes:
        assert sam.predict(PICTURE, box=box, multimask=False).masks.shape == (1, 60, 90)


@pytest.mark.parametrize("phrase, options, says", [
    ("", {}, "phrase '': say in words"), (" . ", {}, "phrase ' . '"), (None, {}, "phrase None"),
    ("red " * 300, {}, "303 tokens, and GroundingDINO reads 256"),
    ("shirt", {"box_threshold": 30}, "box_threshold 30: give a number from 0 to 1"),
    ("shirt", {"text_threshold": float("nan")}, "text_threshold nan")])
def test_what_makes_no_sense_is_refused(load, phrase, options, says):
    with pytest.raises(KitError, match=says):
        load().detector.boxes(PICTURE, phrase, **options)


def test_out_of_memory_says_what_to_change(load, monkeypatch):
    detector = load().detector

    def fail(*args, **options):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(detector.model, "forward", fail)
    with pytest.raises(KitError, match='^GroundingDINO: out of memory; .*memory="low", sam="vit_b"'):
        detector.boxes(PICTURE, PHRASE)


@pytest.mark.parametrize("memory, parked", [("normal", []), ("low", ["cpu"])])
def test_it_leaves_the_gpu_while_the_editor_works(load, monkeypatch, memory, parked):
    kit, moves = load(memory), []
    vars(kit)["editor"] = SimpleNamespace(edit=lambda *words: None)
    before = kit.detector.boxes(PICTURE, PHRASE)
    kit.detector.device = "cpu:0"  # stands in for a GPU
    monkeypatch.setattr(kit.detector.model, "to", moves.append)
    kit.edit(PICTURE, "make the shirt red")
    assert moves == parked
    assert np.array_equal(before.boxes, kit.detector.boxes(PICTURE, PHRASE).boxes)
    assert moves == [*parked, "cpu:0"]


def test_the_phrase_is_as_in_training(load):
    assert load().detector._read(" A red\n Shirt . ") == "a red shirt."


def test_pocket_says_how_it_grounds_instead():
    with pytest.raises(KitError, match="pocket has no detector.*SAM's own proposals.*kit.ground"):
        me.Kit(weights.Choice("pocket", "cpu", "normal", "", "")).detector


@pytest.mark.parametrize("more", [{}, {"vocab.txt": b"[PAD]\n[UNK]\n"}])  # the hub has it; it is not needed
def test_from_the_hub_to_boxes(files, folder, monkeypatch, tmp_path, capsys, more):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path / "home"))  # where what was found whole is noted
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    let_stand_in(monkeypatch, "grounding_dino_tiny")
    with Hub(repos={REPO: files | more | {"pytorch_model.bin": b"a pickle that nobody asked for"}}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        found = me.load("full").detector.boxes(PICTURE, PHRASE)
        asked = list(hub.requests)
        me.load("full").detector  # noqa: B018
        assert hub.requests == asked  # all of it lies here now
    said = capsys.readouterr().err
    assert f"downloading 690 MB: grounding_dino_tiny (690 MB) to {tmp_path}" in said
    got = {path.rsplit("/", 1)[1] for verb, path in asked if verb == "GET" and "/resolve/" in path}
    assert got == set(checkpoints.ASSETS["grounding_dino_tiny"].files) | set(more)  # no .bin
    assert found.scores.tolist() == pytest.approx(by_hand(folder, PICTURE, 0.3, 0.25)[1], abs=1e-6)


def test_it_loads_with_no_network_and_in_single_precision(load, monkeypatch):
    import socket

    def no_network(*args):
        raise AssertionError("looked on the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    assert {weights.dtype for weights in load().detector.model.parameters()} == {torch.float32}


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_broken_file_is_named(files, monkeypatch, tmp_path, file):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data[:len(data) // 2] if name == file else data)
    monkeypatch.setattr(weights.fetching, "fetch", lambda names: [tmp_path])
    with pytest.raises(KitError, match="could not be loaded .*; get it again: maskedit fetch grounding_dino_tiny$"):
        weights.load_detector(weights.Choice("full", "cpu", "normal", "", ""))


def test_a_pickle_is_not_loaded(files, monkeypatch, tmp_path):
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "model.safetensors").unlink()
    torch.save({}, tmp_path / "pytorch_model.bin")
    monkeypatch.setattr(torch, "load", lambda *args, **options: pytest.fail("unpickled"))
    monkeypatch.setattr(weights.fetching, "fetch", lambda names: [tmp_path])
    with pytest.raises(KitError, match="could not be loaded .*model.safetensors"):
        weights.load_detector(weights.Choice("full", "cpu", "normal", "", ""))


def test_kit_ground_is_grounding(monkeypatch):
    from maskedit_helpers.masks import grounding

    monkeypatch.setattr(grounding, "ground", lambda *words, **options: (words, options))
    kit = me.Kit(weights.Choice("pocket", "cpu", "normal", "", ""))
    assert kit.ground(PICTURE, "make the shirt red", seed=3) == ((kit, PICTURE, "make the shirt red"), {"seed": 3})
