"""The command line: what it prints, and every mistake as one line, exit code 2 and nothing half-written."""

import errno
import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tiny
from PIL import Image
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures.images import write_png

TEXT = "turn the dog into a robot"


@pytest.fixture
def folder(tmp_path, monkeypatch, pocket):
    """The current folder, with pictures; the tiny models as weights."""
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    monkeypatch.setenv("MASKEDIT_SIZE", "pocket")
    monkeypatch.chdir(tmp_path)
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:40] = 255
    pictures = {"photo": tiny.picture(), "edited": tiny.picture(seed=1), "tall": tiny.picture(64, 40),
                "mask": mask, "empty": mask * 0, "wide": mask[:32]}
    for name, picture in pictures.items():
        Image.fromarray(picture).save(f"{name}.png")
    (tmp_path / "text.png").write_text("no image")
    return tmp_path


MEASURE = ("measure", "photo.png", "edited.png", "mask.png")
BLEND = ("blend", "photo.png", "edited.png", "mask.png", "-o", "out.png")


def edit(*words, image="photo.png", text=TEXT, out="out.png"):
    return ("edit", image, text, "-o", out, "--steps", "1", *words)


def run(*words):
    return CliRunner().invoke(app, list(words))


def pixels(path):
    return np.asarray(Image.open(path))


def test_edit_without_a_mask_is_the_editors_edit(folder):
    result = run(*edit("--seed", "5", "--s-t", "3", "--json"))
    assert result.exit_code == 0, result.stderr
    row = json.loads(result.stdout)
    assert row["unet_rows"] == 3 and row["mask_share"] is None and row["models"] == "pocket"
    expected = me.load("pocket").edit(tiny.picture(), TEXT, steps=1, seed=5, s_T=3, progress=False)
    assert np.array_equal(pixels("out.png"), expected)


@pytest.mark.parametrize("where", [
    ("--click", "20,20"), ("--click", "20,20", "--click", "25,25", "--exclude", "60,60"),
    ("--box", "10,10,50,50"), ("--mask", "mask.png")])
def test_edit_where_it_is_told_to(folder, where):
    result = run(*edit(*where, "--mask-out", "used.png"))
    assert result.exit_code == 0, result.stderr
    assert "% of the picture" in result.stdout
    used = pixels("used.png") > 127
    assert used.any() and not used.all()
    out, photo = pixels("out.png"), pixels("photo.png")
    assert np.array_equal(out[~used], photo[~used]) and not np.array_equal(out[used], photo[used])


def test_blend_is_the_equation(folder):
    result = run(*BLEND, "--json")
    assert result.exit_code == 0, result.stderr
    row = json.loads(result.stdout)
    assert row == {"out": "out.png", "mask_share": 32 * 24 / 64**2}
    M = pixels("mask.png")[..., None] > 0
    assert np.array_equal(pixels("out.png"), np.where(M, pixels("edited.png"), pixels("photo.png")))
    assert run(*BLEND, "--dilate", "2", "--feather", "1.5", "--poisson").exit_code == 0


def test_measure_speaks_json_that_any_reader_takes(folder):
    run(*BLEND)
    result = run("measure", "photo.png", "out.png", "mask.png", "--truth", "edited.png", "--json")
    assert result.exit_code == 0, result.stderr
    row = json.loads(result.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert row["background_psnr"] == "inf" and row["edit_psnr"] == "inf" and row["change_iou"] > 0.9
    assert "clip_score" not in row and row["note"] == ""


def test_measure_prints_a_table_and_names_an_unedited_result(folder):
    result = run("measure", "photo.png", "photo.png", "mask.png")
    assert result.exit_code == 0 and "unedited" in result.stdout and "change_iou" in result.stdout


def test_measure_with_words_asks_clip(folder):
    row = json.loads(run(*MEASURE, "--instruction", "make the shirt red", "--json").stdout)
    assert -100 <= row["clip_score"] <= 100 and "clip_direction" not in row
    row = json.loads(run(*MEASURE, "--caption", "a dog", "a robot", "--json").stdout)
    assert -1 <= row["clip_direction"] <= 1


def test_words_pocket_does_not_know_are_noted_on_stderr(folder):
    result = run(*edit("--json", text="turn the spaceship red"))
    assert "maskedit: note: the pocket editor was not taught: spaceship" in result.stderr
    json.loads(result.stdout)


LONG = "red " * 30
BAD = [  # what is wrong, the command, what its line must name
    ("missing file", edit(image="none.png"), "none.png: there is no such file"),
    ("missing file", ("blend", "photo.png", "none.png", "mask.png", "-o", "out.png"), "none.png"),
    ("missing file", ("measure", "photo.png", "edited.png", "none.png"), "none.png"),
    ("a folder", edit(image="."), "folder"),
    ("not an image", edit(image="text.png"), "text.png: not an image"),
    ("not an image", ("blend", "text.png", "edited.png", "mask.png", "-o", "out.png"), "text.png"),
    ("not an image", ("measure", "photo.png", "text.png", "mask.png"), "text.png"),
    ("empty mask", edit("--mask", "empty.png"), "nothing is selected"),
    ("empty mask", ("blend", "photo.png", "edited.png", "empty.png", "-o", "o.png"), "nothing is selected"),
    ("empty mask", ("measure", "photo.png", "edited.png", "empty.png"), "nothing is selected"),
    ("mask of other aspect", edit("--mask", "wide.png"), "mask: 64x32"),
    ("mask of other aspect", ("blend", "photo.png", "edited.png", "wide.png", "-o", "o.png"), "mask: 64x32"),
    ("mask of other aspect", ("measure", "photo.png", "edited.png", "wide.png"), "mask: 64x32"),
    ("edit of other aspect", ("blend", "photo.png", "tall.png", "mask.png", "-o", "out.png"), "40x64"),
    ("click outside", edit("--click", "70,20"), "click (70, 20) lies outside"),
    ("click that is none", edit("--click", "here"), "--click 'here'"),
    ("click of three", edit("--click", "1,2,3"), "--click '1,2,3'"),
    ("only excluded", edit("--exclude", "20,20"), "exclude"),
    ("inverted box", edit("--box", "50,10,10,50"), "box (50, 10, 10, 50) is empty or inverted"),
    ("box of three", edit("--box", "50,10,10"), "--box '50,10,10'"),
    ("mask and click", edit("--mask", "mask.png", "--click", "3,3"), "--mask"),
    ("nothing to feather", edit("--feather", "2"), "no mask"),
    ("feather without end", edit("--mask", "mask.png", "--feather", "inf"), "feather"),
    ("feather without end", ("blend", "photo.png", "edited.png", "mask.png", "-o", "o.png", "--feather", "inf"),
     "feather"),
    ("dilation that is no number", edit("--mask", "mask.png", "--dilate", "nan"), "dilate"),
    ("instruction of nothing", edit(text="\x07\u200b"), "is empty"),
    ("nothing to control", edit("--control", "latent"), "no mask"),
    ("words and a click", edit("--words", "auto", "--click", "3,3"), "one way to say where"),
    ("unknown control", edit("--mask", "mask.png", "--control", "magic"), "control 'magic' is unknown"),
    ("two of a kind", edit("--mask", "mask.png", "--control", "latent,latent-dilated"), "two controls of one kind"),
    ("unknown sampler", edit("--scheduler", "best"), "scheduler 'best' is unknown"),
    ("unknown control", ("evaluate", "--controls", "blend,magic"), "control 'magic' is unknown"),
    ("unknown source", ("evaluate", "--controls", "all", "--masks", "guess"), "choose out of truth, click, words"),
    ("rows of nothing", ("evaluate", "--rows", "rows.jsonl"), "--rows is for the scoreboard of --controls"),
    ("both scoreboards", ("evaluate", "--controls", "all", "--ground"), "--ground scores masks"),
    ("empty instruction", edit(text=" "), "instruction ' ' is empty"),
    ("too many tokens", edit(text=LONG), "32 tokens and the model reads 24"),
    ("too many tokens", (*MEASURE, "--instruction", LONG * 3), "92 tokens, and CLIP reads 77"),
    ("guidance off", edit("--s-t", "1"), "guidance"),
    ("no steps", edit("--steps", "0"), "steps"),
    ("bad seed", edit("--seed", "-3"), "seed -3"),
    ("bad threshold", (*MEASURE, "--threshold", "loud"), "--threshold 'loud'"),
    ("unknown size", edit("--size", "huge"), "'huge'"),
    ("unknown memory", edit("--memory", "little"), "memory 'little' is unknown; use one of auto, normal, low"),
    ("unknown SAM", ("demo", "--sam", "vit_g"), "sam 'vit_g' is unknown; use one of auto, vit_h, vit_l, vit_b"),
    ("output folder missing", edit(out="no/out.png"), "there is no folder no"),
    ("output folder missing", (*BLEND[:-1], "no/out.png"), "no folder no"),
    ("output of other kind", edit(out="out.jpg"), "let its name end in .png"),
    ("no scenes", ("evaluate", "--scenes", "0"), "0 scenes"),
    ("no scenes", ("bench", "--scenes", "0"), "0 scenes"),
    ("figure of other kind", ("bench", "--figure", "bench.jpg"), "let its name end in .png"),
    ("leak out of range", ("pairs", "-o", "out.png", "--leak", "2"), "leak 2"),
    ("no album", ("pairs",), "--out says which PNG file to write"),
    ("report of nothing", ("pairs", "report", "nowhere"), "nowhere"),
    ("no such part", ("train", "brain"), "brain"),
    ("output under a file", ("demo", "--out", "photo.png/demo"), "the folder could not be made"),
    ("no output", ("edit", "photo.png", TEXT), "-o"),
    ("no such option", edit("--nonsense"), "--nonsense"),
    ("no such command", ("colour",), "colour"),
    ("steps in words", edit("--steps", "few"), "--steps"),
]


def test_pairs_are_drawn(folder):
    result = run("pairs", "--show", "2", "-o", "pairs.png", "--leak", "0.5")
    assert result.exit_code == 0, result.stderr
    assert pixels("pairs.png").std() > 10 and "2 pairs" in result.stdout


def test_train_passes_its_options_on(monkeypatch):
    from maskedit_helpers.training import train

    asked = {}
    monkeypatch.setattr(train, "train_part", lambda part, **options: asked.update(part=part, **options))
    words = ["--minutes", "1.5", "--resume", "--device", "cpu", "--seed", "3"]
    assert run("train", "sam", *words).exit_code == 0
    assert asked == {"part": "sam", "minutes": 1.5, "steps": None, "resume": True, "device": "cpu", "seed": 3,
                     "warm": False, "pairs": train.PAIRS}


def test_evaluate_prints_the_scoreboard(folder, monkeypatch):
    from maskedit_helpers.studies import evaluate

    score = {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 2}
    monkeypatch.setattr(evaluate, "evaluate", lambda kit, scenes, seed, figure, ground, plan, progress: {
        "models": kit.size, "plan": plan, "scenes": scenes, "seed": seed, "scores": {"sam_iou_click": score}})
    answer = json.loads(run("evaluate", "--scenes", "2", "--seed", "7", "--plan", "exact", "--json").stdout)
    assert answer == {"models": "pocket", "plan": "exact", "scenes": 2, "seed": 7, "scores": {"sam_iou_click": score}}
    assert "0.500  [0.400, 0.600]  n = 2" in run("evaluate").stdout


def test_bench_prints_its_answer(folder, monkeypatch):
    from maskedit_helpers.studies.bench import page as bench_page
    from maskedit_helpers.studies.bench import run as bench

    kept, asked = json.loads(bench_page.FILE.read_text()), []
    monkeypatch.setattr(bench, "bench", lambda kit, scenes, seed, figure, progress: asked.append(
        (kit.size, scenes, seed, str(figure))) or kept)
    result = run("bench", "--scenes", "3", "--seed", "7", "--figure", "f.png", "--json")
    assert json.loads(result.stdout) == kept and asked == [("pocket", 3, 7, "f.png")]
    text = run("bench").stdout
    assert kept["machine"]["cpu"] in text and all(f"\n{name} " in text for name in kept["editors"])
    assert ("the machine was busy" in text) is kept["machine"]["busy"]


@pytest.mark.parametrize("words", [edit(), ("demo",), ("evaluate",), ("bench",)])
def test_size_memory_and_sam_decide_what_is_loaded(folder, monkeypatch, words):
    from maskedit_helpers.kit import weights

    asked = []

    def note(size, memory, sam, **others):
        asked.append((size, memory, sam))
        raise KitError("enough")

    monkeypatch.setattr(weights, "choose", note)
    for options in ((), ("--size", "full", "--memory", "low", "--sam", "vit_b")):
        assert_one_line(run(*words, *options), "enough")
    assert asked == [("auto", "auto", "auto"), ("full", "low", "vit_b")]


def test_full_says_how_much_and_where_to_before_it_downloads(folder, monkeypatch, tmp_path):
    from maskedit_helpers.downloads.checkpoints import Checkpoint

    def download(self, progress):
        raise KitError("not a byte was sent")

    monkeypatch.setattr(Checkpoint, "download", download)
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    result = run(*edit("--click", "20,20", "--size", "full", "--sam", "vit_b"))
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr == (f"downloading 375 MB: sam_vit_b (375 MB) to {tmp_path / 'models' / 'full'}\n"
                             "maskedit: sam_vit_b: not a byte was sent\n")


def everything(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_one_line(result, says):
    assert result.exit_code == 2, result.output
    assert says in result.stderr
    assert result.stderr.startswith("maskedit: ") and result.stderr.count("\n") == 1, result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("words, says", [bad[1:] for bad in BAD], ids=[f"{b[1][0]}-{b[0]}" for b in BAD])
def test_mistake_is_one_line_and_leaves_nothing(folder, words, says):
    before = everything(folder)
    assert_one_line(run(*words), says)
    assert everything(folder) == before


def test_edit_is_steered_and_its_place_found_in_words(folder):
    assert run(*edit("--mask", "mask.png", "--control", "latent,attention", "--scheduler", "euler")).exit_code == 0
    steered = pixels("out.png")
    kit = me.load("pocket")
    x0, M = me.read_image("photo.png"), me.read_mask("mask.png")
    assert (steered == kit.edit(x0, TEXT, mask=M, control=[me.LatentBlend(), me.AttentionMask()], steps=1,
                                scheduler="euler", progress=False)).all()
    answer = json.loads(run(*edit("--words", "the dog", "--mask-out", "found.png", "--json")).stdout)
    found, phrase, _ = kit.ground(x0, TEXT, phrase="the dog")
    assert answer["phrase"] == phrase and (pixels("found.png") == found * 255).all() and answer["reader"] is None


def test_an_edit_by_words_says_who_read_them_and_what_is_doubtful(folder):
    write_png("person.png", me.load_case("shirt").image)
    result = run(*edit("--words", "auto", image="person.png", text="make it a red shirt"))
    assert result.exit_code == 0 and f"(read by {me.read_instruction('make it a red shirt').reader})" in result.stdout
    assert "maskedit: note: nothing says that 'the shirt' is there already" in result.stderr


def test_controls_are_scored_and_rows_kept(folder, monkeypatch):
    words = ("evaluate", "--controls", "blend,latent", "--masks", "truth", "--scenes", "1", "--rows", "rows.jsonl",
             "--json")
    first = json.loads(run(*words).stdout)
    assert set(first["scores"]["truth"]) == {"blend", "latent"} and len(first["rows"]) == 2
    assert json.loads(run(*words).stdout) == first  # nothing was measured again, not even the seconds
    assert "latent" in run(*words[:-1]).stdout
    assert len(me.control_rows("rows.jsonl")) == 2


@pytest.mark.parametrize("words", [edit(), edit("--click", "20,20"), ("demo",),
                                   (*MEASURE, "--instruction", "a dog")])
def test_no_weights_is_one_line(folder, monkeypatch, tmp_path, words):
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    before = everything(folder)
    assert_one_line(run(*words), "maskedit train all")
    assert everything(folder) == before


@pytest.mark.parametrize("words", [edit(), edit("--click", "20,20")])
def test_out_of_memory_is_one_line(folder, monkeypatch, words):
    import torch
    from diffusers import UNet2DConditionModel

    def too_large(*args, **options):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(UNet2DConditionModel, "forward", too_large)
    before = everything(folder)
    assert_one_line(run(*words), 'the edit: out of memory; load the kit with me.load("full", memory="low")')
    assert everything(folder) == before


@pytest.mark.parametrize("words", [edit(), BLEND])
def test_full_disk_leaves_the_old_file(folder, monkeypatch, words):
    (folder / "out.png").write_bytes(b"older")
    before = everything(folder)

    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert_one_line(run(*words), "out.png: could not be written (No space left on device)")
    assert everything(folder) == before


def test_help_is_quick_and_loads_nothing_heavy():
    code = ("import sys; from maskedit_helpers.cli.app import app; import typer.testing as t;"
            "r = t.CliRunner().invoke(app, ['--help']); print(r.output);"
            "print([m for m in ('numpy', 'torch', 'diffusers', 'matplotlib') if m in sys.modules])")
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert output.rstrip().endswith("[]")
    for command in ("demo", "edit", "blend", "mask", "measure", "evaluate", "bench", "pairs", "train", "fetch",
                    "doctor", "clean"):
        assert f"\n  {command} " in output


def test_module_runs_as_the_command():
    command = [sys.executable, "-m", "maskedit_helpers", "blend", "a.png", "b.png", "c.png", "-o", "d.png"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2 and result.stdout == ""
    assert result.stderr == "maskedit: original a.png: there is no such file; check the path\n"
