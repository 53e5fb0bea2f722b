"""Building pairs with masks: the same end however it is cut off or shared, and every mistake before the work."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import numpy as np
import pytest
from typer.testing import CliRunner

import maskedit_helpers as me
from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.kit.weights import choose
from maskedit_helpers.picturebook.pairs import make_pair
from maskedit_helpers.training.pairs_with_masks import build as building
from maskedit_helpers.training.pairs_with_masks.alone import alone
from maskedit_helpers.training.vetting import add_answer

HERE = Path(__file__).parent
FIRST, COUNT, SHARD = 500, 7, 3
WAYS = ["click", "box"]
OPTIONS = {"count": COUNT, "first": FIRST, "shard": SHARD, "masks": "click,box", "preset": "ip2p", "size": 64,
           "progress": False}

# Imports once, then forks for each point at which a build is to die; torch computes nothing before a fork.
KILLING = """
import json, os, shutil, signal, sys
from pathlib import Path
from maskedit_helpers.pictures import images
from maskedit_helpers.training.pairs_with_masks.build import build_pairs
import cv2, torch, segment_anything, open_clip, datasets, scipy.ndimage, transformers

options, home = json.loads(sys.argv[1]), Path(sys.argv[2])

def dies_at(point):
    left = [point]
    def mortal(call, before, after):
        def called(*words):
            for step in (before, None, after):
                if step is None:
                    call(*words)
                else:
                    left[0] -= 1
                    if left[0] < 0:
                        os.kill(os.getpid(), signal.SIGKILL)
        return called
    images.os = type("os", (), {**vars(os), "fsync": staticmethod(mortal(os.fsync, 1, None)),
                                "replace": staticmethod(mortal(os.replace, 1, 1))})

def run(folder, point):
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    if point is not None:
        dies_at(point)
    told = build_pairs(folder, workers=0, **options)
    (home / f"{folder.name}.json").write_text(json.dumps(told))
    os._exit(0)

deaths = []
for point in range(99):
    folder = home / f"killed-{point}"
    death = run(folder, point)
    if death == 0:
        break
    whole = sorted(path.name for path in folder.glob("data/pairs-*.parquet"))
    again = run(folder, None)
    deaths.append([death, again, whole, json.loads((home / f"{folder.name}.json").read_text())["made"]])
print(json.dumps(deaths))
"""


@pytest.fixture(scope="module")
def home(pocket):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_HOME", str(pocket))
        patch.setenv("MASKEDIT_SIZE", "pocket")
        patch.setenv("OMP_NUM_THREADS", "1")
        yield pocket


@pytest.fixture(scope="module")
def built(home, tmp_path_factory):
    """(folder, what the call said) of a build that nothing disturbed."""
    folder = tmp_path_factory.mktemp("pairs") / "built"
    return folder, me.build_pairs(folder, workers=0, **OPTIONS)


def contents(folder):
    """{path: bytes} of everything in it."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_holds_what_was_asked(built):
    folder, told = built
    assert sorted(contents(folder)) == ["README.md", "build.json", "complete.json", "data/pairs-00000.parquet",
                                        "data/pairs-00001.parquet", "data/pairs-00002.parquet"]
    assert told["pairs"] == told["made"] == COUNT and told["done"]
    pairs = me.read_pairs(folder, kept=None)
    assert [pair["id"] for pair in pairs] == [str(seed) for seed in range(FIRST, FIRST + COUNT)]
    for i, pair in enumerate(pairs):
        drawn = make_pair(FIRST + i, size=64)
        assert np.array_equal(pair["before"], drawn.before) and np.array_equal(pair["after"], drawn.after)
        assert (pair["instruction"], pair["captions"]) == (drawn.instruction, drawn.captions)
        assert pair["mask_source"] == WAYS[i % 2] and pair["validation"] == (i == 0)
        assert pair["kept"] == (pair["reason"] == "")
        if pair["mask"] is not None:
            assert pair["mask"].dtype == bool and pair["mask"].shape == (64, 64)
            iou = (pair["mask"] & drawn.mask).sum() / (pair["mask"] | drawn.mask).sum()
            assert pair["scores"]["mask_iou"] == pytest.approx(iou, abs=1e-5)
    assert sum(told["reasons"].values()) + told["kept"] == COUNT


def test_datasets_reads_it_in_ultraedits_columns(built, tmp_path):
    folder, _ = built
    rows = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path))
    assert rows.num_rows == COUNT
    assert {"source_image", "edited_image", "mask_image", "edit_prompt", "source_caption", "target_caption",
            "mask_source", "kept", "reason"} <= set(rows.column_names)
    assert rows[0]["source_image"].size == (64, 64) and rows[0]["source_image"].format == "PNG"


def test_killed_anywhere_it_goes_on_to_the_same_end(built, home, tmp_path):
    """At each moment at which a file is half written, whole but not in place, or just in place."""
    folder, _ = built
    command = [sys.executable, "-c", KILLING, json.dumps(OPTIONS), str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=os.environ |
                            {"PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")])})
    assert answer.returncode == 0, answer.stderr
    deaths = json.loads(answer.stdout)
    assert len(deaths) == 3 * 6  # six files: settings, three shards, the word that all is there, the card
    for point, (death, again, whole, made) in enumerate(deaths):
        assert (death, again) == (9, 0)
        assert made == COUNT - sum((SHARD, SHARD, 1)[int(name[6:11])] for name in whole)  # nothing is made twice
        assert contents(tmp_path / f"killed-{point}") == contents(folder)


def test_processes_share_the_shards_by_rank(built, home, tmp_path, monkeypatch):
    folder, _ = built
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank, made, done in (("1", SHARD, False), ("0", SHARD + 1, True)):
        monkeypatch.setenv("RANK", rank)
        told = me.build_pairs(tmp_path / "shared", **OPTIONS)
        assert (told["made"], told["done"]) == (made, done)
    assert contents(tmp_path / "shared") == contents(folder)


def test_worker_processes_make_the_same(built, home, tmp_path):
    folder, _ = built
    assert me.build_pairs(tmp_path / "pooled", workers=1, **OPTIONS)["made"] == COUNT
    assert contents(tmp_path / "pooled") == contents(folder)


def test_ctrl_c_keeps_what_is_whole(built, home, tmp_path, monkeypatch):
    folder, _ = built
    write, written = building.write_shard, []

    def interrupted(folder, number, rows):
        if number == 1:
            raise KeyboardInterrupt
        write(folder, number, rows)
        written.append(number)

    monkeypatch.setattr(building, "write_shard", interrupted)
    with pytest.raises(KeyboardInterrupt, match="3 pairs are whole .* the same command goes on"):
        me.build_pairs(tmp_path / "stopped", workers=0, **OPTIONS)
    monkeypatch.setattr(building, "write_shard", write)
    assert written == [0] and me.build_pairs(tmp_path / "stopped", workers=0, **OPTIONS)["made"] == COUNT - SHARD
    assert contents(tmp_path / "stopped") == contents(folder)


def test_nobody_builds_twice_in_one_folder(built):
    folder, _ = built
    code = ("import sys, time\nfrom maskedit_helpers.training.pairs_with_masks.alone import alone\n"
            "with alone(sys.argv[1], 0, 1):\n    print('held', flush=True)\n    sys.stdin.read()")
    holder = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              env={**os.environ, "PYTHONPATH": str(HERE.parents[1])})
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(KitError, match="another process is building"):
        with alone(folder, 0, 1):
            pass
    with pytest.raises(KitError, match="processes of another start"):
        with alone(folder, 0, 2):
            pass
    holder.kill()
    holder.communicate()
    (folder / "data" / ".pairs-00000.parquet.1.part").write_bytes(b"half")
    with alone(folder, 0, 2):  # a dead process's lock is free, and what it left goes
        pass
    assert not [name for name in contents(folder) if "/." in name or name.startswith(".")]


def test_a_build_is_a_source_with_masks_of_its_own(built, home, tmp_path):
    folder, _ = built
    told = me.build_pairs(tmp_path / "again", source=str(folder), masks="own", preset="none", workers=0, progress=False)
    assert "Licence: not known here (BleachNick/UltraEdit" in (tmp_path / "again" / "README.md").read_text()
    before = me.read_pairs(folder, kept=None)
    masks = {pair["instruction"]: pair["mask"] for pair in before}
    again = me.read_pairs(tmp_path / "again", kept=None)
    assert told["pairs"] == len(again) == COUNT and told["masks"]["before"] is None  # no truth is known any more
    for pair in again:
        known = masks[pair["instruction"]]
        assert known is None and pair["reason"] == "the edit has no place" or np.array_equal(pair["mask"], known)


def test_what_people_said_stands_on_the_card(home, tmp_path):
    options = {**OPTIONS, "count": 2, "preset": "none", "workers": 0}
    me.build_pairs(tmp_path / "pairs", **options)
    card = tmp_path / "pairs" / "README.md"
    assert "## Masks against the truth" in card.read_text() and "Looked at" not in card.read_text()
    name, = me.read_pairs(tmp_path / "pairs", kept=True, validation=True).names
    for vetter, accept in (("ann", True), ("bob", False)):
        add_answer(tmp_path / "pairs", name, vetter, accept)
    assert me.build_pairs(tmp_path / "pairs", **options)["made"] == 0
    said = card.read_text()
    assert "Of 1 pair set aside and kept" in said and "- ann looked at 1 of 1 pairs (100%)" in said
    assert "ann and bob agree on 0% of" in said


def test_read_pairs_by_size_and_by_verdict(built):
    folder, told = built
    everything = me.read_pairs(folder, size=32, kept=None)
    assert len(everything) == len(me.read_pairs(folder)) + len(me.read_pairs(folder, kept=False)) == COUNT
    assert len(me.read_pairs(folder, kept=None, validation=False)) == COUNT - 1
    assert everything[-1]["id"] == str(FIRST + COUNT - 1) and [p["id"] for p in everything[:2]] == ["500", "501"]
    for pair in everything:
        assert pair["before"].shape == pair["after"].shape == (32, 32, 3) and pair["before"].dtype == np.uint8
        assert pair["mask"] is None or pair["mask"].shape == (32, 32)
    with pytest.raises(IndexError):
        everything[COUNT]
    with pytest.raises(KitError, match="there are no pairs in it"):
        me.read_pairs(folder / "data")


def test_the_report_of_a_build_and_its_figure(built, tmp_path):
    figure = tmp_path / "filter.png"
    result = CliRunner().invoke(app, ["pairs", "report", str(built[0]), "--figure", str(figure), "--json"])
    told = json.loads(result.stdout)
    assert result.exit_code == 0 and set(told["presets"]) >= {"pocket", "ip2p"} and figure.stat().st_size > 10_000
    said = CliRunner().invoke(app, ["pairs", "report", str(built[0])]).stdout
    assert f"{told['pairs']} pairs; a mask is bad with an IoU under 0.8" in said and "filter ip2p: keeps" in said
    result = CliRunner().invoke(app, ["pairs", "report", str(tmp_path)])
    assert result.exit_code == 2 and "there are no pairs in it" in result.stderr


WORDS = ("--count", str(COUNT), "--first", str(FIRST), "--shard", str(SHARD), "--masks", "click,box", "--side", "64")


def run(folder, *words):
    return CliRunner().invoke(app, ["pairs", "build", str(folder), *words])


@pytest.mark.parametrize(("words", "says"), [
    (("--count", "0"), "0 pairs: give 1 or more"),
    (("--masks", "hand"), "masks 'hand' is unknown; use one of click, box, words, own"),
    (("--masks", ""), "masks '' is unknown"),
    (("--masks", "own"), "drawn has no masks of its own; use masks click, box or words"),
    (("--filter", "strict"), "filter 'strict' is unknown; use one of none, ip2p"),
    (("--filter", "pocket", "--size", "full"), "filter pocket was measured with the pocket models"),
    (("--first", "-1"), "first is -1"),
    (("--first", "9990000"), "is kept for evaluation and previews"),
    (("--first", "10000000"), "is kept for evaluation and previews"),
    (("--leak", "2"), "leak is 2"),
    (("--side", "8"), "size is 8; give 16 pixels or more"),
    (("--dilate", "-1"), "dilate is -1"),
    (("--border", "soft"), "border is 'soft'"),
    (("--shard", "0"), "0 pairs a shard"),
    (("--size", "huge"), "'huge' is unknown"),
    (("--split", "train"), "split and layout are for sets"),
    (("--source", "no where"), "source 'no where': give drawn"),
    (("--count", "20000000000"), "is kept for evaluation"),
])
def test_mistakes_are_one_line_and_leave_nothing(words, says, home, tmp_path):
    result = run(tmp_path / "pairs", *words)
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1, result.stderr
    assert not (tmp_path / "pairs").exists()


def test_words_in_photographs_are_refused_by_pocket(built, home, tmp_path, monkeypatch):
    monkeypatch.setattr(Kit, "domain", lambda kit, image: "photograph")
    result = run(tmp_path / "pairs", "--source", str(built[0]), "--masks", "own,words")
    assert result.exit_code == 2 and "find nothing by words; use the full models" in result.stderr
    assert not (tmp_path / "pairs").exists()


def test_a_disk_without_room_is_told_before_the_work(home, tmp_path, monkeypatch):
    monkeypatch.setattr(building.shutil, "disk_usage", lambda place: shutil._ntuple_diskusage(10, 10, 10**6))
    result = run(tmp_path / "pairs", "--count", "100")
    assert result.exit_code == 2 and "100 pairs may take 11 MB, but only 1 MB are free" in result.stderr
    assert not (tmp_path / "pairs").exists()


def test_another_builds_folder_and_other_peoples_are_left_alone(built, home, tmp_path):
    folder, _ = built
    whole = contents(folder)
    for other, says in ((("--filter", "none"), "was begun with preset ip2p, not none: bring back that preset"),
                        (("--filter", "ip2p", "--dilate", "2"), "was begun with dilate 0.0, not 2.0")):
        result = run(folder, *WORDS, *other)
        assert result.exit_code == 2 and says in result.stderr and contents(folder) == whole
    (tmp_path / "diary.txt").write_text("mine")
    result = run(tmp_path, *WORDS)
    assert result.exit_code == 2 and "is there and holds no pairs" in result.stderr
    assert sorted(contents(tmp_path)) == ["diary.txt"]


def test_the_command_tells_programs_and_people(built, home):
    words = (*WORDS, "--filter", "ip2p")
    told = json.loads(run(built[0], *words, "--json").stdout)
    assert told["pairs"] == COUNT and told["made"] == 0 and told["mask_sources"] == built[1]["mask_sources"]
    said = run(built[0], *words).stdout
    assert f"{COUNT} pairs, {told['kept']} kept; all were there" in said and "masks by click: IoU" in said


def test_masks_of_the_shipped_sam_are_near_the_truth(tmp_path, monkeypatch):
    """With the pocket weights as they are, on scenes that none was trained on."""
    monkeypatch.delenv("MASKEDIT_HOME", raising=False)
    kit = Kit(choose("pocket"))
    assert kit.size == "pocket"
    told = me.build_pairs(tmp_path / "pairs", 4, first=24_010, masks="click,box", kit=kit, progress=False)
    assert told["masks"]["before"]["n"] >= 3 and told["masks"]["before"]["iou"] > 0.85
