"""`maskedit mask`: one prompt or several become the file that edit, blend and measure take."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.cli.masks import added_up
from maskedit_helpers.pictures.images import write_png

RED, BLUE, GREEN = (30, 40), (90, 40), (60, 95)


def disc(x, y, radius=18):
    rows, columns = np.ogrid[:128, :128]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius ** 2


@pytest.fixture
def folder(tmp_path, monkeypatch, pocket):
    """The current folder, with three discs on grey noise; the tiny random models as weights."""
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    monkeypatch.setenv("MASKEDIT_SIZE", "pocket")
    monkeypatch.chdir(tmp_path)
    picture = np.full((128, 128, 3), 128.0)
    for middle, colour in ((RED, (200, 40, 40)), (BLUE, (40, 60, 200)), (GREEN, (40, 170, 60))):
        picture[disc(*middle)] = colour
    picture += np.random.default_rng(0).normal(0, 5, picture.shape)
    write_png("discs.png", picture.clip(0, 255).astype(np.uint8))
    return tmp_path


def run(*words):
    return CliRunner().invoke(app, ["mask", "discs.png", "-o", "m.png", *words])


def made():
    return np.asarray(Image.open("m.png"))


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


def box(*middles, room=24):
    low, high = np.min(middles, 0) - room, np.max(middles, 0) + room
    return ",".join(str(value) for value in (*low, *high))


@pytest.mark.parametrize(("prompt", "meant"), [
    (("--click", "30,40"), [RED]),
    (("--box", box(RED)), [RED]),
    (("--box", box(RED), "--box", box(GREEN)), [RED, GREEN]),
    (("--box", box(RED), "--box", box(GREEN), "--click", "90,40"), [RED, GREEN, BLUE]),
    (("--box", box(RED, BLUE), "--exclude", "30,40"), [BLUE]),
    (("--box", box(RED, BLUE), "--box", box(GREEN), "--exclude", "30,40"), [BLUE, GREEN]),
])
def test_prompts_add_up_and_clicks_refine(folder, prompt, meant):
    result = run("--how", "grabcut", *prompt)
    assert result.exit_code == 0, result.output
    truth = np.any([disc(*middle) for middle in meant], axis=0)
    assert set(np.unique(made())) == {0, 255} and iou(made() > 127, truth) > 0.95


def test_the_verb_gives_the_same_mask_and_the_answer_is_whole(folder):
    answer = json.loads(run("--how", "grabcut", "--click", "30,40", "--overlay", "o.png", "--json").stdout)
    picture = me.read_image("discs.png")
    mask = me.load("pocket").segment(picture, [RED], how="grabcut")
    assert (made() == 255 * mask).all()
    assert (me.read_image("o.png") == me.overlay(picture, mask)).all()
    assert answer == {"out": "m.png", "overlay": "o.png", "models": "pocket", "device": answer["device"],
                      "how": "grabcut", "prompts": 1, "phrases": [], "mask_share": pytest.approx(mask.mean())}


def test_sam_answers_where_nothing_says_photograph_and_words_add_up(folder):
    """The tiny random weights bring no rule of what they know, so `auto` asks SAM."""
    answer = json.loads(run("--click", "30,40", "--words", "the dog", "--json").stdout)
    assert answer["how"] == "sam" and len(answer["phrases"]) == 1
    kit, picture = me.load("pocket"), me.read_image("discs.png")
    found, phrase, _ = kit.ground(picture, "the dog", phrase="the dog")
    assert answer["phrases"] == [phrase]
    assert (made() == 255 * np.maximum(kit.segment(picture, [RED]), found)).all()


def test_on_a_photograph_grabcut_is_said_to_answer_and_words_are_refused(folder, monkeypatch):
    monkeypatch.setattr(me.Kit, "domain", lambda kit, image: "photograph")
    result = run("--click", "30,40", "--json")
    assert json.loads(result.stdout)["how"] == "grabcut" and iou(made() > 127, disc(*RED)) > 0.95
    assert result.stderr.startswith("maskedit: note: this looks like a photograph") and result.stderr.count("\n") == 1
    assert json.loads(run("--click", "30,40", "--how", "sam", "--json").stdout)["how"] == "sam"
    refused = run("--words", "the dog")
    assert refused.exit_code == 2 and "find nothing by words" in refused.stderr


def test_the_mask_is_grown_softened_and_taken_by_blend_and_measure(folder):
    prompt = "--how", "grabcut", "--click", "30,40"
    assert run(*prompt).exit_code == 0
    plain = made()
    assert run(*prompt, "--dilate", "3", "--feather", "1").exit_code == 0
    grown = me.grow(plain, dilate=3, feather=1)
    assert np.abs(made() / 255 - grown).max() < 0.003
    runner = CliRunner()
    write_png("edited.png", me.read_image("discs.png") // 3)
    assert runner.invoke(app, ["blend", "discs.png", "edited.png", "m.png", "-o", "out.png"]).exit_code == 0
    measured = runner.invoke(app, ["measure", "discs.png", "out.png", "m.png", "--json"])
    assert json.loads(measured.stdout)["change_iou"] > 0.8


@pytest.mark.parametrize(("words", "says"), [
    ((), "nothing says what to select"),
    (("--click", "30"), "--click '30'"),
    (("--click", "300,40"), "click (300, 40) lies outside"),
    (("--exclude", "30,40"), "every click says exclude"),
    (("--box", "9,9,5,5"), "inverted"),
    (("--click", "30,40", "--how", "magic"), "how is 'magic'"),
    (("--click", "30,40", "--border", "neat"), "border is 'neat'"),
    (("--click", "30,40", "--dilate", "-1"), "dilate is -1"),
    (("--click", "30,40", "--overlay", "o.jpg"), "o.jpg: this writes a PNG file"),
])
def test_a_mistake_is_one_line_and_leaves_nothing(folder, words, says):
    result = run(*words)
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1, result.output
    assert sorted(path.name for path in folder.iterdir()) == ["discs.png"]


def test_which_prompts_clicks_and_boxes_make():
    a, b, far = (0, 0, 10, 10), (20, 0, 30, 10), (50, 50)
    assert added_up([], [], []) == []
    assert added_up([far], [(1, 1)], []) == [([far, (1, 1)], [1, 0], None)]
    assert added_up([far], [], [a]) == [([far], [1], a)]  # a box and a click beside it are one thing
    assert added_up([(5, 5), far], [(22, 2)], [a, b]) == [
        ([(5, 5), (22, 2)], [1, 0], a), ([(22, 2)], [0], b), ([far, (22, 2)], [1, 0], None)]
