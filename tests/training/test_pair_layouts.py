"""The known sets of edits, on files of the same layout that are written here: white = 1 = edit after reading."""

import io

import numpy as np
import pytest
import tiny
from datasets import Dataset, DatasetDict, Features, Image, Value
from PIL import Image as Pictures

from maskedit_helpers.errors import KitError
from maskedit_helpers.training.pairs_with_masks.layouts import LAYOUTS, layout_of
from maskedit_helpers.training.pairs_with_masks.source import open_source

SIZE = 48
PLACE = np.s_[10:30, 5:25]  # where the edit is
TRUTH = np.zeros((SIZE, SIZE), bool)
TRUTH[PLACE] = True


def png(pixels, mode=None):
    data = io.BytesIO()
    Pictures.fromarray(pixels, mode).save(data, "png")
    return {"bytes": data.getvalue(), "path": None}


def white_mask(before):
    return png(TRUTH * np.uint8(255))


def painted_black(before):
    """As HumanEdit's: the picture, black where the edit is to be."""
    painted = np.maximum(before, 4)  # the picture itself has dark pixels, but no black ones
    painted[PLACE] = 0
    return png(painted)


def erased(before):
    """As MagicBrush's, made for DALL-E 2: the picture, transparent where the edit is to be."""
    return png(np.dstack([before, np.where(TRUTH, 0, 255).astype(np.uint8)]))


SETS = {  # layout: its columns of words, of pictures, and its mask, as each card and its users have them
    "instructpix2pix": (("original_prompt", "edit_prompt", "edited_prompt"), ("original_image", "edited_image"), None),
    "magicbrush": (("img_id", "instruction"), ("source_img", "target_img"), ("mask_img", erased)),
    "ultraedit": (("source_caption", "target_caption", "edit_prompt"), ("source_image", "edited_image"),
                  ("mask_image", white_mask)),
    "humanedit": (("IMAGE_ID", "EDITING_TYPE", "EDITING_INSTRUCTION", "OUTPUT_DESCRIPTION", "INPUT_CAPTION_BY_LLAMA",
                   "OUTPUT_CAPTION_BY_LLAMA"), ("INPUT_IMG", "OUTPUT_IMG"), ("MASK_IMG", painted_black)),
}
CAPTIONS = {"instructpix2pix": ("original_prompt", "edited_prompt"), "magicbrush": ("", ""),
            "ultraedit": ("source_caption", "target_caption"),
            "humanedit": ("INPUT_CAPTION_BY_LLAMA", "OUTPUT_CAPTION_BY_LLAMA")}
INSTRUCTIONS = {"instructpix2pix": "edit_prompt", "magicbrush": "instruction", "ultraedit": "edit_prompt",
                "humanedit": "EDITING_INSTRUCTION"}


def pictures(i):
    before = tiny.picture(SIZE, SIZE, seed=i)
    after = before.copy()
    after[PLACE] = 255 - after[PLACE]
    return before, after


def table(layout, count=3):
    words, (first, second), mask = SETS[layout]
    rows = {name: [f"{name} {i}" for i in range(count)] for name in words}
    drawn = [pictures(i) for i in range(count)]
    rows |= {first: [png(before) for before, _ in drawn], second: [png(after) for _, after in drawn]}
    kinds = {**dict.fromkeys(words, Value("string")), first: Image(), second: Image()}
    if mask:
        rows[mask[0]], kinds[mask[0]] = [mask[1](before) for before, _ in drawn], Image()
    return Dataset.from_dict(rows, features=Features(kinds))


def parquet(layout, folder):
    table(layout).to_parquet(folder / "train-00000-of-00001.parquet")
    return folder


def saved(layout, folder):
    DatasetDict({LAYOUTS[layout].split: table(layout)}).save_to_disk(folder / "saved")
    return folder / "saved"


def samples(path, **options):
    source = open_source(path, None, 0, 0.6, **options)
    return source, [source.sample(task) for task in source.rows()]


@pytest.mark.parametrize("write", [parquet, saved])
@pytest.mark.parametrize("layout", SETS)
def test_each_layout_is_known_and_its_mask_is_white_where_the_edit_is(layout, write, tmp_path):
    source, found = samples(write(layout, tmp_path))
    assert source.name == layout and len(found) == 3
    for i, sample in enumerate(found):
        before, after = pictures(i)
        assert sample.fault == "" and sample.id == str(i)
        assert np.array_equal(sample.before, before) and np.array_equal(sample.after, after)
        assert sample.instruction == f"{INSTRUCTIONS[layout]} {i}"
        assert sample.captions == tuple(name and f"{name} {i}" for name in CAPTIONS[layout])
        if SETS[layout][2]:
            assert sample.own.dtype == bool and np.array_equal(sample.own, TRUTH)
        else:
            assert sample.own is None and not source.masks
    assert found[1].kind == ("editing_type 1" if layout == "humanedit" else "")


def test_the_licences_of_the_sets_are_named():
    assert {layout.licence for layout in LAYOUTS.values()} == {"none stated on its card", "CC BY 4.0"}
    assert sorted(name for layout in LAYOUTS.values() for name in layout.sets) == [
        "BleachNick/UltraEdit_Region_Based_100k", "BryanW/HumanEdit", "osunlp/MagicBrush",
        "timbrooks/instructpix2pix-clip-filtered"]


def test_a_mask_of_another_size_fits_its_picture_and_one_of_another_shape_is_a_fault():
    before, after = pictures(0)
    row = {"source_image": png(before)["bytes"], "edited_image": png(after)["bytes"], "edit_prompt": "x",
           "source_caption": "a", "target_caption": "b"}
    large = np.kron(TRUTH, np.ones((2, 2), bool))
    fits = LAYOUTS["ultraedit"].sample(0, {**row, "mask_image": png(large * np.uint8(255))["bytes"]})
    assert np.array_equal(fits.own, TRUTH)
    wrong = LAYOUTS["ultraedit"].sample(0, {**row, "mask_image": png(large[:40] * np.uint8(255))["bytes"]})
    assert wrong.fault.startswith("unreadable: mask_image")


@pytest.mark.parametrize(("layout", "mask"), [
    ("magicbrush", png(np.zeros((SIZE, SIZE, 3), np.uint8))["bytes"]), ("ultraedit", b"no picture"),
    ("humanedit", b"no picture"), ("magicbrush", b"no picture")])
def test_what_cannot_be_read_is_a_row_with_a_fault_and_no_crash(layout, mask):
    _, (first, second), (name, _) = SETS[layout]
    before, after = pictures(0)
    row = {first: png(before)["bytes"], second: png(after)["bytes"], name: mask,
           **dict.fromkeys((*SETS[layout][0], LAYOUTS[layout].instruction), "words")}
    assert LAYOUTS[layout].sample(7, row).fault.startswith("unreadable")


def test_large_pictures_are_scaled_with_their_masks(tmp_path):
    _, found = samples(parquet("ultraedit", tmp_path), size=24)
    assert found[0].before.shape == found[0].after.shape == (24, 24, 3)
    assert np.array_equal(found[0].own, TRUTH[1::2, 1::2])


def test_rows_are_left_out_and_counted(tmp_path):
    source = open_source(parquet("ultraedit", tmp_path), 1, 1, 0.6)
    assert [source.sample(task).id for task in source.rows()] == ["1"]


def test_a_missing_column_and_an_unknown_layout_are_named():
    with pytest.raises(KitError, match="layout humanedit needs INPUT_IMG, OUTPUT_IMG"):
        layout_of(["source_img", "target_img"], "humanedit")
    with pytest.raises(KitError, match="the columns are a, b, and no layout is known of"):
        layout_of(["a", "b"])
    with pytest.raises(KitError, match="layout 'cubist' is unknown; use one of instructpix2pix, magicbrush"):
        layout_of(["a"], "cubist")


def test_what_is_no_source_says_so(tmp_path):
    with pytest.raises(KitError, match="give drawn, a file or folder that is here, or the name of a set"):
        open_source("nowhere", None, 0, 0.6)
    with pytest.raises(KitError, match="holds no parquet files"):
        open_source(tmp_path, None, 0, 0.6)
    with pytest.raises(KitError, match="has no split 'test'; use one of train"):
        open_source(parquet("ultraedit", tmp_path), None, 0, 0.6, split="test")
    (tmp_path / "train-00000-of-00001.parquet").write_bytes(b"torn")
    with pytest.raises(KitError, match="could not be"):
        open_source(tmp_path, None, 0, 0.6)


def test_a_set_without_a_connection_is_one_clear_line(monkeypatch):
    import datasets

    monkeypatch.setattr(datasets, "load_dataset", lambda *args, **options: (_ for _ in ()).throw(
        ConnectionError("Couldn't reach 'osunlp/MagicBrush'\non the Hub")))
    with pytest.raises(KitError, match="osunlp/MagicBrush could not be opened .Couldn't reach 'osunlp/MagicBrush' on"):
        open_source("osunlp/MagicBrush", None, 0, 0.6)
