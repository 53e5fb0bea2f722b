"""Looking at results: pictures in a row, and a mask laid over its picture.

Every figure carries alt text, in the notebook and in the saved file; a mask is never told by colour alone.
matplotlib is imported here and nowhere else, so reach this file only when something is to be drawn.
"""

import base64
import html
import io
import textwrap

import numpy as np
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from ..errors import KitError
from ..pictures.images import WHITE, read_image, read_mask, write_file

PAGE = 9.6  # inches: the widest line, for the pages of JupyterLab and Colab have about ten
LOW, HIGH = 1.75, 2.7  # inches: a picture's height; five squares fill a page, six would be too narrow for their names
GAP, LINE = 0.1, 0.17  # inches: between pictures, and of a line of words
DOTS = 96  # a web page's per inch; a figure has a quarter more: twice as many would make a notebook four times as large
SIZE = 10  # points: of words
TINT = np.array([255, 140, 0], np.float32)  # orange: far from black in every kind of colour vision


class PictureRow(Figure):
    """A matplotlib figure that knows its alt text (`alt`) and shows it in a notebook."""

    alt = ""

    def __init__(self, *args, dpi=1.25 * DOTS, **options):
        super().__init__(*args, dpi=dpi, **options)

    def _repr_mimebundle_(self, include=None, exclude=None):
        """HTML with the alt text, and beside it the same PNG for viewers and exports that take no HTML."""
        data = base64.b64encode(_png(self)).decode()
        width, height = (round(DOTS * inches) for inches in self.get_size_inches())
        shown = (f'<img alt="{html.escape(self.alt)}" src="data:image/png;base64,{data}" '
                 f'style="width: {width}px; max-width: 100%">')
        return ({"text/html": shown, "image/png": data},
                {"image/png": {"width": width, "height": height, "alt": self.alt}})

    def _repr_html_(self):
        return self._repr_mimebundle_()[0]["text/html"]


def show_row(*, alt=None, sharp=False, **pictures):
    """Pictures side by side, each under its name; what does not fit the page's width goes on below.

    Parameters
    ----------
    **pictures : name=picture, in reading order; anything `read_image` takes. A 2-D array is a mask, drawn in
        grey from 0 (black) to 1 (white). An underscore in a name is shown as a space.
    alt : str, what a reader who cannot see the figure is told; by default the list of names
    sharp : bool, draw each pixel of an enlarged picture as a square, where the pixels are the point, as a mask's
        always are; other pictures are enlarged smoothly

    Returns
    -------
    PictureRow (a matplotlib Figure); `.alt` holds the text, `save_figure` writes it.

    Raises
    ------
    KitError
        No pictures, or one that cannot be read; the message names it.
    """
    if not pictures:
        raise KitError("show_row has no pictures; give at least one, as in show_row(original=x0)")
    names = ", ".join(map(_words, pictures))
    return show_rows({"": pictures}, alt=alt or f"Pictures in a row, from left to right: {names}.", sharp=sharp)


def show_rows(rows, *, alt=None, sharp=False, page=PAGE, low=LOW, size=SIZE):
    """Several rows as `show_row` draws them, each under a heading.

    Parameters
    ----------
    rows : {heading: {name: picture}}; an empty heading takes no room
    alt : str; by default the headings and the names
    sharp : bool, as for `show_row`
    page : inches, of the widest line
    low : inches, a picture's least height: a row that would be lower goes on below
    size : points, of the words

    Returns
    -------
    PictureRow (a matplotlib Figure).

    Raises
    ------
    KitError
        A row without pictures, or a picture that cannot be read; the message names it.
    """
    if not rows or not all(rows.values()):
        raise KitError("show_rows has a row without pictures; give each at least one, as in {'shirt': {'edit': y}}")
    drawn = {heading: [(_words(name), _grey_or_colour(picture, _words(name))) for name, picture in pictures.items()]
             for heading, pictures in rows.items()}
    lines = [("" if i else heading, line) for heading, row in drawn.items()
             for i, line in enumerate(_lines(row, page, low))]
    plain, bold, space = FontProperties(size=size), FontProperties(size=size, weight="bold"), LINE * size / SIZE
    height = min(HIGH, *(_height(line, page) for _, line in lines))
    wide = max(height * _aspect(line) + GAP * (len(line) + 1) for _, line in lines)
    heads = [_wrapped(heading, wide - 2 * GAP, bold) for heading, _ in lines]
    names = [[_wrapped(name, height * _aspect([(name, p)]), plain) for name, p in line] for _, line in lines]
    above = [space * (len(head) + max(map(len, words))) + GAP * (2 + bool(head)) for head, words in zip(heads, names)]
    high = sum(above) + height * len(lines) + GAP
    figure = PictureRow(figsize=(wide, high))
    figure.alt = alt or "; ".join(f"{heading}: {', '.join(dict(row))}" for heading, row in drawn.items()) + "."
    top = high
    for (_, line), head, words, room in zip(lines, heads, names, above):
        figure.text(GAP / wide, (top - 2 * GAP) / high, "\n".join(head), fontproperties=bold, va="top",
                    parse_math=False)
        top -= room + height
        left = GAP
        for (_, picture), name in zip(line, words):
            width = height * picture.shape[1] / picture.shape[0]
            axis = figure.add_axes((left / wide, top / high, width / wide, height / high))
            axis.set_title("\n".join(name), fontproperties=plain, parse_math=False)  # words, also with a $ in them
            _draw(axis, picture, sharp, enlarged=width * figure.dpi > picture.shape[1])
            left += width + GAP
    return figure


def _words(name):
    """A name given as a keyword, in words; any other ("s_T = 3") stays as it is."""
    return name.replace("_", " ") if name.isidentifier() else name


def _lines(row, page, low):
    """A row of (name, picture) in as few lines of a page's width as it takes, about equally long."""
    for count in range(1, len(row) + 1):
        each = -(-len(row) // count)  # rounded up
        lines = [row[i:i + each] for i in range(0, len(row), each)]
        if all(_height(line, page) >= low for line in lines):
            break
    return lines


def _height(line, page):
    """Inches, at which the pictures fill the page's width."""
    return (page - GAP * (len(line) + 1)) / _aspect(line)


def _aspect(line):
    """Of all pictures side by side: width / height."""
    return sum(picture.shape[1] / picture.shape[0] for _, picture in line)


def _wrapped(words, width, font):
    """Words in lines of at most so many inches; a single long word may be broken."""
    for columns in range(max(len(words), 1), 0, -1):
        lines = textwrap.wrap(words, columns)
        if all(text_to_path.get_text_width_height_descent(line, font, False)[0] <= 72 * width for line in lines):
            break
    return lines


def _draw(axis, picture, sharp, enlarged):
    smooth = not enlarged or picture.ndim == 3 and not sharp  # what is made smaller would lose whole rows otherwise
    axis.imshow(picture, cmap="gray", vmin=0, vmax=1,  # the scale is for masks; colours ignore it
                interpolation="lanczos" if smooth else "nearest", interpolation_stage="data")
    axis.set(xticks=[], yticks=[])
    for side in axis.spines.values():  # a hairline, so that a white mask has an edge on white paper
        side.set(color="0.6", linewidth=0.5)


def subplots(rows=1, columns=1, *, alt, **options):
    """matplotlib's `Figure.subplots` on a figure that shows itself, with its alt text, as a cell's last line.

    Parameters
    ----------
    rows, columns : int
    alt : str, what a reader who cannot see the figure is told
    **options : `figsize` and what else `matplotlib.figure.Figure` takes

    Returns
    -------
    (PictureRow, axes) : axes is one of them, or an array as matplotlib gives it.
    """
    figure = PictureRow(layout="constrained", **options)
    figure.alt = alt
    return figure, figure.subplots(rows, columns)


def overlay(image, mask):
    """The picture with the mask on it: an orange tint inside, and around it a white line with a black rim.

    The double line shows on any picture, in grey and to any eyes. Its white half lies inside the mask, its
    black half outside, each about a pixel wide per 256 pixels of the longer side; beyond it nothing changes.

    Parameters
    ----------
    image : anything `read_image` takes
    mask : anything `read_mask` takes, white = 1 = edit

    Returns
    -------
    uint8 (H, W, 3).

    Raises
    ------
    KitError
        A mask that is empty or of another aspect.
    """
    picture = read_image(image)
    inside = read_mask(mask, picture.shape) > WHITE
    tinted = picture.copy()
    tinted[inside] = np.rint(0.65 * picture[inside] + 0.35 * TINT)
    return outline(tinted, inside)


def outline(picture, inside):
    """The double line of `overlay` around a region, without the tint.

    picture : uint8 (H, W, 3). inside : bool (H, W). Returns uint8 (H, W, 3).
    """
    from scipy import ndimage

    line = max(1, round(max(inside.shape) / 256))  # the half below closes it at diagonal steps
    framed = np.pad(inside, 1)  # the frame's edge closes the outline of a mask that touches it
    to_edge = ndimage.distance_transform_edt(framed)[1:-1, 1:-1]  # inside: pixels to the nearest outside one
    to_mask = ndimage.distance_transform_edt(~framed)[1:-1, 1:-1]
    out = picture.copy()
    out[inside & (to_edge < line + 0.5)] = 255
    out[~inside & (to_mask < line + 0.5)] = 0
    return out


def save_figure(figure, path):
    """Write a figure of `show_row` to `path` (.png), whole or not at all, its alt text inside as Description.

    Raises
    ------
    KitError
        As `write_png`.
    """
    write_file(path, _png(figure), ".png")


def _png(figure):
    data = io.BytesIO()
    figure.savefig(data, format="png", metadata={"Description": getattr(figure, "alt", "")})
    return data.getvalue()


def _grey_or_colour(picture, name):
    if getattr(picture, "ndim", 3) == 2:
        return read_mask(picture, name=name, allow_empty=True)
    return read_image(picture, name)
