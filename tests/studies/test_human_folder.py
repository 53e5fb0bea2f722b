"""A study's folder: what goes in from arrays and folders, and that nothing in its pictures tells a method."""

import io
import json
import os
import struct
import warnings
import zlib
from collections import Counter

import human
import numpy as np
import pytest
import tiny
from PIL import Image

import maskedit_helpers as me
from maskedit_helpers.studies.human.folder import new_study, open_study
from maskedit_helpers.studies.human.questions import read_questions
from maskedit_helpers.studies.human.sources import edited_scenes, read_sources


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def chunks(data):
    """[(name, body)] of a PNG file, each chunk's checksum checked by hand."""
    found, at = [], 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at:at + 4])
        name, body = data[at + 4:at + 8], data[at + 8:at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length:at + 12 + length])[0] == zlib.crc32(name + body)
        found.append((name, body))
        at += 12 + length
    assert at == len(data) and found[-1] == (b"IEND", b"")
    return found


def test_pictures_are_those_that_were_given_and_nothing_but_pixels(tmp_path):
    given = human.sources()
    study = me.new_study(tmp_path / "study", given, seed=1, attention=("untouched", "everywhere"))
    seen = Counter()
    for item in study.items.values():
        source = given[item["source"]]
        x0 = source["original"]
        expected = {"": source["edits"].get(item["method"]), "untouched": x0, "everywhere": 255 - x0}[item["attention"]]
        assert np.array_equal(pixels(study.picture(item["edited"])), expected)
        assert np.array_equal(pixels(study.picture(item["original"])), x0)
        outlined = pixels(study.picture(item["outlined"]))
        changed = (outlined != x0).any(2)
        assert changed.any() and not changed[:8].any() and not changed[16:26, 24:40].any()  # far out, and far in
        for kind in ("original", "outlined", "edited"):
            assert {name for name, _ in chunks(study.picture(item[kind]))} <= {b"IHDR", b"IDAT", b"fiLl", b"IEND"}
        seen[item["source"], item["method"] or item["attention"]] += 1
    assert len(seen) == 4 * 5 and set(seen.values()) == {1}


def test_nothing_of_a_picture_tells_its_method(tmp_path):
    """Length, time, name, owner's rights: equal within a source, or of chance. The edits do compress differently."""
    given = human.sources()
    study = new_study(tmp_path / "study", given, seed=1)
    files = {path.name: path for path in (study.folder / "pictures").iterdir()}
    alone = []
    for name in given:
        items = [item for item in study.items.values() if item["source"] == name]
        stats = [os.stat(files[item["edited"]]) for item in items]
        assert len({(one.st_size, one.st_mtime_ns, one.st_mode) for one in stats}) == 1
        alone += [{len(body) for kind, body in chunks(study.picture(item["edited"])) if kind == b"IDAT"}
                  for item in items]
        assert len({tuple(item["size"]) for item in items}) == 1
    assert len(set(map(tuple, alone))) > len(given)
    ranks = Counter()
    for seed in range(24):
        study = new_study(tmp_path / f"study-{seed}", human.sources(3), seed=seed)
        for key in ("item", "edited"):
            first = min(study.items.values(), key=lambda item: item[key])
            ranks[key, first["method"]] += 1
    assert min(ranks[key, method] for key in ("item", "edited") for method in human.METHODS) >= 2
    assert not any(method in name for name in files for method in human.METHODS)


def test_a_study_is_written_whole_or_not_at_all_and_never_over_another(tmp_path):
    study = human.study(tmp_path / "study", questions=None)
    assert study.name == "study" and open_study(tmp_path / "study").told == study.told
    before = (tmp_path / "study" / "study.json").read_bytes()
    with pytest.raises(me.KitError, match="is there already"):
        human.study(tmp_path / "study")
    assert (tmp_path / "study" / "study.json").read_bytes() == before
    with pytest.raises(me.KitError, match="there is no folder"):
        human.study(tmp_path / "no" / "study")
    wrong = human.sources()
    wrong["source-3"]["mask"] = np.zeros((48, 64))
    with pytest.raises(me.KitError, match="source-3: the mask: nothing is selected"):
        new_study(tmp_path / "other", wrong)
    assert [path.name for path in tmp_path.iterdir()] == ["study"]
    for where, word in ((tmp_path, "is no study"), (tmp_path / "gone", "is no study")):
        with pytest.raises(me.KitError, match=word):
            open_study(where)


@pytest.mark.parametrize("word", ["secret", "code"])
def test_links_and_codes_are_of_chance_even_with_a_seed(tmp_path, word):
    one, other = (human.study(tmp_path / name, seed=1) for name in "ab")
    assert one.told[word] != other.told[word] and one.items == other.items
    assert one.order(3) == other.order(3) != human.study(tmp_path / "c", seed=2).order(3)
    assert os.stat(one.folder / "study.json").st_mode & 0o077 == 0


@pytest.mark.parametrize(("change", "word"), [
    (lambda s: s["source-1"].pop("mask"), "source-1 has no mask"),
    (lambda s: s["source-1"]["edits"].pop("blend"), "source-1 has no edit by blend"),
    (lambda s: s["source-1"].update(instruction=" "), "what was asked is empty"),
    (lambda s: s["source-1"]["edits"].update(blend=tiny.picture(40, 40)), "source-1: the edit by blend"),
    (lambda s: s.pop("source-0") and s.pop("source-1"), "needs 3 sources"),
    (lambda s: [one["edits"].clear() for one in s.values()], "there are no edits"),
    (lambda s: [one["edits"].update(untouched=one["original"]) for one in s.values()], "'untouched'"),
])
def test_sources_that_are_none_are_refused(tmp_path, change, word):
    sources = human.sources()
    change(sources)
    with pytest.raises(me.KitError, match=word):
        new_study(tmp_path / "study", sources)
    assert list(tmp_path.iterdir()) == []


def on_disk(folder, sources, ending=".png"):
    """originals/, masks/, edits/METHOD/"""
    def save(picture, *place):
        path = folder.joinpath(*place)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = np.uint8(picture * 255) if picture.ndim == 2 else picture
        exif = Image.Exif()
        exif[0x010E] = place[-2]  # ImageDescription
        Image.fromarray(picture).save(path, exif=exif)

    for name, source in sources.items():
        save(source["original"], "originals", name + ending)
        save(source["mask"], "masks", f"{name}.png")
        for method, edit in source["edits"].items():
            save(edit, "edits", method, name + ending)
    lines = [f'{name},"{source["instruction"]}"' for name, source in sources.items()]
    (folder / "instructions.csv").write_text("name,instruction\n" + "\n".join(lines) + "\n")


def test_a_folder_of_originals_masks_and_edits(tmp_path):
    given = human.sources()
    on_disk(tmp_path / "in", given)
    study = me.new_study(tmp_path / "study", tmp_path / "in", seed=1)
    assert {item["source"]: item["instruction"] for item in study.items.values()} == {
        name: source["instruction"] for name, source in given.items()}
    for item in study.items.values():
        assert np.array_equal(pixels(study.picture(item["edited"])), given[item["source"]]["edits"][item["method"]])
        assert b"eXIf" not in study.picture(item["edited"]) and item["method"].encode() not in \
            study.picture(item["edited"])
    assert sorted(read_sources(tmp_path / "in", ["blend"])["source-0"]["edits"]) == ["blend"]
    with pytest.raises(me.KitError, match="no edits by 'best'; there are blend, other, plain"):
        read_sources(tmp_path / "in", ["best"])
    (tmp_path / "in" / "edits" / "blend" / "source-2.png").unlink()
    with pytest.raises(me.KitError, match="there is no picture source-2"):
        read_sources(tmp_path / "in")
    (tmp_path / "in" / "instructions.csv").unlink()
    with pytest.raises(me.KitError, match="what was asked of source-0"):
        read_sources(tmp_path / "in", ["plain"])
    assert read_sources(tmp_path / "in", ["plain"], "make it so")["source-2"]["instruction"] == "make it so"
    (tmp_path / "empty").mkdir()
    with pytest.raises(me.KitError, match="no pictures found"):
        read_sources(tmp_path / "empty")


def test_the_folder_that_the_demo_writes(tmp_path):
    """Laid out as tests of the demo hold it; the instructions are the cases' own."""
    for name in me.case_names():
        (tmp_path / name).mkdir()
        for picture in ("original", "baseline", "blended"):
            me.write_png(tmp_path / name / f"{picture}.png", tiny.picture())
        me.write_png(tmp_path / name / "mask.png", tiny.half())
        me.write_png(tmp_path / f"{name}.png", tiny.picture())
    found = read_sources(tmp_path)
    assert sorted(found) == sorted(me.case_names()) and sorted(found["dog"]["edits"]) == ["baseline", "blended"]
    assert found["dog"]["instruction"] == me.load_case("dog").instruction
    assert len(new_study(tmp_path / "study", found).items) == 2 * len(found)


def test_edits_made_now_by_controls(pocket, monkeypatch):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    kit = me.load("pocket")
    monkeypatch.setattr(kit, "segment", lambda x0, points: np.ones(x0.shape[:2], np.float32))
    found = edited_scenes(kit, ["none", "blend"], 1, progress=False)
    (source,) = found.values()
    assert sorted(source["edits"]) == ["blend", "none"] and source["instruction"]
    assert source["edits"]["none"].shape == source["original"].shape
    with pytest.raises(me.KitError):
        edited_scenes(kit, ["no such"], 1, progress=False)


def test_questions_in_any_language(tmp_path):
    told = read_questions()
    assert [one["name"] for one in told["questions"]] == ["region", "instruction"] and told["lang"] == "en"
    file = tmp_path / "de.toml"
    texts = "\n".join(f'{name} = "das ist {name} {{i}}/{{n}}"' for name in told["texts"])
    file.write_text(f'lang = "de"\n[[questions]]\nname = "gut"\ntext = "Gut?"\nlow = "nein"\nhigh = "ja"\n'
                    f'unsure = "weiß nicht"\n[texts]\n{texts}\n', encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        german = read_questions(file)
    assert german["lang"] == "de" and german["questions"][0]["unsure"] == "weiß nicht"
    assert german["texts"]["next"] == "das ist next {i}/{n}" and len(german["texts"]) == len(told["texts"])
    file.write_text('lang = "de"\n[texts]\nnext = "weiter"')
    with pytest.warns(UserWarning, match="English stays title"):
        assert read_questions(file)["questions"] == told["questions"]


@pytest.mark.parametrize(("written", "word"), [
    ("lang = ", "no TOML"), ('lang = "<b>"', "lang is '<b>'"), ('direction = "up"', "ltr or rtl"),
    ("lang = 3", "lang is no text"), ('[texts]\nnext = ""', "the text next is empty"),
    ('[texts]\nnaxt = "on"', "'naxt' is nothing"), ('colour = "red"', "'colour' is nothing"),
    ("questions = []", "no questions"), ('[[questions]]\nname = "a"', "'a' has no high, no low, no text"),
    ('[[questions]]\nname = "a b"\ntext = "t"\nlow = "l"\nhigh = "h"', "'a b' can't name a question"),
    ('[[questions]]\nname = "a"\ntext = "t"\nlow = ""\nhigh = "h"', "low of a question is empty"),
    ('[[questions]]\nname = "a"\ntext = "t"\nlow = "l"\nhigh = "h"\nmiddle = "m"', "no 'middle'"),
    ('[[questions]]\nname = "a"\ntext = "t"\nlow = "l"\nhigh = "h"\n' * 2, "one name"),
])
def test_questions_that_are_none_are_refused(tmp_path, written, word):
    file = tmp_path / "questions.toml"
    file.write_text(written)
    with pytest.raises(me.KitError, match=word):
        read_questions(file)
    with pytest.raises(me.KitError, match="could not be read"):
        read_questions(tmp_path / "gone.toml")


def test_what_the_folder_says_can_be_read_by_anybody(tmp_path):
    study = human.study(tmp_path / "study")
    told = json.loads((study.folder / "study.json").read_text())
    assert told["methods"] == list(human.METHODS) and len(told["items"]) == 12
    (study.folder / "study.json").write_text("{")
    with pytest.raises(me.KitError, match="is broken"):
        open_study(study.folder)
    (study.folder / "study.json").write_text('{"form": 7}')
    with pytest.raises(me.KitError, match="another version"):
        open_study(study.folder)
