"""The studio's Python side. `set_state` is what a message from the browser calls; `go` is the browser's part of it."""

import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import tiny

import maskedit_helpers as me
from maskedit_helpers.errors import KitError
from maskedit_helpers.notebook.kept import Kept
from maskedit_helpers.notebook.studio_page import studio_page
from maskedit_helpers.picturebook.cases import Case

PICTURE = tiny.picture(64, 96)
TEXT, OTHER = "turn the shirt into red leather", "make the dog blue"
TRUE = np.zeros((64, 96), np.float32)
TRUE[20:40, 30:60] = 1
CASE = Case(name="tiny", image=PICTURE, instruction=TEXT, click=(40, 30), box=(10, 12, 60, 50),
            captions=("a shirt", "a red leather shirt"), mask=TRUE, truth=tiny.picture(64, 96, seed=3),
            parts={"shirt": TRUE, "dog": TRUE})


@pytest.fixture(scope="module")
def kit(pocket):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_HOME", str(pocket))
        made = me.load("pocket")
        assert made.sam and made.editor and made.clip  # read now, while MASKEDIT_HOME says where
    made.domain = lambda image: None  # of tiny random models nobody knows where to draw the line
    return made


@pytest.fixture
def ran(kit, monkeypatch):
    """[names of what was computed, in order]: "encode" and "mask" by SAM, "edit", "blend", "measure"."""
    from maskedit_helpers.notebook import studio

    runs = []

    def counted(name, function):
        def count(*args, **options):
            runs.append(name)
            return function(*args, **options)

        return count

    monkeypatch.setattr(kit, "edit", counted("edit", kit.edit), raising=False)
    monkeypatch.setattr(kit.sam, "predict", counted("mask", kit.sam.predict))
    for name in ("blend", "measure"):
        monkeypatch.setattr(studio, name, counted(name, getattr(studio, name)))
    hook = kit.sam.predictor.model.image_encoder.register_forward_hook(lambda *a: runs.append("encode"))
    yield runs
    hook.remove()


@pytest.fixture
def studio(kit):
    return me.Studio(CASE, kit, plan="fast")


def go(studio, most=9):
    """Grant wishes until there are none, as the browser does with its hand at rest; how many there were."""
    for wishes in range(most):
        if not studio._answer["wish"]:
            return wishes
        studio.set_state({"_go": studio._answer["wish"]})
    raise AssertionError("it wishes without end")


def turned(studio, **change):
    studio.set_state(change)
    go(studio)


def shown(studio, which):
    return me.read_image(studio._answer[which])


def test_all_is_there_from_the_start_without_a_browser(kit, studio):
    mask = kit.segment(PICTURE, points=[(40, 30)])
    y = kit.edit(PICTURE, TEXT, plan="fast", seed=1337)
    assert np.array_equal(studio.mask, mask) and np.array_equal(studio.y, y)
    assert np.array_equal(studio.y_tilde, me.blend(PICTURE, y, mask))
    judge = dict(kit=kit, captions=CASE.captions, truth=CASE.truth)
    for row, picture in zip(studio.figures, (y, me.blend(PICTURE, y, mask)), strict=True):
        assert {name: row[name] for name in row if name != "result"} == me.measure(PICTURE, picture, TRUE, **judge)
    assert [row["result"] for row in studio.figures] == ["edit", "blend"]
    assert studio._answer["wish"] == 0 and "The edit took" in studio._answer["status"]
    assert np.array_equal(shown(studio, "edit"), y) and np.array_equal(shown(studio, "blend"), studio.y_tilde)


@pytest.mark.parametrize("change", [
    {}, {"dilate": 3, "feather": 1.5}, {"instruction": OTHER}, {"s_T": 5.5, "s_I": 1.0, "seed": 7},
    {"plan": "reference"}, {"prompts": [[40, 30, 1], [70, 20, 0], [10, 12, 60, 50]]},
    {"instruction": "make the \"dog\" blue \\ ü"}, {"s_T": 7 / 3, "dilate": 2}])
def test_the_code_gives_the_same_bit_for_bit(kit, studio, change):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # words that a pocket editor was not taught
        turned(studio, **change)
        names = {"me": me, "kit": kit, "case": CASE}
        exec(studio.code(), names)
    for name in ("mask", "y", "y_tilde"):
        assert np.array_equal(names[name], getattr(studio, name)), name
    assert studio._answer["code"] == studio.code()


def test_the_code_reads_as_one_would_write_it(kit, studio):
    assert studio.code().splitlines() == [
        "mask = kit.segment(case.image, points=[(40, 30)])",
        f'y = kit.edit(case.image, "{TEXT}", plan="fast", s_T={kit.editor.s_T:g}, s_I={kit.editor.s_I:g}, seed=1337)',
        "y_tilde = me.blend(case.image, y, mask)"]
    plain = me.Studio(PICTURE, kit, TEXT, box=(10, 12, 60, 50), dilate=2, feather=0.5, show_code=False)
    assert "box=(10, 12, 60, 50)" in plain.code() and "kit.edit(image, " in plain.code()
    assert plain.code().endswith("y_tilde = me.blend(image, y, mask, dilate=2, feather=0.5)")
    assert plain._answer["code"] == ""  # which the widget then does not show


# Each change recomputes what it must, and nothing else.

@pytest.mark.parametrize("change, at_once, granted", [
    ({"dilate": 2}, ["blend"], ["measure"]),
    ({"feather": 2.5}, ["blend"], ["measure"]),
    ({"prompts": [[40, 30, 1], [44, 30, 1]]}, ["mask", "blend"], ["measure"]),
    ({"choice": 0}, ["blend"], ["measure"]),
    ({"instruction": OTHER}, [], ["edit", "blend", "measure", "measure"]),
    ({"s_T": 6.0}, [], ["edit", "blend", "measure", "measure"]),
    ({"s_I": 1.1}, [], ["edit", "blend", "measure", "measure"]),
    ({"seed": 3}, [], ["edit", "blend", "measure", "measure"]),
    ({"plan": "reference"}, [], ["edit", "blend", "measure", "measure"]),
    ({"seed": 1337, "dilate": 0}, [], []),  # as it is
])
def test_a_change_recomputes_what_follows_from_it(kit, ran, change, at_once, granted):
    studio = me.Studio(CASE, kit, plan="fast")
    assert ran.count("edit") == 1 and ran.count("blend") == 1 and ran.count("measure") == 2
    if studio._answer["best"] == change.get("choice"):
        change = {"choice": 1}
    ran.clear()
    studio.set_state(change)
    assert ran == at_once
    go(studio)
    assert ran == at_once + granted
    ran.clear()
    for read in ("y", "y_tilde", "figures", "mask"):
        getattr(studio, read)
    assert ran == []


def test_measured_by_ones_own_mask_the_edit_is_measured_anew_with_it(kit, ran):
    studio = me.Studio(CASE, kit, OTHER, plan="fast")
    ran.clear()
    turned(studio, prompts=[[40, 30, 1], [44, 30, 1]])
    assert ran == ["mask", "blend", "measure", "measure"]
    ran.clear()
    turned(studio, dilate=1)
    assert ran == ["blend", "measure"]


def test_the_cases_truth_judges_only_the_cases_own_instruction(kit, studio):
    assert studio._answer["by"] == "the true mask" and "truth_psnr" in studio.figures[0]
    turned(studio, instruction=OTHER)
    assert studio._answer["by"] == "your mask" and "truth_psnr" not in studio.figures[0]
    expected = me.measure(PICTURE, studio.y, studio.mask, kit=kit, instruction=OTHER)
    assert {name: studio.figures[0][name] for name in expected} == expected


# The last request wins.

def test_what_was_superseded_while_it_waited_is_never_computed(kit, ran):
    studio = me.Studio(CASE, kit, plan="fast")
    ran.clear()
    wishes = []
    for seed in (1, 2, 3):  # three changes are in the queue before the first go
        studio.set_state({"seed": seed})
        wishes.append(studio._answer["wish"])
    assert len(set(wishes)) == 3 and 0 not in wishes
    for wish in wishes[:2]:
        studio.set_state({"_go": wish})
        assert ran == [] and "Editing" in studio._answer["status"] and "edit" not in studio._answer
    studio.set_state({"_go": wishes[2]})
    go(studio)
    assert ran.count("edit") == 1
    assert studio._answer["of"]["seed"] == 3
    assert np.array_equal(shown(studio, "edit"), kit.edit(PICTURE, TEXT, plan="fast", seed=3))


def test_metrics_wait_for_the_hand_to_rest_too(kit, ran):
    studio = me.Studio(CASE, kit, plan="fast")
    ran.clear()
    old = []
    for dilate in range(1, 6):
        studio.set_state({"dilate": dilate})
        old.append(studio._answer["wish"])
    assert ran == ["blend"] * 5
    studio.set_state({"_go": old[0]})
    assert "measure" not in ran
    go(studio)
    assert ran == ["blend"] * 5 + ["measure"]


def test_a_change_and_the_go_of_an_older_wish_in_one_message(kit, studio):
    studio.set_state({"seed": 1})
    studio.set_state({"seed": 2, "_go": studio._answer["wish"]})
    go(studio)
    assert studio._answer["of"]["seed"] == 2
    assert np.array_equal(shown(studio, "edit"), kit.edit(PICTURE, TEXT, plan="fast", seed=2))


def test_no_two_answers_are_alike_so_that_each_is_sent(studio):
    """The browser waits for an answer to what it sent, also where nothing came of it."""
    before = studio._answer["n"]
    studio.set_state({"dilate": 1})
    studio.set_state({"dilate": 0})
    assert studio._answer["n"] > before + 1


def test_the_next_cell_needs_no_browser(kit, ran):
    studio = me.Studio(CASE, kit, plan="fast")
    studio.seed, studio.dilate = 5, 2
    ran.clear()
    expected = me.blend(PICTURE, kit.edit(PICTURE, TEXT, plan="fast", seed=5), studio.mask, dilate=2)
    assert np.array_equal(studio.y_tilde, expected)
    assert ran.count("edit") == 2  # the expected one and ours
    go(studio)
    assert ran.count("edit") == 2  # what was read is shown, not made again
    assert np.array_equal(shown(studio, "blend"), expected)


def test_what_is_read_is_a_copy(studio):
    for name in ("y", "y_tilde", "mask"):
        before = getattr(studio, name)
        getattr(studio, name)[:] = 0
        assert np.array_equal(getattr(studio, name), before) and before.any()
    studio.figures[0]["result"] = "changed"
    assert studio.figures[0]["result"] == "edit"


# What goes wrong is told.

@pytest.mark.parametrize("change, says", [
    ({"instruction": "  "}, "is empty; say what to change"),
    ({"instruction": "red " * 60}, "tokens and the model reads"),
    ({"s_T": 0.5}, "guidance"), ({"seed": -1}, "seed -1 must be"), ({"plan": "magic"}, "plan 'magic' is unknown"),
])
def test_an_edit_that_makes_no_sense_is_told_and_raised_when_read(studio, change, says):
    before = studio.y
    turned(studio, **change)
    assert says in studio._answer["status"] and "SAM expects" in studio._answer["status"]
    assert studio._answer["edit"] is None and studio._answer["blend"] is None and studio._answer["table"] is None
    for name in ("y", "y_tilde", "figures"):
        with pytest.raises(KitError, match=says):
            getattr(studio, name)
    assert studio.mask.any()
    turned(studio, instruction=TEXT, s_T=3.0, s_I=1.5, seed=1337, plan="fast")
    assert says not in studio._answer["status"]
    assert np.array_equal(studio.y, me.read_image(studio._answer["edit"])) and studio.y.shape == before.shape


def test_before_the_first_click_there_is_an_edit_and_nothing_to_join(kit):
    studio = me.Studio(PICTURE, kit, TEXT, plan="fast")
    assert "click on what to keep" in studio._answer["status"] and "The edit took" in studio._answer["status"]
    assert studio.y.shape == PICTURE.shape and studio._answer["blend"] is None and studio._answer["code"] == ""
    with pytest.raises(KitError, match="click on what to keep"):
        studio.y_tilde
    turned(studio, prompts=[[40, 30, 1]])
    assert np.array_equal(studio.y_tilde, me.blend(PICTURE, studio.y, kit.segment(PICTURE, [(40, 30)])))
    turned(studio, prompts=[])
    assert "click on what to keep" in studio._answer["status"] and studio._answer["table"] is None


def test_without_an_instruction_one_can_point_already(kit):
    studio = me.Studio(PICTURE, kit, points=[(40, 30)])
    assert studio.mask.any() and "is empty; say what to change" in studio._answer["status"]


def test_pixels_that_blend_cannot_use(kit, studio):
    turned(studio, dilate=-1)
    assert "dilate is -1" in studio._answer["status"] and studio._answer["edit"] is not None
    with pytest.raises(KitError, match="dilate is -1"):
        studio.y_tilde
    with pytest.raises(KitError, match="feather is -2"):
        me.Studio(CASE, kit, feather=-2)


def test_a_first_prompt_that_makes_no_sense_is_refused(kit):
    with pytest.raises(KitError, match="outside"):
        me.Studio(PICTURE, kit, TEXT, points=[(96, 10)])


def test_a_photograph_is_cut_out_and_its_edit_refused_in_words(monkeypatch):
    monkeypatch.delenv("MASKEDIT_HOME", raising=False)
    photo = me.load_case("astronaut", 128)
    with pytest.warns(UserWarning, match="GrabCut"):
        studio = me.Studio(photo, me.load("pocket"))
    assert studio.box == photo.box and studio.points == [photo.click] and studio.mask.any()
    assert "looks like a photograph" in studio._answer["status"] and "by GrabCut" in studio._answer["status"]
    with pytest.raises(KitError, match="looks like a photograph"):
        studio.y


def test_what_no_one_foresaw_is_told_too(kit, studio, monkeypatch):
    def broken(*args, **options):
        raise RuntimeError("out of everything")

    monkeypatch.setattr(kit, "edit", broken, raising=False)
    turned(studio, seed=9)
    assert "RuntimeError: out of everything" in studio._answer["status"] and studio._answer["wish"] == 0
    with pytest.raises(RuntimeError, match="out of everything"):
        studio.y


def test_an_interrupted_edit_is_told_and_the_next_one_is_made(kit, studio, monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(kit, "edit", interrupted, raising=False)
        turned(studio, seed=9)
    assert "was interrupted" in studio._answer["status"]
    turned(studio, seed=10)
    assert "The edit took" in studio._answer["status"]


def test_words_that_the_editor_was_not_taught_are_told_with_its_edit(studio):
    turned(studio, instruction="turn the shirt into velvet")
    assert "was not taught: velvet" in studio._answer["status"] and studio._answer["edit"]
    turned(studio, instruction=TEXT)
    assert "velvet" not in studio._answer["status"]


# What is offered.

def test_instructions_on_offer_suit_the_picture_and_the_editor_knows_their_words():
    kit = me.load("pocket")
    known = set(kit.editor.words_known())
    for name in me.case_names():
        case = me.load_case(name)
        from maskedit_helpers.notebook.suggestions import suggestions

        offered = suggestions(case, kit)
        assert offered[0] == case.instruction and len(offered) == len(set(offered)) >= 5
        assert not [word for text in offered for word in text.split() if word not in known]
        things = {word for text in offered for word in text.split()} & {"shirt", "hat", "dog", "car", "ball", "house"}
        assert things <= set(case.parts)


def test_plans_on_offer_are_those_that_the_kit_can_follow(kit, studio):
    from maskedit_helpers.editing.plan import PLANS

    can = set(PLANS) - ({"distilled"} if "distilled" not in studio._plans else set())
    assert set(studio._plans) == can and me.Studio(CASE, kit).plan == studio._plans[0]
    assert studio._plans[0] in ("distilled", kit.editor.plan)


def test_one_can_bring_instructions(kit):
    assert me.Studio(CASE, kit, instructions=["make it blue"])._offered == ["make it blue"]


# What holds it together, and where it runs.

def test_kept_remembers_the_latest_and_its_error():
    kept, made = Kept(), []

    def make():
        made.append(1)
        return len(made)

    assert [kept.get("a", key, make) for key in (1, 1, 2, 1)] == [1, 1, 2, 3]
    assert kept.has("a", 1) and not kept.has("a", 2) and not kept.has("b", 1)

    def fail():
        made.append(1)
        raise ValueError("no")

    for _ in range(3):
        with pytest.raises(ValueError, match="no"):
            kept.get("b", 1, fail)
    assert len(made) == 4


def test_it_loads_nothing_heavy_before_it_is_made():
    script = "import sys, maskedit_helpers as me; me.Studio; print('torch' in sys.modules, 'scipy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_its_code_for_the_browser_needs_nothing_else(studio):
    assert "import " not in studio._esm.replace("important", "") and "http" not in studio._esm
    assert studio._esm.count("export default") == 1


def test_a_click_and_its_blend_are_answered_within_100_ms_on_pocket(monkeypatch):
    monkeypatch.delenv("MASKEDIT_HOME", raising=False)
    case = me.load_case("shirt")
    studio = me.Studio(case, me.load("pocket"))
    seconds = []
    for x in range(40, 47):
        start = time.process_time()
        studio.set_state({"prompts": [*studio.prompts, [x, 70, 1]]})
        seconds.append(time.process_time() - start)
        go(studio)
    # Of this process: the machine does other things too.
    print("ms per click:", [round(1000 * one) for one in seconds])
    assert np.median(seconds) < 0.1


# The page of `make studio`.

def test_the_page_shows_a_case_another_one_and_a_picture_of_ones_own(monkeypatch):
    monkeypatch.delenv("MASKEDIT_HOME", raising=False)
    page = studio_page()
    bar, said, place = page.children[1:]
    which, button = bar.children
    assert [name for _, name in which.options] == me.case_names()
    studio, = place.children
    assert np.array_equal(studio._image, me.load_case("shirt").image) and studio._answer["code"] == ""
    which.value = "dog"
    assert studio.comm is None  # the one before is closed
    assert np.array_equal(place.children[0]._image, me.load_case("dog").image)

    drawn = tiny.picture(40, 30)
    upload(button, me_png(drawn))
    assert np.array_equal(place.children[0]._image, drawn) and "Your own picture" in said.value
    upload(button, me_png(tiny.picture(600, 1000)))
    assert max(place.children[0]._image.shape) == 512
    kept = place.children[0]
    upload(button, b"<b>no picture</b>")
    assert place.children[0] is kept and 'role="alert"' in said.value and "<b>" not in said.value


def me_png(picture):
    from maskedit_helpers.notebook.picture_widget import png

    return png(picture)


def upload(button, content):
    """As ipywidgets 8 gives an upload."""
    import datetime

    button.value = ({"name": "mine.png", "type": "image/png", "size": len(content), "content": memoryview(content),
                     "last_modified": datetime.datetime.now()},)
