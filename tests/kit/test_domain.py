"""What pocket models know and what they don't, on scenes that none was trained on and on scikit-image's photographs."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import skimage.data
from PIL import Image
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.kit import domain, weights
from maskedit_helpers.picturebook import drawn
from maskedit_helpers.picturebook.pairs import make_pair
from maskedit_helpers.picturebook.scenes import render, sample_scene
from maskedit_helpers.places import pocket_folder

SEED = 10_900_000  # far from those by which the limit was chosen
PHOTOGRAPHS = ("astronaut", "cat", "coffee", "hubble_deep_field", "immunohistochemistry", "retina", "rocket")


@pytest.fixture(scope="module")
def kit():
    return me.Kit(weights.choose("pocket"))


@pytest.fixture(scope="module")
def shirt():
    return me.load_case("shirt")


def as_jpeg(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "jpeg", quality=quality)
    return me.read_image(file.getvalue())


def parts(picture):
    """The whole, its quarters and its middle."""
    height, width = picture.shape[0] // 4, picture.shape[1] // 4
    corners = [(0, 0), (0, 2), (2, 0), (2, 2), (1, 1)]
    return [picture, *(picture[y * height:(y + 2) * height, x * width:(x + 2) * width] for y, x in corners)]


@pytest.mark.parametrize("size, quality", [(64, None), (64, 80), (128, None), (128, 75), (256, 90), (512, 85)])
def test_drawn_scenes_are_drawn_of_every_kind_and_size(kit, size, quality):
    scenes = [sample_scene(SEED + size + i) for i in range(3)]
    pictures = [make_pair(SEED + size, size=size).after]
    for scene, light in zip(scenes, ({}, {"night": True}, {"snowing": True})):
        pictures.append(render(replace(scene, **light), size).image)
    pictures = [picture if quality is None else as_jpeg(picture, quality) for picture in pictures]
    drawn._drawn.clear()  # as in a process that drew none of them
    assert [kit.domain(picture) for picture in pictures] == ["drawn"] * 4


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_photographs_are_photographs_whole_and_in_parts(kit, name):
    assert {kit.domain(part) for part in parts(getattr(skimage.data, name)())} == {"photograph"}


def test_what_the_kit_makes_of_a_drawn_scene_is_still_drawn(kit, shirt):
    y = kit.edit(shirt.image, shirt.instruction, steps=5, progress=False)
    mask = kit.sam.predict(shirt.image, points=[shirt.click]).masks[0].astype(np.float32)
    made = {"edit": y, "edited again": kit.edit(y, "make it night", steps=5, progress=False), "truth": shirt.truth,
            "blend": me.blend(shirt.image, y, mask), "soft": me.blend(shirt.image, y, mask, dilate=3, feather=3),
            "poisson": me.blend(shirt.image, y, mask, mode="poisson"), "mirrored": shirt.image[:, ::-1],
            "resized": me.resize_image(shirt.image, (300, 300)), "in float": shirt.image / 255}
    drawn._drawn.clear()
    assert {name: kit.domain(picture) for name, picture in made.items()} == dict.fromkeys(made, "drawn")


def test_asking_again_costs_nothing(kit, shirt, monkeypatch):
    fresh, asked = me.Kit(kit.choice), []
    monkeypatch.setattr(domain, "foreignness", lambda *words: asked.append(words) or 0.1)
    other = shirt.image[::-1].copy()
    for picture in (other, other.copy(), Image.fromarray(other), shirt.truth[::-1]):
        assert fresh.domain(picture) == "drawn"
    assert len(asked) == 2


def test_what_was_drawn_here_is_known_and_nothing_else(kit, monkeypatch):
    monkeypatch.setattr(domain, "foreignness", lambda *words: 9.0)
    case, pair = me.load_case("dog"), make_pair(SEED)
    for picture in (case.image, case.truth, pair.before, pair.truth, Image.fromarray(case.image)):
        assert kit.domain(picture) == "drawn"
    changed = case.image.copy()
    changed[0, 0] ^= 1
    for picture in (changed, case.image[:, ::-1], case.image[:-1], as_jpeg(case.image, 90)):
        assert kit.domain(picture) == "photograph"


def test_no_more_is_known_than_the_last_ones():
    first = np.zeros((8, 8, 3), np.uint8)
    drawn.remember(first)
    for i in range(1, drawn.LAST):
        drawn.remember(np.full((1, 1, 3), i, np.int32))
    assert drawn.is_drawn(first)
    drawn.remember(np.ones((8, 8, 3), np.uint8))
    assert not drawn.is_drawn(first) and len(drawn._drawn) == drawn.LAST


def test_a_photograph_is_refused_before_the_work(kit, shirt, monkeypatch):
    monkeypatch.setattr(kit.editor, "edit", lambda *words, **options: "edited")
    photograph, text = skimage.data.astronaut(), "make the suit red leather"
    with pytest.raises(me.KitError, match="^this looks like a photograph.*maskedit fetch full.*GPU.*kit.segment.*"
                                          r"me.blend.*me.measure.*anyway=True \(--anyway\)") as caught:
        kit.edit(photograph, text)
    assert "\n" not in str(caught.value)
    with pytest.raises(me.KitError, match="^picture 2 looks like a photograph"):
        kit.edit([shirt.image, photograph], [text] * 2)
    with pytest.raises(me.KitError, match="photograph"):
        me.guidance_grid(kit, photograph, text, [3], [1.2])
    with pytest.raises(me.KitError, match="photograph"):
        me.attention_maps(kit, photograph, text)
    assert kit.edit(photograph, text, anyway=True) == kit.edit(shirt.image, text) == "edited"


def test_words_on_a_photograph_are_looked_for_with_a_warning(kit, monkeypatch):
    from maskedit_helpers.masks import grounding

    monkeypatch.setattr(grounding, "ground", lambda *words, **options: "grounded")
    with pytest.warns(UserWarning, match="looks like a photograph"):
        assert kit.ground(skimage.data.astronaut(), "make the suit red") == "grounded"


def test_who_watches_an_edit_hears_nothing_of_it(shirt):
    kit = me.Kit(weights.choose("pocket"))
    with me.watch(kit) as seen:
        _, cost = kit.edit(shirt.image, shirt.instruction, plan="reference", steps=2, progress=False, report=True)
    assert len(seen) == 2 and cost.unet_rows == 6


def test_nobody_else_draws_the_line(kit, shirt, monkeypatch, tmp_path):
    """Full models know both kinds; of an editor trained anew nobody has measured it."""
    assert me.Kit(weights.Choice("full", "cpu", "normal", "sam_vit_b", "")).domain(skimage.data.astronaut()) is None
    settings = json.loads((pocket_folder() / "pocket.json").read_text())
    own = tmp_path / "models/pocket"
    own.mkdir(parents=True)
    own.joinpath("pocket.json").write_text(json.dumps({"editor": settings["editor"]}))
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    assert me.Kit(kit.choice).domain(skimage.data.astronaut()) is None


@pytest.fixture
def photograph(tmp_path):
    path = tmp_path / "cat.png"
    me.write_png(path, skimage.data.cat())
    return ("edit", str(path), "turn the dog into a playful robot", "-o", str(tmp_path / "out.png"))


def test_the_command_line_refuses_in_one_line(photograph, tmp_path):
    result = CliRunner().invoke(app, [*photograph, "--size", "pocket", "--click", "20,20"])
    assert result.exit_code == 2 and result.stdout == "" and not (tmp_path / "out.png").exists()
    assert result.stderr.startswith("maskedit: this looks like a photograph") and result.stderr.count("\n") == 1


def test_anyway_edits_it_and_says_what_it_is(photograph, tmp_path, shirt):
    result = CliRunner().invoke(app, [*photograph, "--size", "pocket", "--anyway", "--steps", "1", "--json"])
    assert result.exit_code == 0 and json.loads(result.stdout)["domain"] == "photograph"
    assert "maskedit: note: this looks like a photograph" in result.stderr and (tmp_path / "out.png").exists()
    me.write_png(photograph[1], shirt.image)
    result = CliRunner().invoke(app, [*photograph, "--size", "pocket", "--steps", "1", "--json"])
    assert result.exit_code == 0 and json.loads(result.stdout)["domain"] == "drawn" and "photo" not in result.stderr


def test_a_picture_of_one_colour_and_tiny_ones_are_judged_too(kit):
    for picture in (np.full((128, 128, 3), 90, np.uint8), np.zeros((3, 200, 3), np.uint8), np.uint8([[[200, 30, 30]]])):
        assert kit.domain(picture) in ("drawn", "photograph")
