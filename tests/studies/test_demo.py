"""The cases, and the demo that runs them end to end (tiny random models: the path, not the quality)."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import skimage.data
from PIL import Image
from scipy.ndimage import distance_transform_edt
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers import written
from maskedit_helpers.cli.app import app
from maskedit_helpers.studies.demo import SOFT, run_demo

SEEDS = {"shirt": "turn the shirt into red leather", "dog": "turn the dog into a playful robot",
         "car": "turn the car into a glowing hovercraft"}


def test_the_three_seed_cases_are_there_in_order():
    assert me.case_names() == list(SEEDS)


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("size", [128, 256])
def test_drawn_case_is_whole(name, size):
    case = me.load_case(name, size)
    assert case.instruction == SEEDS[name] and len(set(case.captions)) == 2
    assert case.image.shape == case.truth.shape == (size, size, 3) and case.image.dtype == np.uint8
    assert case.mask.shape == (size, size) and set(np.unique(case.mask)) == {0, 1}
    x, y = case.click
    assert case.mask[y - 3:y + 4, x - 3:x + 4].all()  # well inside, not on an edge
    x0, y0, x1, y1 = case.box
    assert case.mask[y0:y1, x0:x1].sum() > 0.9 * case.mask.sum()


@pytest.mark.parametrize("name", SEEDS)
def test_truth_edits_the_target_and_hardly_more(name):
    case = me.load_case(name)
    change = np.abs(case.truth.astype(int) - case.image).mean(axis=2)
    inside = case.mask > 0
    assert change[inside].mean() > 20 * change[~inside].mean()


def test_unknown_case_names_the_known():
    with pytest.raises(me.KitError, match="no case 'boat'; choose one of shirt, dog, car"):
        me.load_case("boat")


PHOTOS = {"astronaut": "astronaut", "cat": "chelsea", "motorcycle": "stereo_motorcycle", "coffee": "coffee"}


def test_photographs_stand_beside_the_drawn_cases_and_nobody_meets_them_unasked():
    assert me.case_names(kind="photo") == list(PHOTOS)
    assert me.case_names(None) == [*SEEDS, *PHOTOS]
    with pytest.raises(me.KitError, match='kind is \'painted\'; use "drawn", "photo" or None'):
        me.case_names("painted")


@pytest.mark.parametrize("name", PHOTOS)
def test_a_photograph_is_scikit_images_own_and_needs_no_network(name, monkeypatch):
    def no_network(*args, **kwargs):
        raise OSError("the network was asked for")

    monkeypatch.setattr("socket.create_connection", no_network)
    monkeypatch.setattr("socket.socket.connect", no_network)
    case = me.load_case(name, 256)
    given = getattr(skimage.data, PHOTOS[name])()
    given = given[0] if isinstance(given, tuple) else given
    assert max(case.image.shape) == 256 and case.truth is None and case.mask is None and not case.parts
    np.testing.assert_array_equal(case.image, me.resize_image(given, case.image.shape[:2]))
    (x, y), (left, top, right, bottom) = case.click, case.box
    assert 0 <= left < x < right <= case.image.shape[1] and 0 <= top < y < bottom <= case.image.shape[0]
    assert len(set(case.captions)) == 2


@pytest.mark.parametrize(("name", "colour"), [("astronaut", (190, 60, 30)), ("motorcycle", (120, 10, 10)),
                                              ("coffee", (130, 30, 10)), ("cat", (150, 110, 70))])
def test_the_click_lies_on_what_is_to_be_edited(name, colour):
    """The colours of an orange suit, a red tank, a red saucer and brown fur, as a person would name them."""
    case = me.load_case(name, 512)
    x, y = case.click
    there = np.median(case.image[y - 3:y + 4, x - 3:x + 4].reshape(-1, 3), axis=0)
    assert np.abs(there - colour).max() < 60


def test_a_scikit_image_without_its_pictures_is_named(monkeypatch):
    def missing():
        raise ConnectionError("tried to download")

    monkeypatch.setattr(skimage.data, "astronaut", missing)
    with pytest.raises(me.KitError, match="carries no photograph 'astronaut'"):
        me.load_case("astronaut")


def test_photo_case(tmp_path):
    Image.new("RGB", (200, 100), (10, 20, 30)).save(tmp_path / "street.png")
    entry = {"instruction": "make it night", "photo": "street.png", "captions": ["a street", "a dark street"],
             "click": [0.5, 0.25], "box": [0, 0, 1, 0.5]}
    (tmp_path / "cases.json").write_text(json.dumps({"street": entry}))
    case = me.load_case("street", 128, tmp_path)
    assert case.image.shape == (64, 128, 3) and case.truth is None and case.mask is None
    assert case.click == (64, 16) and case.box == (0, 0, 128, 32)
    assert case.captions == ("a street", "a dark street")
    with pytest.raises(me.KitError, match="cases.json is not there"):
        me.load_case("street", 128, tmp_path / "none")


def test_demo_writes_table_and_pictures(tmp_path, monkeypatch, pocket):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["demo", "--size", "pocket", "--out", "new/demo", "--json"])
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert [(row["case"], row["result"]) for row in answer["rows"]] == [
        (name, what) for name in SEEDS for what in ("baseline", "blended", "soft", "oracle")]
    assert {"change_iou", "background_psnr", "edit_psnr", "clip_direction"} <= set(answer["rows"][0])
    assert answer["pictures"] == [f"new/demo/{name}.png" for name in (*SEEDS, "demo")]
    assert answer["folders"] == [f"new/demo/{name}" for name in SEEDS]
    heights = [Image.open(path).height for path in answer["pictures"]]
    assert heights[-1] > sum(heights[:-1])  # all rows, each under its heading
    assert "turn the dog" in Image.open("new/demo/dog.png").text["Description"]
    assert all(words in Image.open("new/demo/demo.png").text["Description"] for words in SEEDS.values())


def test_each_cases_pictures_lie_in_a_folder_of_its_own(tmp_path, monkeypatch, pocket):
    """They are what the figure shows, to go on from: `maskedit blend` of them gives the blends again."""
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    monkeypatch.setenv("MASKEDIT_RESULTS", str(tmp_path / "results"))
    assert CliRunner().invoke(app, ["demo", "--size", "pocket"]).exit_code == 0
    for name in SEEDS:
        folder, case = tmp_path / "results" / "demo" / name, me.load_case(name, 64)
        pictures = {path.stem: np.asarray(Image.open(path)) for path in folder.iterdir()}
        assert set(pictures) == {"original", "mask", "baseline", "blended", "soft", "truth"}
        x0, y, M = (pictures[what] for what in ("original", "baseline", "mask"))
        assert (x0 == case.image).all() and (pictures["truth"] == case.truth).all() and set(np.unique(M)) <= {0, 255}
        assert (pictures["blended"] == me.blend(x0, y, M)).all()
        assert (pictures["soft"] == me.blend(x0, y, M, feather=64 * SOFT)).all()
    monkeypatch.setattr(written, "HOME", tmp_path)  # whose folder results is cleaned too: not the project's own
    CliRunner().invoke(app, ["clean", "--yes"])
    assert list((tmp_path / "results").iterdir()) == []


def test_at_pockets_size_the_soft_edge_mixes_the_pixels_of_the_border_only():
    case = me.load_case("dog")
    hard, soft = (me.blend(case.image, case.truth, case.mask, feather=feather) for feather in (0, 128 * SOFT))
    away = distance_transform_edt(case.mask), distance_transform_edt(1 - case.mask)
    mixed = (hard != soft).any(2)
    assert mixed.sum() > 100 and np.maximum(*away)[mixed].max() < 3


def stand_in(edits):
    """A kit that masks the upper half and edits nothing; appends to `edits`."""
    def edit(image, instruction, anyway, progress):
        edits.append(instruction)
        return image

    def segment(image, points):
        return np.repeat(np.arange(64) < 32, 64).reshape(64, 64).astype(np.float32)

    clip = SimpleNamespace(images=lambda pictures: np.eye(2), texts=lambda texts: np.eye(2))
    return SimpleNamespace(sam=None, clip=clip, editor=SimpleNamespace(long_side=64), segment=segment, edit=edit)


def test_a_case_without_a_true_mask_has_no_iou_with_itself(tmp_path, monkeypatch):
    drawn = me.load_case("dog", 64)
    cases = {"dog": drawn, "photo": replace(drawn, name="photo", instruction="make it red", mask=None, truth=None)}
    monkeypatch.setattr("maskedit_helpers.studies.demo.case_names", lambda: list(cases))
    monkeypatch.setattr("maskedit_helpers.studies.demo.load_case", lambda name, size: cases[name])
    rows, _ = run_demo(stand_in([]), tmp_path, progress=False)
    results = [(row["case"], row["result"]) for row in rows if "mask_iou" not in row]
    assert results == [("dog", "oracle"), *(("photo", name) for name in ("baseline", "blended", "soft"))]
    assert 0 < rows[0]["mask_iou"] < 1
    assert [(tmp_path / name / "truth.png").is_file() for name in cases] == [True, False]


def test_a_case_that_is_not_there_is_said_before_the_first_edit(tmp_path, monkeypatch):
    monkeypatch.setattr("maskedit_helpers.studies.demo.case_names", lambda: ["dog", "boat"])
    edits = []
    with pytest.raises(me.KitError, match="no case 'boat'"):
        run_demo(stand_in(edits), tmp_path / "demo", progress=False)
    assert edits == [] and not (tmp_path / "demo").exists()


def test_a_cases_folder_that_cannot_be_made_is_said_before_the_first_edit(tmp_path):
    (tmp_path / "car").write_text("a file")
    edits = []
    with pytest.raises(me.KitError, match=r"car: the folder could not be made \(File exists\)"):
        run_demo(stand_in(edits), tmp_path, progress=False)
    assert edits == []
