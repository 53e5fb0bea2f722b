"""What is drawn: read back from the pixels of the figure itself."""

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image

from maskedit_helpers.errors import KitError
from maskedit_helpers.figures.show import overlay, save_figure, show_row, show_rows, subplots

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


def test_a_notebook_gets_html_and_the_same_png_beside_it():
    """Through IPython's own formatter, as a cell's last line goes."""
    from IPython.core.formatters import DisplayFormatter

    axes_too, _ = subplots(alt="A curve.", figsize=(3, 2))
    for figure in (show_row(alt="A red field.", original=RED), axes_too):
        shown, about = DisplayFormatter().format(figure)
        assert f'alt="{figure.alt}"' in shown["text/html"] and shown["image/png"] in shown["text/html"]
        image = Image.open(io.BytesIO(base64.b64decode(shown["image/png"])))
        assert image.info["Description"] == figure.alt == about["image/png"]["alt"]
        width, height = (about["image/png"][side] for side in ("width", "height"))
        assert f"width: {width}px" in shown["text/html"] and image.width > width  # fine enough for a fine screen
        assert height / width == pytest.approx(image.height / image.width, rel=0.01)


def texts(figure):
    """Where each name, heading and picture stands, in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).draw()
    words = [text for text in [*figure.texts, *(axis.title for axis in figure.axes)] if text.get_text()]
    return ([text.get_window_extent() for text in words], [axis.get_window_extent() for axis in figure.axes])


def apart(boxes):
    return not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


@pytest.mark.parametrize(("count", "lines"), [(1, [1]), (5, [5]), (6, [3, 3]), (7, [4, 3]), (11, [4, 4, 3])])
@pytest.mark.parametrize("name", ["{}", "{} turn the shirt into red leather", "{}: WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"])
def test_many_pictures_go_on_below_and_no_two_names_meet(count, lines, name):
    figure = show_row(**{name.format(i): RED[:, :40] for i in range(count)})
    words, pictures = texts(figure)
    tops = [round(box.y0) for box in pictures]
    assert [tops.count(top) for top in sorted(set(tops), reverse=True)] == lines
    assert apart(words + pictures)
    width, height = figure.get_size_inches() * figure.dpi
    assert all(0 <= box.x0 and box.x1 <= width and 0 <= box.y0 and box.y1 <= height for box in words + pictures)
    assert width / figure.dpi <= 9.6  # an inch of a web page is 96 pixels: it fits the pages of notebooks
    assert "".join(axis.get_title() for axis in figure.axes).replace("\n", "").replace(" ", "") == "".join(
        name.format(i) for i in range(count)).replace(" ", "")


def test_rows_stand_in_a_grid_each_under_its_heading():
    heading = "turn the shirt into red leather, and whatever else a long instruction may ask of a picture"
    figure = show_rows({f"{heading} {i}": dict(a=RED, b=BLUE) for i in range(3)})
    words, pictures = texts(figure)
    assert apart(words + pictures) and len({round(box.x0) for box in pictures}) == 2
    for i, head in enumerate(words[:3]):
        assert head.y0 > pictures[2 * i].y1 and (i == 0 or head.y1 < pictures[2 * i - 1].y0)


def levels(picture, **options):
    """How many different colours a picture of two is drawn in."""
    return len(np.unique(drawn(show_row(**{"": picture}, **options))[40:-40, 40:-40].reshape(-1, 3), axis=0))


def test_pictures_are_enlarged_smoothly_masks_and_pixels_sharply():
    halves = np.repeat(np.array([[0, 1]], np.uint8), 20, 1)[[0] * 30]
    assert levels(255 * np.dstack([halves] * 3)) > 4
    assert levels(255 * np.dstack([halves] * 3), sharp=True) == levels(halves.astype(bool)) == 2


def test_what_is_made_smaller_keeps_a_share_of_every_pixel():
    """Nearest would show some of the lines white and leave out the others."""
    lines = np.zeros((900, 900), np.float32)
    lines[::9] = 1
    for picture in (lines, np.dstack([np.uint8(255 * lines)] * 3)):
        assert 60 < drawn(show_row(**{"": picture}, sharp=True))[40:-40, 40:-40].max() < 180


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
    with pytest.raises(KitError, match="row without pictures"):
        show_rows({"one": {"a": RED}, "two": {}})
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
