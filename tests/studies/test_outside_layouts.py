"""Folders as PIE-Bench, MagicBrush and people leave them, written here in their true form; what is wrong in some."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants
from PIL import Image
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.studies.intervals import mean_with_interval
from maskedit_helpers.studies.outside.pie_bench import decoded
from maskedit_helpers.studies.outside.table import mean_over_sessions

SIDE = 32


@pytest.fixture(autouse=True)
def nothing_is_here(monkeypatch, tmp_path):
    """No weights of anybody's."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path / "no home"))


def measured(folder, **options):
    return me.measure_folder(folder, **{"size": "full", "progress": False, **options})


def save(path, pixels):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path)


def plane(value, side=SIDE):
    return np.full((side, side, 3), value, np.uint8)


def painted(value, where, by, side=SIDE):
    """A plane with other values at some pixels: rows and columns."""
    picture = plane(value, side)
    picture[where] = by
    return picture


# PIE-Bench

def pie_bench(folder, results="edits/mine"):
    """Two pictures, one edited in a box of 100 rows and 200 columns, one all over, as styles are."""
    box = [number for row in range(100, 200) for number in (row * 512 + 50, 200)]
    entries = {"000000000000": ("0_random_140/000000000000.jpg", box),
               "923000000008": ("9_change_style_80/1_artificial/3_indoor/923000000008.jpg", [0, 512 * 512])}
    for path, _ in entries.values():
        save(folder / "annotation_images" / path, plane(100, 512))
    written = {name: {"image_path": path, "original_prompt": "a [red] car", "editing_prompt": "a [blue] car",
                      "editing_instruction": "Make it blue", "editing_type_id": path[0], "blended_word": "car car",
                      "mask": runs} for name, (path, runs) in entries.items()}
    (folder / "mapping_file.json").write_text(json.dumps(written))
    # The box goes up by 100; outside it 512 pixels go up by 51, a fifth of 255.
    edit = painted(100, np.s_[100:200, 50:250], 200, 512)
    edit[300, :] = 151
    save(folder / results / entries["000000000000"][0].replace(".jpg", ".png"), edit)
    save(folder / results / entries["923000000008"][0].replace(".jpg", ".png"), plane(140, 512))
    return entries


def test_runs_are_the_mask():
    mask = decoded([1 * 6 + 2, 3, 3 * 6 + 1, 2, 35, 99], side=6)  # the last one runs out of the picture
    inner = np.array([[0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
    assert np.array_equal(mask[1:5, 1:5], inner)
    assert mask[0].all() and mask[-1].all() and mask[:, 0].all() and mask[:, -1].all()  # as its evaluation has it
    for wrong in ([1], [1, "2"], [40, 1], [-1, 3]):
        with pytest.raises(ValueError):
            decoded(wrong, side=6)


def test_pie_bench_by_hand(tmp_path):
    pie_bench(tmp_path)
    found = measured(tmp_path)
    boxed, styled = found.rows
    assert (found.layout, boxed["picture"], boxed["method"]) == ("pie-bench", "000000000000", "mine")
    # Of row 300 all but the outermost two pixels, which belong to the mask, count: 510 of 512^2, each 0.2^2.
    assert boxed["pie_mse"] == pytest.approx(510 * 0.04 / 512**2)
    assert boxed["pie_psnr"] == pytest.approx(10 * math.log10(512**2 / (510 * 0.04)))
    background = 512**2 - 100 * 200 - 4 * 511
    assert boxed["background_psnr"] == pytest.approx(10 * math.log10(background / (510 * 0.04)), abs=1e-4)
    assert boxed["change_iou"] == pytest.approx((100 * 200 + 2) / (100 * 200 + 4 * 511 + 510))
    assert math.isnan(styled["pie_psnr"]) and found.scores["mine"]["pie_psnr"]["n"] == 1
    assert "covers all of 1 picture (923000000008)" in found.notes[0]
    assert set(found.left_out) == {"pie_structure", "pie_lpips", "pie_clip_whole", "pie_clip_edited",
                                   "ip2p_clip_image", "ip2p_clip_direction"}
    assert "`maskedit fetch lpips`" in found.left_out["pie_lpips"]
    assert "`maskedit fetch clip_vit_l_14`" in found.left_out["pie_clip_whole"]
    said = repr(found)
    assert "background PSNR (dB)" in said and "PIE-Bench" in said and "background MSE (x 10,000)" in said


def test_pie_benchs_own_strips_and_folders(tmp_path):
    """Its code writes original, reconstruction and edit side by side, and captions lie in data/."""
    pie_bench(tmp_path / "data", "unused")
    for path in (tmp_path / "data" / "annotation_images").rglob("*.jpg"):
        place = tmp_path / "output" / "p2p" / "annotation_images" / path.relative_to(
            tmp_path / "data" / "annotation_images")
        save(place.with_suffix(".png"), np.hstack([plane(0, 512), plane(30, 512), plane(100, 512)]))
    found = measured(tmp_path)
    assert [row["pie_mse"] for row in found.rows][0] < 1e-6 and list(found.scores) == ["p2p"]
    assert "the original picture came back" in " ".join(found.notes)
    assert "in 2 pictures (000000000000, 923000000008)" in found.notes[1]


# MagicBrush

def magicbrush(folder):
    """A session of one turn and one of two; edits are the answers, off by what is said beside."""
    off = {"30_1": 51, "139_1": 0, "139_inde_2": 102, "139_iter_2": 255 - 60}
    for session, turns in (("30", 1), ("139", 2)):
        images = folder / "images" / session
        save(images / f"{session}-input.png", plane(20))
        for turn in range(1, turns + 1):
            alpha = np.full((SIDE, SIDE, 1), 255)
            alpha[:8] = 0
            save(images / f"{session}-mask{turn}.png", np.dstack([plane(90), alpha]))
            save(images / f"{session}-output{turn}.png", painted(20, np.s_[:8], 20 + 20 * turn))
    for stem, by in off.items():
        session, turn = stem.split("_")[0], int(stem[-1])
        answer = painted(20, np.s_[:8], 20 + 20 * turn)
        save(folder / "edits" / "ip2p" / session / f"{stem}.png", answer + np.uint8(by) if by != 195 else plane(255))
    (folder / "local_captions.json").write_text(json.dumps({"30": {"30-output1.png": "a cat"}}))


def test_magicbrush_by_hand(tmp_path):
    magicbrush(tmp_path)
    found = measured(tmp_path)
    rows = {(row["setting"], row["picture"]): row for row in found.rows}
    assert found.layout == "magicbrush" and len(rows) == 5
    assert list(found.scores) == ["ip2p, single-turn", "ip2p, multi-turn"]
    assert rows["single-turn", "30-1"]["magicbrush_l1"] == pytest.approx(0.2)
    assert rows["single-turn", "139-1"]["magicbrush_l2"] == 0
    assert rows["single-turn", "139-2"]["magicbrush_l1"] == pytest.approx(0.4)
    # The last turn's own chain is white: 195 / 255 off in a quarter of the picture, 235 / 255 in the rest.
    assert rows["multi-turn", "139"]["magicbrush_l1"] == pytest.approx((195 + 3 * 235) / 4 / 255)
    assert "background_psnr" not in rows["multi-turn", "139"]  # made from no picture that is here
    # Transparent is the edit: the first turn, edited exactly, changed the upper quarter only, by 20 levels.
    assert rows["single-turn", "139-1"]["background_psnr"] == math.inf
    assert rows["single-turn", "139-1"]["foreground_psnr"] == pytest.approx(20 * math.log10(255 / 20))
    assert found.scores["ip2p, single-turn"]["magicbrush_l1"] == pytest.approx(
        {"mean": 0.2, "low": 0.2, "high": 0.2, "n": 3})  # both sessions have the mean 0.2
    assert {"magicbrush_clip_i", "magicbrush_dino", "magicbrush_clip_t"} <= set(found.left_out)


def test_magicbrush_resizes_the_edit_whatever_its_shape(tmp_path):
    magicbrush(tmp_path)
    save(tmp_path / "edits/ip2p/139/139_1.png", np.full((40, 64, 3), 71, np.uint8))
    row = next(row for row in measured(tmp_path).rows if row["picture"] == "139-1")
    # 71 against 40 in a quarter and against 20 in the rest.
    assert row["magicbrush_l1"] == pytest.approx((31 + 3 * 51) / 4 / 255)


def test_sessions_without_a_chain_have_no_multi_turn(tmp_path):
    magicbrush(tmp_path)
    (tmp_path / "edits/ip2p/139/139_iter_2.png").unlink()
    assert {row["setting"] for row in measured(tmp_path).rows} == {"single-turn"}


# One's own

def plain(folder, count=3, mask=lambda inside: inside * 255):
    inside = np.zeros((SIDE, SIDE), np.uint8)
    inside[:16] = 1
    for i in range(count):
        save(folder / "originals" / f"{i}.png", plane(100))
        save(folder / "masks" / f"{i}.png", mask(inside))
        save(folder / "edits" / "keeps" / f"{i}.png", painted(100, np.s_[:16], 200))
        save(folder / "edits" / "spills" / f"{i}.png", plane(151))
    return inside


@pytest.mark.parametrize(("masks", "mask"), [
    (None, lambda inside: inside * 255), ("white", lambda inside: inside), ("black", lambda inside: 255 - inside * 255),
    ("transparent", lambda inside: np.dstack([inside * 90] * 3 + [255 - inside * 255]))])
def test_white_is_edit_after_reading_whatever_it_was(tmp_path, masks, mask):
    plain(tmp_path, 2, mask)
    found = measured(tmp_path, masks=masks)
    keeps, spills = (found.scores[method] for method in ("keeps", "spills"))
    assert (keeps["background_psnr"]["mean"], keeps["change_iou"]["mean"]) == (60, 1)  # exact, capped
    assert spills["pie_psnr"]["mean"] == pytest.approx(10 * math.log10(1 / 0.02))  # 0.2^2 in half of the frame
    assert spills["change_iou"] == {"mean": 0.5, "low": 0.5, "high": 0.5, "n": 2}
    assert not [note for note in found.notes if "right masks" in note]


def test_masks_the_wrong_way_round_are_noticed(tmp_path):
    plain(tmp_path, 3, lambda inside: 255 - inside * 255)
    assert any("keeps: 3 of 3 edits have changed more outside" in note for note in measured(tmp_path).notes)


def test_side_by_side_one_by_one_and_all_in_one_are_the_same(tmp_path):
    plain(tmp_path / "a", 2)
    for name in ("0", "1"):
        for what, place in (("original", "originals"), ("mask", "masks"), ("keeps", "edits/keeps"),
                            ("spills", "edits/spills")):
            pixels = np.asarray(Image.open(tmp_path / "a" / place / f"{name}.png"))
            save(tmp_path / "b" / name / f"{what}.png", pixels)
            save(tmp_path / "c" / f"{name}_{what}.png", pixels)
    first, *others = (measured(tmp_path / folder).rows for folder in "abc")
    assert "captions.csv holds them" in measured(tmp_path / "a").left_out["pie_clip_whole"]
    assert len(first) == 4 and all(rows == first for rows in others)


def test_chosen_methods_those_that_lie_elsewhere_and_the_truth(tmp_path):
    plain(tmp_path / "a", 2)
    for i in range(2):
        save(tmp_path / "elsewhere" / f"{i}.png", painted(100, np.s_[:16], 200))
        save(tmp_path / "a" / "truths" / f"{i}.png", painted(100, np.s_[:16], 149))
    found = measured(tmp_path / "a", edits=["spills", f"other={tmp_path / 'elsewhere'}"])
    assert list(found.scores) == ["spills", "other"]
    assert found.rows[1]["magicbrush_l1"] == pytest.approx(0.1)  # 51 of 255 in half of the picture
    assert found.rows[1]["edit_psnr"] == pytest.approx(10 * math.log10(25))
    with pytest.raises(me.KitError, match="no edits by 'best'; there are keeps, spills"):
        measured(tmp_path / "a", edits=["best"])
    with pytest.raises(me.KitError, match="no such folder"):
        measured(tmp_path / "a", edits=["x=nowhere"])


def test_what_is_missing_is_said_before_the_work_or_left_out_for_all(tmp_path):
    plain(tmp_path)
    (tmp_path / "edits/keeps/1.png").unlink()
    with pytest.raises(me.KitError, match="edits/keeps: there is no picture 1"):
        measured(tmp_path)
    found = measured(tmp_path, common=True)
    assert [row["picture"] for row in found.rows] == ["0", "0", "2", "2"]
    pie_bench(tmp_path / "pie")
    next((tmp_path / "pie/edits/mine").rglob("*.png")).unlink()
    with pytest.raises(me.KitError, match="1 of 2 edits by mine are missing"):
        measured(tmp_path / "pie")


def broken(folder):
    data = (folder / "edits/keeps/2.png").read_bytes()
    (folder / "edits/keeps/2.png").write_bytes(data[:len(data) // 2])


@pytest.mark.parametrize(("spoil", "says"), [
    (broken, "2.png: cannot be read"),
    (lambda folder: save(folder / "edits/keeps/1.png", plane(9)[:20]), "1.png: 32x20 pixels .* does not fit"),
    (lambda folder: save(folder / "masks/0.png", np.zeros((SIDE, SIDE))), "0.png: nothing is selected.*--masks"),
    (lambda folder: save(folder / "masks/0.png", np.ones((SIDE, 8))), "masks/0.png: 8x32 pixels"),
    (lambda folder: save(folder / "edits/mask/0.png", plane(9)), "can't be called mask"),
    (lambda folder: (folder / "captions.csv").write_text("a,b\n1,2\n"), "first line says name,before,after"),
])
def test_what_is_wrong_in_a_folder_is_named_before_the_work(tmp_path, spoil, says):
    plain(tmp_path)
    spoil(tmp_path)
    with pytest.raises(me.KitError, match=says):
        measured(tmp_path)


@pytest.mark.parametrize(("entry", "says"), [
    ({"mask": [1, 2, 3]}, "pairs of whole numbers"), ({"mask": [512 * 512, 1]}, "does not lie in 512x512"),
    ({"editing_prompt": None}, "not PIE-Bench's file")])
def test_a_mapping_file_that_is_none(tmp_path, entry, says):
    pie_bench(tmp_path)
    entries = json.loads((tmp_path / "mapping_file.json").read_text())
    entries["000000000000"] |= entry
    (tmp_path / "mapping_file.json").write_text(json.dumps(entries))
    with pytest.raises(me.KitError, match=says):
        measured(tmp_path)


# The command

def run(*words):
    return CliRunner().invoke(app, ["measure", *map(str, words)])


def test_the_command(tmp_path):
    plain(tmp_path / "in")
    result = run("--folder", tmp_path / "in", "--size", "full", "--csv", tmp_path / "rows.csv", "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["scores"]["keeps"]["change_iou"]["n"] == 3 and found["conventions"]["pie_psnr"] == "PIE-Bench"
    lines = (tmp_path / "rows.csv").read_text().splitlines()
    assert len(lines) == 7 and lines[0].startswith("picture,method,setting,change_iou")
    shown = run("--folder", tmp_path / "in", "--size", "full", "--edits", "keeps")
    assert "keeps\n" in shown.stdout and "spills" not in shown.stdout and "left out: structure distance" in shown.stdout


def test_a_folder_that_lies_otherwise_is_shown_how(tmp_path):
    result = run("--folder", tmp_path)
    *drawn, last = result.stderr.splitlines()
    assert result.exit_code == 2 and last.startswith(f"maskedit: {tmp_path}: this does not lie as pie-bench or")
    assert {"  mapping_file.json", "  images/139306/139306-input.png", "  originals/NAME.png"} <= {
        line.split("   ")[0].rstrip() for line in drawn} | {line.rstrip() for line in drawn}
    only = run("--folder", tmp_path, "--layout", "plain")
    assert "mapping_file" not in only.stderr and "originals/NAME.png" in only.stderr


@pytest.mark.parametrize(("words", "says"), [
    (("--csv", "x.csv"), "--csv is for a folder"), (("a.png", "--folder", "."), "ORIGINAL is for one edit"),
    (("--folder", ".", "--clip", "vit_l_14"), "--clip is for one edit"), ((), "give ORIGINAL EDITED MASK, or --folder"),
    (("--folder", ".", "--csv", "x.txt"), "end in .csv"), (("--folder", ".", "--layout", "x"), "layout 'x' is unknown"),
    (("--folder", "nowhere"), "no such folder")])
def test_words_that_do_not_go_together(words, says):
    result = run(*words)
    assert result.exit_code == 2 and says in result.stderr and len(result.stderr.splitlines()) == 1


# Means

def test_turns_of_a_session_are_drawn_together():
    values = np.random.default_rng(0).normal(size=12)
    single = mean_over_sessions(range(12), values)
    assert single == {which: mean_with_interval(values)[which] for which in ("mean", "low", "high", "n")}
    # Each turn told three times says nothing new: the same interval, where 36 pictures would make it narrower.
    threefold = mean_over_sessions(np.repeat(np.arange(12), 3), np.repeat(values, 3))
    assert threefold == pytest.approx({**single, "n": 36})
    assert mean_over_sessions(["a", "a"], [1.0, 2.0]) == {"mean": 1.5, "low": None, "high": None, "n": 2}
