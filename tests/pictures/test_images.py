"""Pictures and masks from whatever a person has, held against Pillow, hand-worked values and the disk."""

import io
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures.images import fit, read_image, read_mask, resize_image, write_png

sides = st.integers(5, 12)  # 1, 3 and 4 could be read as channels; those shapes have a test of their own
pictures = st.tuples(sides, sides).flatmap(lambda s: hnp.arrays(np.uint8, (*s, 3)))


def encoded(image, kind="png", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def says(words, call, *arguments, **options):
    """The call fails with one line that holds these words."""
    with pytest.raises(KitError) as caught:
        call(*arguments, **options)
    message = str(caught.value)
    assert words in message and "\n" not in message, message


# Pictures


@given(pictures)
def test_a_picture_is_the_same_from_every_source(picture):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(picture.copy()).permute(2, 0, 1)
    image = Image.fromarray(picture)
    sources = [picture, picture[None], image, encoded(image), encoded(image, "tiff"),
               bytearray(encoded(image)), tensor, tensor[None], tensor / 255, tensor.double() / 255,
               picture.astype(np.uint16) * 257, picture / 255, picture.astype(np.float32) / 255]
    for source in sources:
        result = read_image(source)
        assert result.dtype == np.uint8
        np.testing.assert_array_equal(result, picture)


@given(pictures.filter(lambda p: p.max() >= 2))
def test_floats_and_whole_numbers_up_to_255(picture):
    for kind in (np.float16, np.float32, np.float64, np.int64):
        np.testing.assert_array_equal(read_image(picture.astype(kind)), picture)


@given(pictures)
def test_reading_twice_changes_nothing_and_never_shares_memory(picture):
    once = read_image(picture)
    np.testing.assert_array_equal(read_image(once), once)
    assert not np.shares_memory(once, picture)
    once[:] = 7  # a read-only answer would fail here


@given(hnp.arrays(np.uint16, (3, 4)))
def test_sixteen_bits_are_scaled_not_clipped(grey):
    wanted = ((grey.astype(np.int64) * 255 + 32767) // 65535)[:, :, None].repeat(3, 2)
    for source in (grey, Image.fromarray(grey), encoded(Image.fromarray(grey)), grey.astype(">u2")):
        np.testing.assert_array_equal(read_image(source), wanted)


def test_sixteen_bit_grey_keeps_its_transparency():
    """PNG's tRNS chunk names one grey of sixteen bits as clear; near greys, alike in eight bits, are not."""
    grey = np.array([[0, 1000, 1001], [40_000, 1000, 65_535]], np.uint16)
    file = encoded(Image.fromarray(grey), transparency=1000)
    assert b"tRNS" in file
    picture = ((grey.astype(np.int64) * 255 + 32767) // 65535)[:, :, None].repeat(3, 2)
    picture[grey == 1000] = 255  # over white
    np.testing.assert_array_equal(read_image(file), picture)
    np.testing.assert_allclose(read_mask(file), np.where(grey == 1000, 0, grey / 65535), atol=1e-6)


def test_every_pillow_mode_by_hand():
    bit = Image.fromarray(np.array([[True, False]]))
    assert bit.mode == "1"
    np.testing.assert_array_equal(read_image(bit)[0, :, 0], [255, 0])
    np.testing.assert_array_equal(read_image(Image.new("L", (2, 1), 9)), np.full((1, 2, 3), 9))
    palette = Image.new("P", (1, 1), 1)
    palette.putpalette([1, 2, 3, 200, 100, 50])
    assert read_image(palette).tolist() == [[[200, 100, 50]]]
    assert read_image(encoded(palette, transparency=1)).tolist() == [[[255, 255, 255]]]  # a clear entry
    assert read_image(Image.new("CMYK", (1, 1), (0, 255, 255, 0))).tolist() == [[[255, 0, 0]]]
    assert read_image(Image.new("RGBA", (1, 1), (9, 9, 9, 0))).tolist() == [[[255, 255, 255]]]
    assert read_image(Image.new("LA", (1, 1), (0, 51))).tolist() == [[[204, 204, 204]]]  # a fifth black
    assert read_image(Image.new("F", (1, 1), 0.6)).tolist() == [[[153, 153, 153]]]
    assert read_image(Image.new("I", (1, 1), 65535)).tolist() == [[[255, 255, 255]]]
    assert read_image(Image.new("YCbCr", (1, 1), (255, 128, 128))).tolist() == [[[255, 255, 255]]]


@given(st.tuples(sides, sides).flatmap(lambda s: hnp.arrays(np.uint8, (*s, 4))))
def test_transparency_lies_over_white_as_in_pillow(rgba):
    image = Image.fromarray(rgba)
    paper = Image.new("RGBA", image.size, "white")
    wanted = np.asarray(Image.alpha_composite(paper, image).convert("RGB")).astype(int)
    for source in (image, encoded(image), rgba, rgba / 255):
        assert np.abs(read_image(source) - wanted).max() <= 1  # Pillow rounds in 8 bits, we once


@pytest.mark.parametrize(("orientation", "turned"), [
    (1, lambda p: p), (2, np.fliplr), (3, lambda p: np.rot90(p, 2)), (4, np.flipud),
    (5, lambda p: np.transpose(p, (1, 0, 2))), (6, lambda p: np.rot90(p, -1)),
    (7, lambda p: np.rot90(np.transpose(p, (1, 0, 2)), 2)), (8, np.rot90)])
def test_exif_rotation(orientation, turned):
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind in ("png", "tiff"):
        data = encoded(Image.fromarray(picture), kind, exif=exif)
        np.testing.assert_array_equal(read_image(data), turned(picture))
        np.testing.assert_array_equal(read_mask(data, allow_empty=True).shape, turned(picture).shape[:2])


def test_shapes_of_arrays_and_tensors():
    torch = pytest.importorskip("torch")
    assert read_image(np.zeros((5, 7), np.uint8)).shape == (5, 7, 3)
    assert read_image(np.zeros((5, 7, 1), np.uint8)).shape == (5, 7, 3)
    assert read_image(np.zeros((3, 5, 7), np.uint8)).shape == (5, 7, 3)
    assert read_image(np.zeros((1, 5, 7), bool)).shape == (5, 7, 3)
    assert read_image(np.zeros((3, 5, 3), np.uint8)).shape == (3, 5, 3)  # an array: channels last
    assert read_image(torch.zeros(3, 5, 4)).shape == (5, 4, 3)  # a tensor: channels first
    assert read_image(torch.ones(1, 3, 5, 7, dtype=torch.bfloat16, requires_grad=True)).min() == 255


@pytest.mark.parametrize("source", [
    np.zeros((2, 2, 2)), np.zeros(5), np.zeros((0, 4, 3)), np.zeros((2, 4, 4, 3)), np.zeros((2, 2), complex),
    np.array([["a"]]), None, 5, [[1]], b"", b"not an image",
    np.full((2, 2), np.nan), np.full((2, 2), np.inf), np.full((2, 2), -0.5), np.full((2, 2), 1.5),
    np.full((2, 2), 300.0), np.full((2, 2), -1), np.full((2, 2), 70000)])
def test_what_is_no_picture_is_refused_by_name(source):
    says("portrait", read_image, source, "portrait")
    says("where", read_mask, source, None, "where")


def test_the_message_says_how_to_rescale():
    says("(x + 1) / 2", read_image, np.linspace(-1, 1, 12).reshape(3, 4))
    assert read_image(np.full((1, 1), 1.0005)).max() == 255  # rounding, as float16 leaves behind
    assert read_image(np.array([[-1e-6, 1.0]])).min() == 0


def test_files_that_cannot_be_read(tmp_path):
    says("no such file", read_image, tmp_path / "gone.png")
    says("gone.png", read_image, str(tmp_path / "gone.png"))
    says("folder", read_image, tmp_path)
    (tmp_path / "notes.png").write_text("hello")
    says("not an image", read_image, tmp_path / "notes.png")
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    (tmp_path / "half.png").write_bytes(encoded(Image.fromarray(noise))[:4000])
    says("half.png", read_image, tmp_path / "half.png")
    says("picture", read_image, Image.open(tmp_path / "half.png"), "picture")


@settings(max_examples=200)
@given(st.data())
def test_a_damaged_file_is_a_picture_or_one_clear_line(data):
    kind = data.draw(st.sampled_from(["png", "jpeg", "gif", "bmp", "tiff", "webp"]))
    whole = encoded(Image.fromarray((np.arange(300) % 256).astype(np.uint8).reshape(10, 10, 3)), kind)
    damaged = bytearray(whole[:data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if damaged:
            damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        with warnings.catch_warnings(action="ignore"):  # Pillow's own remarks on what it finds
            result = read_image(bytes(damaged))
        assert result.dtype == np.uint8 and result.shape[2] == 3
    except KitError as error:
        assert "\n" not in str(error)


# Masks


@given(st.tuples(sides, sides).flatmap(lambda s: hnp.arrays(bool, s)).filter(np.any))
def test_a_mask_is_the_same_from_every_source(mask):
    torch = pytest.importorskip("torch")
    wanted = mask.astype(np.float32)
    bit, grey = Image.fromarray(mask), Image.fromarray(mask.astype(np.uint8) * 255)
    sources = [mask, mask[None], mask.astype(np.uint8), mask.astype(np.uint8) * 255, mask.astype(np.int64),
               mask.astype(np.uint16) * 65535, mask.astype(np.float16), mask * 255.0, bit, grey, encoded(bit),
               encoded(grey), grey.convert("RGB"), grey.convert("CMYK"), torch.from_numpy(mask),
               torch.from_numpy(mask)[None, None].float()]
    for source in sources:
        result = read_mask(source)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, wanted, atol=1e-6)
        np.testing.assert_array_equal(read_mask(result), result)


@given(hnp.arrays(np.uint8, (3, 5)))
def test_grey_values_stay_soft(grey):
    mask = read_mask(Image.fromarray(grey), allow_empty=True)
    if grey.max() > 1:  # 0 and 1 alone are labels
        np.testing.assert_allclose(mask, grey / 255, atol=1e-7)
    np.testing.assert_array_equal(read_mask(mask, allow_empty=True), mask)


def test_transparent_means_not_painted():
    painted = Image.new("RGBA", (2, 1), (255, 255, 255, 0))
    painted.putpixel((1, 0), (255, 255, 255, 255))
    assert read_mask(painted).tolist() == [[0, 1]]


def test_empty_masks_are_refused_also_the_one_divided_twice():
    says("nothing is selected", read_mask, np.zeros((4, 4), bool))
    says("0.003922 of 1", read_mask, np.ones((4, 4), np.float32) / 255)
    assert read_mask(np.zeros((4, 4), bool), allow_empty=True).max() == 0


STACKS = np.zeros((3, 6, 8), bool)
STACKS[0], STACKS[1, :3], STACKS[2, 2:4, 3:5] = True, True, True


def test_several_masks_are_refused_and_never_averaged_to_thirds():
    """SAM's own shapes: (3, H, W) of `predict`, (1, 3, H, W) of `predict_torch`; and planes last, of any whole type."""
    torch = pytest.importorskip("torch")
    tensor, last = torch.from_numpy(STACKS), np.moveaxis(STACKS, 0, 2)
    for stack in (STACKS, STACKS[:2], STACKS.astype(np.float32), STACKS[None], STACKS[None].astype(np.uint8) * 255,
                  tensor, tensor[None], tensor[None].float(), tensor[..., :3], tensor[None, ..., :4]):
        says("masks in one stack; choose one of them, for example masks[0", read_mask, stack)
    for stack in (last, last[None], last.astype(np.uint8), torch.from_numpy(last).long()):
        says("3 masks in one stack, its last axis; choose one of them", read_mask, stack)
    for i, mask in enumerate(STACKS):  # and what the line says to do, works
        for one in (STACKS[i], torch.from_numpy(STACKS)[i], STACKS[None][0, i], np.moveaxis(STACKS, 0, 2)[..., i]):
            np.testing.assert_array_equal(read_mask(one), mask)
    says("masks[0, 0]", read_mask, STACKS[None])
    says("masks[..., 0]", read_mask, np.moveaxis(STACKS, 0, 2))


@pytest.mark.parametrize("shape", [(3, 7, 3), (3, 7, 4), (4, 7, 3), (3, 7, 1), (1, 7, 3), (1, 3, 7, 4), (1, 1, 7, 3)])
def test_a_mask_whose_shape_can_be_read_in_two_ways_is_refused(shape):
    for values in (np.ones(shape, bool), np.ones(shape, np.float32)):
        says("planes first or last; pass one mask of shape (H, W)", read_mask, values)


def test_one_mask_in_any_shape_is_read():
    torch = pytest.importorskip("torch")
    M = np.arange(42).reshape(6, 7) % 5 == 0
    grey = M.astype(np.uint8) * 255
    for one in (M[None], M[..., None], M[None, None], M[None, ..., None], np.dstack([M] * 3), np.dstack([grey] * 3),
                np.dstack([grey] * 3)[None], np.dstack([grey / 255] * 3), torch.from_numpy(M)[None, None],
                torch.from_numpy(M)[..., None], torch.from_numpy(np.dstack([grey] * 3))):
        np.testing.assert_allclose(read_mask(one), M, atol=1e-6)
    for thin in (M[:, :3], M[:3], M[:, :1], M[:1], np.ones((1, 5, 1), bool)):
        assert read_mask(thin).size == thin.size
    assert read_mask(torch.from_numpy(M[:, :3])[None]).shape == (6, 3)  # a tensor has its planes first
    painted = np.zeros((6, 7, 3), np.uint8)
    painted[2:, :, :2] = 255  # yellow on black: a picture, whose colours are averaged
    assert read_mask(painted).max() == pytest.approx(2 / 3)


@given(st.tuples(sides, sides).flatmap(lambda s: hnp.arrays(bool, s)), st.sampled_from([1, 2, 4, 6, 10]))
def test_masks_are_resized_by_nearest_as_pillow_does(mask, halves):
    """From half the size to five times: shrunk, it matters which pixel of a pair is the nearest."""
    mask = np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)
    mask[::2] ^= True  # so that the two rows of a pair differ
    size = tuple(side // 2 * halves for side in mask.shape)
    wanted = np.asarray(Image.fromarray(mask.astype(np.uint8)).resize(size[::-1], Image.Resampling.NEAREST))
    np.testing.assert_array_equal(read_mask(mask, size, allow_empty=True), wanted)


def test_a_mask_of_another_shape_is_refused_by_name():
    mask = np.ones((85, 128), bool)
    assert read_mask(mask, (333, 500)).shape == (333, 500)  # 85.2 was rounded
    assert read_mask(mask, (333, 500, 3)).shape == (333, 500)
    says("shirt.png: 128x85", read_mask, mask, (500, 333), "shirt.png")
    says("128x85", read_mask, mask, (512, 512))
    says("128x128", read_mask, np.ones((128, 128), bool), (120, 128))


# Sizes


@given(st.integers(1, 300), st.integers(1, 300), st.integers(8, 160), st.sampled_from([1, 8, 64]))
def test_fit_keeps_the_aspect_to_half_a_multiple(h, w, long_side, multiple):
    picture = np.zeros((h, w, 3), np.uint8)
    if long_side < multiple:
        return says("long_side", fit, picture, long_side, multiple)
    new = fit(picture, long_side, multiple).shape[:2]
    for side, old in zip(new, (h, w)):
        exact = old * long_side / max(h, w)
        assert side % multiple == 0
        assert abs(side - exact) <= multiple / 2 + 1e-9 or side == multiple > exact


@given(st.integers(8, 200), st.integers(8, 200), st.sampled_from([64, 128, 160]))
def test_what_was_fitted_finds_its_way_back(h, w, long_side):
    picture = np.full((h, w, 3), (10, 200, 30), np.uint8)
    back = resize_image(fit(picture, long_side), (h, w))
    np.testing.assert_array_equal(back, picture)  # one colour stays that colour at any size


def test_what_is_resized_may_be_painted_on():
    picture = np.zeros((20, 40, 3), np.uint8)
    for made in (fit(picture, 40), fit(picture, 80), fit(picture, 16), resize_image(picture, (20, 40)),
                 resize_image(picture, (10, 20))):
        made[:] = 7  # a read-only answer would fail here
    assert picture.max() == 0


def test_resizing_keeps_things_where_they_are():
    small = np.zeros((10, 20, 3), np.uint8)
    small[2:4, 6:10] = 255
    big = resize_image(small, (40, 80))
    rows, columns = np.nonzero(big[:, :, 0] > 127)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (8, 15, 24, 39)
    np.testing.assert_array_equal(resize_image(small, (10, 20, 3)), small)
    says("edit: 20x10", resize_image, small, (20, 20), "edit")


# Out to disk


@settings(max_examples=20)
@given(pictures)
def test_png_gives_the_picture_back(tmp_path_factory, picture):
    path = tmp_path_factory.mktemp("out") / "a.png"
    write_png(path, picture)
    np.testing.assert_array_equal(np.asarray(Image.open(path).convert("RGB")), picture)
    assert [p.name for p in path.parent.iterdir()] == ["a.png"]


def test_a_mask_is_written_as_grey(tmp_path):
    write_png(tmp_path / "m.png", np.array([[0, 0.5, 1]], np.float32))
    image = Image.open(tmp_path / "m.png")
    assert image.mode == "L" and np.asarray(image).tolist() == [[0, 128, 255]]
    write_png(tmp_path / "m.png", np.zeros((2, 2), bool))  # an empty mask may be looked at


def test_a_disk_that_is_full_leaves_the_old_file(tmp_path):
    """A limit on file size stops the write in the middle, as a full disk does."""
    resource = pytest.importorskip("resource")
    path = tmp_path / "a.png"
    write_png(path, np.zeros((4, 4, 3), np.uint8))
    before = path.read_bytes()
    noise = np.random.default_rng(0).integers(0, 255, (300, 300, 3), dtype=np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(KitError, match="could not be written"):
            write_png(path, noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    write_png(path, noise)
    np.testing.assert_array_equal(read_image(path), noise)


def test_a_file_is_exchanged_in_one_step(tmp_path):
    """A second name of the old file keeps its bytes: the new one was renamed into place, not written over it."""
    path, second = tmp_path / "a.png", tmp_path / "b.png"
    write_png(path, np.zeros((4, 4, 3), np.uint8))
    second.hardlink_to(path)
    write_png(path, np.ones((4, 4, 3), np.uint8))
    assert read_image(second).max() == 0 and read_image(path).max() == 1


def test_places_that_cannot_be_written(tmp_path):
    picture = np.zeros((4, 4, 3), np.uint8)
    says("no folder", write_png, tmp_path / "missing" / "a.png", picture)
    says(".png", write_png, tmp_path / "a.jpg", picture)
    (tmp_path / "d.png").mkdir()
    says("d.png", write_png, tmp_path / "d.png", picture)
    says("could not be written", write_png, tmp_path / ("a" * 400 + ".png"), picture)
    assert [p.name for p in tmp_path.iterdir()] == ["d.png"]
