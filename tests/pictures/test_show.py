"""What is drawn: read back from the pixels of the figure itself."""

import io
import math

import numpy as np
import pytest
from PIL import Image

from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures.show import overlay, save_figure, show_row, show_rows

RED, BLUE = (np.full((40, 60, 3), colour, np.uint8) for colour in ((220, 0, 0), (0, 0, 220)))


def disc(size=(64, 80), centre=(30, 40), radius=12):
    rows, columns = np.indices(size)
    return np.hypot(rows - centre[0], columns - centre[1]) <= radius


def drawn(figure):
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return np.asarray(Image.open(data).convert("RGB")).astype(int)


# A row


def test_pictures_stand_from_left_to_right_under_their_names():
    figure = show_row(original=RED, true_edit=BLUE)
    assert [axis.get_title() for axis in figure.axes] == ["original", "true edit"]
    pixels = drawn(figure)
    red, blue = ((np.abs(pixels - colour[0, 0]).max(axis=2) <= 2) for colour in (RED, BLUE))
    assert red.sum() > 0.3 * red.size and blue.sum() > 0.3 * blue.size
    assert np.nonzero(red)[1].max() < np.nonzero(blue)[1].min()


def test_a_mask_is_drawn_from_black_to_white():
    half = np.zeros((40, 60), np.float32)
    half[:, 20:40], half[:, 40:] = 0.5, 1
    pixels = drawn(show_row(mask=half))
    row = pixels[pixels.shape[0] * 2 // 3]
    third = len(row) // 6
    assert row[third].tolist() == [0, 0, 0] and row[-third].tolist() == [255, 255, 255]
    assert np.abs(row[3 * third] - 128).max() <= 2
    flat = drawn(show_row(mask=np.full((40, 60), 0.5, np.float32)))  # not stretched to its own range
    assert np.abs(flat[flat.shape[0] * 2 // 3, flat.shape[1] // 2] - 128).max() <= 2
    assert show_row(nothing=np.zeros((4, 4), bool)).axes


def test_pictures_of_different_shape_keep_it():
    pixels = drawn(show_row(wide=RED[:20], tall=BLUE[:, :20]))
    for colour, shape in ((RED, 20 / 60), (BLUE, 40 / 20)):
        rows, columns = np.nonzero(np.abs(pixels - colour[0, 0]).max(axis=2) <= 2)
        assert (np.ptp(rows) + 1) / (np.ptp(columns) + 1) == pytest.approx(shape, rel=0.03)


def test_alt_text_in_the_notebook_and_in_the_file(tmp_path):
    figure = show_row(original=RED, true_edit=BLUE)
    assert figure.alt == "Pictures in a row, from left to right: original, true edit."
    told = show_row(alt='a "red" field', original=RED)
    assert '<img alt="a &quot;red&quot; field" src="data:image/png;base64,' in told._repr_html_()
    save_figure(told, tmp_path / "row.png")
    assert Image.open(tmp_path / "row.png").info["Description"] == 'a "red" field'
    assert [path.name for path in tmp_path.iterdir()] == ["row.png"]


def test_a_dollar_is_a_dollar():
    """Two of them would be mathematics to matplotlib: italics, spaces gone, and a crash where it does not parse."""
    name = "$5 and \\frac for $7"
    figure = show_rows({name: {name: RED}})
    drawn(figure)  # which would fail
    texts = [figure.axes[0].title, *figure.texts]
    assert len(texts) == 2 and all(text.get_text() == name and not text.get_parse_math() for text in texts)


def test_what_cannot_be_shown():
    with pytest.raises(KitError, match="no pictures"):
        show_row()
    with pytest.raises(KitError, match="true edit: "):
        show_row(original=RED, true_edit=None)
    with pytest.raises(KitError, match="no folder"):
        save_figure(show_row(a=RED), "missing-folder/row.png")


# An overlay


def test_far_from_the_edge_only_the_inside_is_tinted():
    picture = np.random.default_rng(0).integers(0, 256, (64, 80, 3), dtype=np.uint8)
    laid = overlay(picture, disc())
    far = ~disc(radius=13.51)
    np.testing.assert_array_equal(laid[far], picture[far])
    core = disc(radius=9)
    step = laid[core].astype(float) - picture[core]
    assert (np.abs(laid[core].astype(int) - picture[core]).max(axis=1) > 10).mean() > 0.9
    assert step[:, 0].mean() > step[:, 2].mean() + 20  # towards orange


@pytest.mark.parametrize("level", [0, 90, 128, 255])
def test_the_edge_is_a_white_line_with_a_black_rim_on_any_picture(level):
    laid = overlay(np.full((64, 80, 3), level, np.uint8), disc())
    for angle in np.linspace(0, 2 * math.pi, 60):  # walk outwards from the centre, one small step at a time
        walk = [laid[round(30 + r * math.sin(angle)), round(40 + r * math.cos(angle))].tolist()
                for r in np.arange(8, 16, 0.25)]
        white, black = walk.index([255, 255, 255]), walk.index([0, 0, 0], walk.index([255, 255, 255]))
        assert white < black


def test_a_mask_up_to_the_frame_has_a_closed_line():
    laid = overlay(RED, np.ones((40, 60), bool))
    border = np.ones((40, 60), bool)
    border[1:-1, 1:-1] = False
    assert (laid[border] == 255).all() and (laid[~border] != 255).any(axis=1).all()


def test_the_line_grows_with_the_picture_and_the_source_stays_clean():
    picture = np.zeros((600, 1024, 3), np.uint8)
    mask = np.zeros((600, 1024), bool)
    mask[200:400, 200:400] = True
    laid = overlay(picture, mask)
    assert (laid[300, 200:204] == 255).all() and (laid[300, 204] != 255).any()
    assert picture.max() == 0
    with pytest.raises(KitError, match="nothing is selected"):
        overlay(picture, mask & False)
