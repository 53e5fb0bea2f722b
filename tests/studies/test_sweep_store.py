"""Kept rows: what is written is read, by the kit and by others; whole or not there; joined without loss."""

import hashlib
import json
import math
from pathlib import Path

import datasets
import pandas
import pytest

from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures import images
from maskedit_helpers.studies.sweep import store as storing
from maskedit_helpers.studies.sweep.store import PACK, Store

DEPENDS = {"weights": "abc", "code": ["x", 1]}


def settings(number, colour="red"):
    return {"number": number, "colour": colour, "share": number / 3, "soft": number % 2 == 0}


def rows(number):
    """Whole numbers, fractions, infinite and undefined ones, text, bools, and columns that are empty, all or half."""
    return [{"scene": scene, "psnr": 20 + scene / 7 if scene else math.inf, "iou": None if scene == 1 else scene / 9,
             "kind": "swap" if number else None, "hit": scene > 1, "never": None, "count": 60 if number else 2.5}
            for scene in range(4)]


def filled(folder, count=3):
    store = Store(folder)
    return store, [store.write("toy", settings(i), DEPENDS, rows(i)) for i in range(count)]


def same(found, number):
    assert len(found) == 4
    for one, said in zip(found, rows(number)):
        assert list(one)[:4] == list(settings(number))
        for name, value in {**settings(number), **said}.items():
            assert one[name] == (pytest.approx(value, rel=1e-6) if isinstance(value, float) else value), name


def test_what_is_written_is_read(tmp_path):
    store, keys = filled(tmp_path / "rows")
    assert all(key in store for key in keys) and "0" * 16 not in store
    for i, found in enumerate(store.read(keys).values()):
        same(found, i)
    kept = store.cells()[keys[1]]
    assert (kept.task, kept.settings, kept.depends, kept.count) == ("toy", settings(1), DEPENDS, 4)
    assert kept.settings["share"] == 1 / 3  # to the last bit: it is part of the key


def test_the_key_is_the_sha256_of_all_that_the_rows_depend_on(tmp_path):
    _, keys = filled(tmp_path / "rows", 1)
    said = ('{"depends":{"code":["x",1],"weights":"abc"},'
            '"settings":{"colour":"red","number":0,"share":0.0,"soft":true},"task":"toy"}')
    assert keys == [hashlib.sha256(said.encode()).hexdigest()[:16]]
    others = [storing.cell_key("other", settings(0), DEPENDS), storing.cell_key("toy", settings(1), DEPENDS),
              storing.cell_key("toy", settings(0), DEPENDS | {"weights": "abd"})]
    assert len({*keys, *others}) == 4
    assert storing.cell_key("toy", dict(reversed(settings(0).items())), dict(reversed(DEPENDS.items()))) == keys[0]


@pytest.mark.parametrize("packed", [False, True])
def test_pandas_and_datasets_read_it(tmp_path, packed):
    store, keys = filled(tmp_path / "rows")
    if packed:
        store.pack(keys)
    table = pandas.concat(map(pandas.read_parquet, sorted((tmp_path / "rows").glob("*.parquet"))))
    assert len(table) == 12 and sorted(table.number.unique()) == [0, 1, 2]
    assert table[table.scene == 3].psnr.to_list() == pytest.approx([20 + 3 / 7] * 3)
    files = [str(path) for path in (tmp_path / "rows").glob("*.parquet")]
    read = datasets.load_dataset("parquet", data_files=files[:1], split="train", cache_dir=str(tmp_path / "cache"))
    assert {"number", "colour", "scene", "psnr"} <= set(read.column_names)


def test_a_pack_holds_the_same_rows_in_one_smaller_file(tmp_path):
    store, keys = filled(tmp_path / "rows", 40)
    before, weight = store.read(keys), sum(path.stat().st_size for path in store.folder.iterdir())
    assert store.pack(keys) < weight / 3
    assert [path.name for path in store.folder.iterdir()] == [PACK]
    assert store.read(keys) == before and Store(store.folder).read(keys) == before
    more = store.write("toy", settings(90), {"weights": "new"}, rows(90))
    assert more in store and store.cells()[more].depends == {"weights": "new"}
    store.pack([more])  # what was packed before stays
    assert store.read(keys) == before and len(store.cells()) == 41
    store.drop([keys[0], more])
    assert store.read(keys[1:]) == {key: before[key] for key in keys[1:]} and len(store.cells()) == 39
    store.drop(keys[1:])
    assert not list(store.folder.iterdir()) and store.cells() == {}


def test_a_pack_that_is_cut_off_loses_and_doubles_nothing(tmp_path, monkeypatch):
    store, keys = filled(tmp_path / "rows")
    before = store.read(keys)

    def dies(*words, **more):
        raise KeyboardInterrupt

    for owner, name in ((images.os, "replace"), (Path, "unlink")):  # before the pack is in place, and just after
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(owner, name, dies)
            store.pack(keys)
        assert (store.folder / PACK).exists() == (name == "unlink")
        assert len(store.cells()) == 3 and store.read(keys) == before
    store.pack(keys)
    assert len(list(store.folder.glob("*.parquet"))) == 1 and store.read(keys) == before


def test_a_file_that_no_sweep_wrote_or_somebody_changed_is_named(tmp_path):
    store, keys = filled(tmp_path / "rows", 1)
    path = store.folder / f"{keys[0]}.parquet"
    whole = path.read_bytes()
    assert whole.count(b'"weights":"abc"') == 1
    for spoilt in (whole[:-7], b"", whole.replace(b'"weights":"abc"', b'"weights":"xyz"')):
        path.write_bytes(spoilt)
        with pytest.raises(KitError, match=f"{path.name} is not as a sweep wrote it"):
            store.cells()
    pandas.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(KitError, match="is not as a sweep wrote it"):
        store.cells()


@pytest.mark.parametrize(("spoilt", "said"), [
    ([], "no rows"),
    ([{"a": [1]}], "column a .* holds list"),
    ([{"a": 1}, {"a": "x"}], "column a .* holds int, str"),
    ([{"a": 1, "number": 7}], "column number .* is a setting, and differs"),
])
def test_rows_that_cannot_be_kept(tmp_path, spoilt, said):
    with pytest.raises(KitError, match=said):
        Store(tmp_path).write("toy", settings(0), DEPENDS, spoilt)
    assert not list(tmp_path.iterdir())


def test_a_row_may_say_its_setting_again_and_numpys_numbers_are_numbers(tmp_path):
    import numpy as np

    store = Store(tmp_path)
    row = {"number": 0, "a": np.float32(0.5), "b": np.int64(3), "c": np.True_}
    key = store.write("toy", settings(0), DEPENDS, [row])
    found = store.read([key])[key][0]
    assert (found["a"], found["b"], found["c"]) == (0.5, 3, True) and json.dumps(found)
