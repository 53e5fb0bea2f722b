"""Looking at results: pictures in a row, and a mask laid over its picture.

Every figure carries alt text, in the notebook and in the saved file; a mask is never told by colour alone.
matplotlib is imported here and nowhere else, so reach this file only when something is to be drawn.
"""

import base64
import html
import io

import numpy as np
from matplotlib.figure import Figure

from ..errors import KitError
from .images import WHITE, read_image, read_mask, write_file

HEIGHT, TITLE, GAP, HEADING = 2.6, 0.3, 0.1, 0.35  # of a row, in inches
TINT = np.array([255, 140, 0], np.float32)  # orange: far from black in every kind of colour vision


class PictureRow(Figure):
    """A matplotlib figure that knows its alt text (`alt`) and shows it in a notebook."""

    alt = ""

    def _repr_html_(self):
        data = base64.b64encode(_png(self)).decode()
        alt = html.escape(self.alt)
        return f'<img alt="{alt}" src="data:image/png;base64,{data}" style="max-width: 100%">'


def show_row(*, alt=None, **pictures):
    """Pictures side by side, each under its name.

    Parameters
    ----------
    **pictures : name=picture, in reading order; anything `read_image` takes. A 2-D array is a mask, drawn in
        grey from 0 (black) to 1 (white). An underscore in a name is shown as a space.
    alt : str, what a reader who cannot see the figure is told; by default the list of names

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
    return show_rows({"": pictures}, alt=alt or f"Pictures in a row, from left to right: {names}.")


def show_rows(rows, *, alt=None):
    """Several rows as `show_row` draws them, each under a heading.

    Parameters
    ----------
    rows : {heading: {name: picture}}; an empty heading takes no room
    alt : str; by default the headings and the names

    Returns
    -------
    PictureRow (a matplotlib Figure).

    Raises
    ------
    KitError
        A picture that cannot be read; the message names it.
    """
    drawn = {heading: {_words(name): _grey_or_colour(picture, _words(name)) for name, picture in pictures.items()}
             for heading, pictures in rows.items()}
    widths = {heading: [HEIGHT * p.shape[1] / p.shape[0] for p in row.values()] for heading, row in drawn.items()}
    wide = max(sum(row) + GAP * (len(row) + 1) for row in widths.values())
    high = sum(HEIGHT + TITLE + GAP + (HEADING if heading else 0) for heading in drawn)
    figure = PictureRow(figsize=(wide, high), dpi=150)
    figure.alt = alt or "; ".join(f"{heading}: {', '.join(row)}" for heading, row in drawn.items()) + "."
    top = high
    for heading, row in drawn.items():
        if heading:
            figure.text(GAP / wide, (top - 0.6 * HEADING) / high, heading, fontsize=10, weight="bold", va="center",
                        parse_math=False)
            top -= HEADING
        _draw_row(figure, row, widths[heading], top - TITLE - HEIGHT, wide, high)
        top -= HEIGHT + TITLE + GAP
    return figure


def _words(name):
    """A name given as a keyword, in words; any other ("s_T = 3") stays as it is."""
    return name.replace("_", " ") if name.isidentifier() else name


def _draw_row(figure, row, widths, bottom, wide, high):
    left = GAP
    for (name, picture), width in zip(row.items(), widths):
        axis = figure.add_axes((left / wide, bottom / high, width / wide, HEIGHT / high))
        left += width + GAP
        axis.imshow(picture, cmap="gray", vmin=0, vmax=1)  # the scale is for masks; colours ignore it
        axis.set_title(name, fontsize=10, parse_math=False)  # a name is words, also with a $ in it
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
    from scipy import ndimage

    picture = read_image(image)
    inside = read_mask(mask, picture.shape) > WHITE
    line = max(1, round(max(inside.shape) / 256))  # the half below closes it at diagonal steps
    framed = np.pad(inside, 1)  # the frame's edge closes the outline of a mask that touches it
    to_edge = ndimage.distance_transform_edt(framed)[1:-1, 1:-1]  # inside: pixels to the nearest outside one
    to_mask = ndimage.distance_transform_edt(~framed)[1:-1, 1:-1]
    out = picture.copy()
    out[inside] = np.rint(0.65 * picture[inside] + 0.35 * TINT)
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
