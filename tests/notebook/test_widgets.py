"""The widgets' Python side: what the next cell reads. `set_state` is what a message from the browser calls."""

import re
import subprocess
import sys
import time
import types

import anywidget
import numpy as np
import pytest
import tiny

import maskedit_helpers as me
from maskedit_helpers.errors import KitError
from maskedit_helpers.masks.scissors import Scissors
from maskedit_helpers.masks.segment import segment
from maskedit_helpers.notebook.click_mask import ClickMask
from maskedit_helpers.notebook.widgets import BlendStudio, GuidanceExplorer, WindowExplorer

PICTURE = tiny.picture(64, 96)
X0, Y = tiny.picture(48, 64, seed=1), tiny.picture(48, 64, seed=2)
M = np.zeros((48, 64), np.float32)
M[12:30, 20:44] = 1


@pytest.fixture(scope="module")
def kit(pocket):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_HOME", str(pocket))
        made = me.load("pocket")
        made.sam  # read now, while MASKEDIT_HOME says where
    made.domain = lambda image: None  # of tiny random models nobody knows where to draw the line
    return made


@pytest.fixture
def encoded(kit):
    """A list that grows by one whenever the image encoder runs."""
    runs = []
    hook = kit.sam.predictor.model.image_encoder.register_forward_hook(lambda *a: runs.append(1))
    yield runs
    hook.remove()


def drawn(answer, i):
    """Mask `i` as the browser unpacks it."""
    width, height = answer["size"]
    bits = np.unpackbits(np.frombuffer(answer["bits"], np.uint8))
    return bits[i * width * height:(i + 1) * width * height].reshape(height, width)


# ClickMask

PROMPTS = [
    {"points": [(40, 30)]},
    {"points": [(40, 30), (70, 20)], "labels": [1, 0]},
    {"points": np.array([[40.0, 30.5]]), "labels": np.array([1])},
    {"box": (10, 12, 60, 50)},
    {"points": [(40, 30)], "labels": [0], "box": np.array([10, 12, 60, 50])},
]


@pytest.mark.parametrize("prompt", PROMPTS, ids=range(len(PROMPTS)))
def test_the_mask_is_kit_segments_bit_for_bit_without_a_browser(kit, prompt):
    click = ClickMask(PICTURE, kit, **prompt)
    expected = kit.segment(PICTURE, **prompt)
    assert click.mask.dtype == np.float32 and np.array_equal(click.mask, expected)
    assert np.array_equal(click.scores, kit.sam.predict(PICTURE, **prompt).scores)
    assert np.array_equal(drawn(click._answer, click._answer["best"]), expected)


def test_clicks_boxes_and_undo_from_the_browser(kit):
    click = ClickMask(PICTURE, kit, points=[(40, 30)])
    history = [[40, 30, 1], [70, 20, 0], [10, 12, 60, 50], [5, 5, 90, 60]]
    click.set_state({"prompts": history})
    assert (click.points, click.labels, click.box) == ([(40, 30), (70, 20)], [1, 0], (5, 5, 90, 60))
    assert np.array_equal(click.mask, kit.segment(PICTURE, click.points, click.labels, click.box))
    click.set_state({"prompts": history[:-1]})  # the box before it is back
    assert click.box == (10, 12, 60, 50)
    click.set_state({"prompts": history[:2]})
    assert click.box is None
    assert np.array_equal(click.mask, kit.segment(PICTURE, [(40, 30), (70, 20)], [1, 0]))
    assert click._answer["status"].startswith("1 keep, 1 exclude: mask ")


def test_another_mask_until_the_next_prompt(kit):
    click = ClickMask(PICTURE, kit, points=[(40, 30)])
    found = kit.sam.predict(PICTURE, points=[(40, 30)])
    other = next(i for i in range(3) if i != found.best and found.masks[i].any())
    click.set_state({"choice": other})
    assert np.array_equal(click.mask, me.snap(PICTURE, found.masks[other]))
    assert "rated best" not in click._answer["status"] and f"mask {other + 1} " in click._answer["status"]
    assert f"IoU {found.scores[other]:.2f}" in click._answer["status"]
    click.set_state({"prompts": [[40, 30, 1], [45, 30, 1]]})
    assert click.choice is None and "rated best" in click._answer["status"]
    assert np.array_equal(click.mask, kit.segment(PICTURE, [(40, 30), (45, 30)]))


@pytest.mark.parametrize("prompt", PROMPTS, ids=range(len(PROMPTS)))
@pytest.mark.parametrize("choice", [None, 0, 1, 2])
@pytest.mark.parametrize("border", ["snap", "sam"])
def test_code_gives_the_same_mask(kit, prompt, choice, border):
    click = ClickMask(PICTURE, kit, **prompt, border=border)
    click.choice = choice
    if not click._found.masks[click._chosen()].any():
        pytest.skip("this tiny random SAM finds nothing there")
    names = {"me": me, "kit": kit, "image": PICTURE}
    exec(click.code(), names)
    assert names["mask"].dtype == np.float32 and np.array_equal(names["mask"], click.mask)
    assert click._answer["code"] == click.code()


def test_code_reads_as_one_would_write_it(kit):
    click = ClickMask(PICTURE, kit, points=[(40, 30), (70, 20)], labels=[1, 0])
    assert click.code() == "mask = kit.segment(image, points=[(40, 30), (70, 20)], labels=[1, 0])"
    click.prompts = [[10, 12, 60, 50]]
    assert click.code() == "mask = kit.segment(image, box=(10, 12, 60, 50))"


def test_no_prompt_says_to_click(kit):
    click = ClickMask(PICTURE, kit)
    assert (click.points, click.labels, click.box) == ([], [], None)
    for read in (lambda: click.mask, lambda: click.scores, click.code):
        with pytest.raises(KitError, match="click on what to keep"):
            read()
    assert "click on what to keep" in click._answer["status"]
    click.set_state({"prompts": [[40, 30, 1]]})
    assert np.array_equal(click.mask, kit.segment(PICTURE, [(40, 30)]))
    click.set_state({"prompts": []})
    with pytest.raises(KitError, match="click on what to keep"):
        click.mask


def test_prompts_that_make_no_sense_are_told_not_thrown(kit):
    click = ClickMask(PICTURE, kit, points=[(40, 30)])
    click.set_state({"prompts": [[40, 30, 0]]})
    assert "every click says exclude" in click._answer["status"] and "bits" not in click._answer
    with pytest.raises(KitError, match="every click says exclude"):
        click.mask
    with pytest.raises(KitError, match="each of prompts must be"):
        click.prompts = [[1, 2]]
    with pytest.raises(KitError, match="each of prompts must be"):
        click.set_state({"prompts": [[1, 2]]})
    assert click.prompts == [[40, 30, 0]]


@pytest.mark.parametrize("prompt, says", [
    ({"points": [(96, 10)]}, "outside"), ({"points": [(1, 2)], "labels": [0]}, "exclude"),
    ({"labels": [1]}, "no points"), ({"points": (10, 20)}, r"list of \(x, y\)"),
    ({"box": (60, 5, 5, 40)}, "inverted"), ({"box": (1, 2, 3)}, "four"),
])
def test_first_prompts_that_make_no_sense_are_refused(kit, prompt, says):
    with pytest.raises(KitError, match=says):
        ClickMask(PICTURE, kit, **prompt)


def test_a_mask_without_pixels(kit, monkeypatch):
    monkeypatch.setattr(kit.sam.predictor.model, "mask_threshold", 1e9)
    click = ClickMask(PICTURE, kit, points=[(40, 30)])
    assert "is empty" in click._answer["status"]
    with pytest.raises(KitError, match="found nothing"):
        click.mask


def test_the_picture_is_encoded_before_the_first_click(kit, encoded):
    click = ClickMask(tiny.picture(64, 96, seed=5), kit)
    assert len(encoded) == 1
    click.set_state({"prompts": [[40, 30, 1]]})
    click.set_state({"prompts": [[40, 30, 1], [50, 30, 1]]})
    assert len(encoded) == 1


def test_a_photo_is_sent_smaller_than_it_is_and_kept_as_it_is(kit):
    photo = tiny.picture(1500, 2100)
    click = ClickMask(photo, kit, points=[(1000, 700)])
    assert click._size == [2100, 1500] and click._answer["size"] == [700, 500]
    assert click.mask.shape == (1500, 2100)
    assert np.array_equal(drawn(click._answer, click._answer["best"]), click.mask[::3, ::3])


# ClickMask on a photograph, where the scissors answer

@pytest.fixture
def photo_kit():
    """A kit without weights: whoever asks for its SAM gets an AttributeError."""
    return types.SimpleNamespace(domain=lambda image: "photograph")


def test_on_a_photograph_the_scissors_answer_and_no_weights_are_asked_for(photo_kit):
    case = me.load_case("astronaut", 256)
    with pytest.warns(UserWarning, match="photograph"):
        click = ClickMask(case.image, photo_kit, points=[case.click], box=case.box)
    expected = segment(Scissors(), case.image, [case.click], None, case.box)
    assert np.array_equal(click.mask, expected) and np.array_equal(drawn(click._answer, 0), expected)
    assert click._answer["scores"] == [] and np.isnan(click.scores).all() and len(click._answer["shares"]) == 1
    assert "by GrabCut" in click._answer["status"] and "IoU" not in click._answer["status"]
    assert click.code() == f"mask = kit.segment(image, points=[{case.click}], box={case.box})"
    with pytest.raises(KitError, match="one mask only"):
        click.choice = 1
    x, y = case.click
    click.set_state({"prompts": [*click.prompts, [x, y + 60, 0]]})  # refined as clicks come
    assert click.mask[y + 60, x] == 0 and click.mask[y, x] == 1


def test_who_answers_can_be_said(kit):
    asked = ClickMask(PICTURE, kit, points=[(40, 30)], how="grabcut")
    assert asked.code() == 'mask = kit.segment(image, points=[(40, 30)], how="grabcut")'
    names = {"kit": kit, "image": PICTURE}
    exec(asked.code(), names)
    assert np.array_equal(names["mask"], asked.mask)
    assert len(ClickMask(PICTURE, kit, points=[(40, 30)], how="sam").scores) == 3
    with pytest.raises(KitError, match="how is 'magic'"):
        ClickMask(PICTURE, kit, how="magic")


def test_an_empty_widget_on_a_photograph_waits_for_a_click(photo_kit):
    with pytest.warns(UserWarning, match="photograph"):
        click = ClickMask(me.load_case("cat", 128).image, photo_kit)
    assert "click on what to keep" in click._answer["status"]
    click.set_state({"prompts": [[60, 40, 1]]})
    assert click.mask[40, 60] == 1


def test_the_scissors_answer_within_300_ms_at_512_pixels(photo_kit):
    case = me.load_case("astronaut", 512)
    click = ClickMask(case.image, photo_kit, box=case.box, how="grabcut")
    seconds = []
    for y in range(330, 380, 10):
        start = time.process_time()
        click.set_state({"prompts": [*click.prompts, [110, y, 1]]})
        seconds.append(time.process_time() - start)
    alone = ClickMask(case.image, photo_kit, how="grabcut")
    for y in range(330, 380, 10):
        start = time.process_time()
        alone.set_state({"prompts": [[110, y, 1]]})
        seconds.append(time.process_time() - start)
    print("ms per click:", [round(1000 * one) for one in seconds])
    assert min(seconds[:5]) < 0.3 and min(seconds[5:]) < 0.3  # of this process: the machine does other things too


def test_a_click_answers_within_100_ms_on_pocket(monkeypatch):
    monkeypatch.delenv("MASKEDIT_HOME", raising=False)
    case = me.load_case("shirt")
    click = ClickMask(case.image, me.load("pocket"), points=[case.click])
    seconds = []
    for x in range(40, 45):  # SAM's decoder, and all that is sent
        start = time.perf_counter()
        click.set_state({"prompts": [*click.prompts, [x, 70, 1]]})
        seconds.append(time.perf_counter() - start)
    print("ms per click:", [round(1000 * one) for one in seconds])
    assert np.median(seconds) < 0.1


# BlendStudio


def test_y_tilde_is_what_blend_makes():
    studio = BlendStudio(X0, Y, M)
    assert (studio.dilate, studio.feather, studio.mode) == (0, 0.0, "alpha")
    assert np.array_equal(studio.y_tilde, me.blend(X0, Y, M))
    studio = BlendStudio(X0, Y, M, dilate=2, feather=1.5, mode="poisson")
    assert np.array_equal(studio.y_tilde, me.blend(X0, Y, M, dilate=2, feather=1.5, mode="poisson"))
    for change in ({"dilate": 5}, {"feather": 3}, {"mode": "alpha"}, {"dilate": 0, "feather": 0}):
        studio.set_state(change)
        how = {"dilate": studio.dilate, "feather": studio.feather, "mode": studio.mode}
        assert change.items() <= how.items()
        assert np.array_equal(studio.y_tilde, me.blend(X0, Y, M, **how))
        names = {"me": me, "x0": X0, "y": Y, "mask": M}
        exec(studio.code(), names)
        assert np.array_equal(names["y_tilde"], studio.y_tilde)


def test_a_slider_on_a_photo_works_on_what_is_sent_and_y_tilde_on_all_of_it(monkeypatch):
    """Three steps of a slider blend only the preview; the photo itself is blended once, when it is read."""
    from maskedit_helpers.notebook import widgets

    x0, y, mask = tiny.picture(1500, 2100), tiny.picture(1500, 2100, seed=1), np.zeros((1500, 2100), np.float32)
    mask[300:900, 600:1500] = 1
    sizes, usual = [], widgets.blend
    monkeypatch.setattr(widgets, "blend", lambda x0, *rest, **how: (sizes.append(x0.shape), usual(x0, *rest, **how))[1])
    studio = BlendStudio(x0, y, mask)
    for pixels in (3, 6, 9):
        studio.set_state({"dilate": pixels})
    assert sizes == [(500, 700, 3)] * 4
    for _ in range(2):
        assert np.array_equal(studio.y_tilde, me.blend(x0, y, mask, dilate=9))
    assert sizes == [(500, 700, 3)] * 4 + [(1500, 2100, 3)]
    studio.set_state({"feather": 6})
    assert np.array_equal(studio.y_tilde, me.blend(x0, y, mask, dilate=9, feather=6))
    shown = me.read_image(studio._answer["picture"]).astype(int)  # and the preview shows the same
    assert np.abs(shown - me.read_image(studio.y_tilde[1::3, 1::3])).mean() < 1


def test_a_mask_of_one_pixel_has_a_preview():
    x0, mask = tiny.picture(1100, 3000), np.zeros((1100, 3000), bool)
    mask[500, 700] = True
    studio = BlendStudio(x0, 255 - x0, mask)
    assert np.array_equal(studio.y_tilde, me.blend(x0, 255 - x0, mask))


def test_y_tilde_is_a_copy():
    studio = BlendStudio(X0, Y, M)
    studio.y_tilde[:] = 0
    assert np.array_equal(studio.y_tilde, me.blend(X0, Y, M))


def test_the_outline_is_of_the_mask_that_counts():
    studio = BlendStudio(X0, Y, M, dilate=2, feather=1.5)
    assert "bits" not in studio._answer
    studio.set_state({"_outline": True})
    soft = me.grow(M, 2, 1.5)
    assert np.array_equal(drawn(studio._answer, 0), soft > 0.5)
    beyond = drawn(studio._answer, 1) == 0
    assert np.array_equal(studio.y_tilde[beyond], X0[beyond]) and beyond.sum() < (soft == 0).sum() + beyond.size / 4


@pytest.mark.parametrize("how, says", [
    ({"dilate": 21}, "dilate is 21; the slider goes from 0 to 20 pixels"), ({"feather": -1}, "feather is -1"),
    ({"mode": "magic"}, 'mode "magic" is unknown'),
])
def test_what_the_sliders_cannot_say(how, says):
    with pytest.raises(KitError, match=says):
        BlendStudio(X0, Y, M, **how)
    studio = BlendStudio(X0, Y, M, dilate=1)
    for name, value in how.items():
        with pytest.raises(KitError, match=says):
            setattr(studio, name, value)
    assert np.array_equal(studio.y_tilde, me.blend(X0, Y, M, dilate=1))


def test_what_blend_refuses_the_studio_refuses():
    with pytest.raises(KitError, match="edit"):
        BlendStudio(X0, tiny.picture(64, 64), M)
    with pytest.raises(KitError, match="nothing is selected"):
        BlendStudio(X0, Y, M * 0)


# GuidanceExplorer

EDITS = {(s_T, s_I, seed): tiny.picture(48, 64, seed=10 * i + j)
         for i, s_T in enumerate((7.5, 2.0)) for j, s_I in enumerate((1.0, 1.5, 1.2)) for seed in (1337, 4)}


def test_any_edit_can_be_chosen():
    explorer = GuidanceExplorer(X0, EDITS)
    assert explorer._values == [["2", "7.5"], ["1", "1.2", "1.5"], ["4", "1337"]]
    assert explorer.choice == (2.0, 1.0, 4) and np.array_equal(explorer.y, EDITS[2.0, 1.0, 4])
    explorer.set_state({"_place": [1, 2, 1]})
    assert explorer.choice == (7.5, 1.5, 1337) and np.array_equal(explorer.y, EDITS[7.5, 1.5, 1337])
    assert explorer._answer["status"] == "Edit at s_T = 7.5, s_I = 1.5, seed 1337."
    for key, picture in EDITS.items():
        explorer.choice = key
        names = {"edits": EDITS}
        exec(explorer.code(), names)
        assert explorer.choice == key and np.array_equal(explorer.y, picture) and names["y"] is picture


@pytest.mark.parametrize("edits, says", [
    ({}, "edits is empty"), ({(7.5, 1.5): Y}, "must be 3 numbers"), ({7.5: Y}, "must be 3 numbers"),
    ({(7.5, 1.5, "a"): Y}, "must be 3 numbers"), ({(7.5, 1.5, 1): None}, r"edit \(7.5, 1.5, 1\)"),
    ({(7.5, 1.5, 1): Y, (2.0, 1.2, 1): Y}, r"\(2.0, 1.5, 1\) is missing"),
])
def test_edits_that_cannot_be_turned(edits, says):
    with pytest.raises(KitError, match=says):
        GuidanceExplorer(X0, edits)


def test_a_choice_that_is_not_there():
    explorer = GuidanceExplorer(X0, EDITS)
    with pytest.raises(KitError, match="no picture for"):
        explorer.choice = (7.5, 1.4, 4)
    assert explorer.choice == (2.0, 1.0, 4)


@pytest.mark.parametrize("place", [[2, 0, 0], [-1, 0, 0], [0, 0], [0, 0, 0, 0], [0.5, 0, 0], ["1", 0, 0], [True, 0, 0],
                                   [None, 0, 0]])
def test_a_place_that_is_none_is_refused_and_nothing_changes(place):
    explorer = GuidanceExplorer(X0, EDITS)
    told = explorer._answer
    with pytest.raises(KitError, match="one whole number for each of s_T, s_I, seed, less than 2, 3, 2"):
        explorer.set_state({"_place": place})
    assert explorer.choice == (2.0, 1.0, 4) and explorer._answer == told
    explorer.set_state({"_place": [1, 0, 0]})
    assert explorer.choice == (7.5, 1.0, 4)


def test_windows_are_explored_alike():
    windows = {(start, end): tiny.picture(48, 64, seed=start + end) for start in (1000, 600) for end in (0, 300)}
    explorer = WindowExplorer(X0, windows)
    assert explorer.choice == (600, 0) and explorer._answer["status"] == "Edit at start = 600, end = 0."
    assert explorer._labels[0].startswith("start") and len(explorer._place) == 2
    explorer.set_state({"_place": [1, 1]})
    assert explorer.code() == "y = edits[(1000, 300)]" and np.array_equal(explorer.y, windows[1000, 300])
    with pytest.raises(KitError, match=r"must be 2 numbers, \(start, end\)"):
        WindowExplorer(X0, EDITS)


# Where they run


def make_all(kit):
    return [ClickMask(PICTURE, kit, points=[(40, 30)]), BlendStudio(X0, Y, M), GuidanceExplorer(X0, EDITS)]


def test_the_package_offers_them_and_stays_light():
    assert (me.ClickMask, me.BlendStudio, me.GuidanceExplorer) == (ClickMask, BlendStudio, GuidanceExplorer)
    script = "import sys, maskedit_helpers.notebook.widgets; print('torch' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_code_for_the_browser_needs_nothing_else(kit):
    for widget in make_all(kit):
        assert not re.search(r"^\s*import\b|import\(", widget._esm, re.M) and "http" not in widget._esm + widget._css
        assert widget._esm.count("export default") == 1


def test_colab_gets_its_widget_manager(kit, monkeypatch):
    enabled, once = [], anywidget._util.enable_custom_widget_manager_once
    output = types.ModuleType("google.colab.output")
    output.enable_custom_widget_manager = lambda: enabled.append(1)
    output._widgets = types.SimpleNamespace(_installed_url="https://example.org/manager.js")
    for name in ("google", "google.colab"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, "google.colab.output", output)
    once.cache_clear()
    try:
        for widget in make_all(kit):
            assert enabled == [1]  # before anything is shown, and once
            data, metadata = widget._repr_mimebundle_()
            kind = "application/vnd.jupyter.widget-view+json"
            assert data[kind]["model_id"] == widget.model_id
            assert metadata[kind]["colab"]["custom_widget_manager"]["url"] == "https://example.org/manager.js"
    finally:
        once.cache_clear()


def test_elsewhere_there_is_no_such_thing(kit):
    assert "google.colab.output" not in sys.modules
    for widget in make_all(kit):
        assert widget._repr_mimebundle_()[1] == {}
