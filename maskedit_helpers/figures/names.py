"""Names beside the points of a plot, each where it covers no mark and no other name."""

import math

import numpy as np

NEAR, FAR, STEP = 5.5, 40, 4  # points: from a mark to its name
MARK = 3.5  # points: half a mark
SIDES = (45, -45, 135, -135, 75, -75, 105, -105, 15, -15, 165, -165)  # degrees; first those beside error bars


def name_points(axis, points, size, marks=()):
    """Write each point's name near it.

    Call it last: it asks where everything else came to lie.

    Parameters
    ----------
    axis : matplotlib Axes, drawn on
    points : list of (x, y, name, colour), in data coordinates
    size : points, of the words
    marks : list of (x, y), further points that no name may cover

    Names go as near as there is room, at most FAR points away, a hairline leading there; what finds no room stands
    at its point's right. Nothing is moved for them.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure = axis.figure
    figure.draw_without_rendering()  # a constrained layout only now knows its places
    unit = figure.dpi / 72  # pixels of a point
    frame = axis.get_window_extent()
    renderer = FigureCanvasAgg(figure).get_renderer()
    taken = [_around(axis, x, y, MARK * unit) for x, y in [*marks, *((x, y) for x, y, *_ in points)]]
    legend = axis.get_legend()
    if legend is not None:
        taken.append(_box(legend.get_window_extent(renderer)))
    for x, y, name, colour in points:
        text = axis.annotate(name, (x, y), xytext=(0, 0), textcoords="offset points", fontsize=size, color=colour,
                             ha="left", va="bottom", parse_math="$" in name,
                             arrowprops={"arrowstyle": "-", "color": colour, "lw": 0.4, "shrinkA": 0, "shrinkB": 2.5})
        text.set_in_layout(False)
        extent = _extent(text, renderer)
        wide, high = extent.width / unit, extent.height / unit
        at = axis.transData.transform((x, y))
        places = ((_offset(side, away, wide, high), away) for away in np.arange(NEAR, FAR, STEP) for side in SIDES)
        place, away = next(((place, away) for place, away in places if _fits(
            box := _placed(at, place, wide, high, unit), frame) and not any(map(_meets(box), taken))),
            (_offset(0, NEAR, wide, high), NEAR))
        text.set_position(place)
        text.arrow_patch.set_visible(away > 2 * NEAR)
        taken.append(_placed(at, place, wide, high, unit))


def _extent(text, renderer):
    from matplotlib.text import Text

    return Text.get_window_extent(text, renderer)  # an annotation's own holds its line too


def _offset(side, away, wide, high):
    """Points from a mark to the lower left corner of a name that stands on one side of it, `away` from it."""
    across, up = math.cos(math.radians(side)), math.sin(math.radians(side))
    return away * across + (round(across) - 1) * wide / 2, away * up + (round(up) - 1) * high / 2


def _placed(at, place, wide, high, unit):
    left, low = at[0] + place[0] * unit, at[1] + place[1] * unit
    return left, low, left + wide * unit, low + high * unit


def _around(axis, x, y, half):
    at = axis.transData.transform((x, y))
    return at[0] - half, at[1] - half, at[0] + half, at[1] + half


def _box(extent):
    return extent.x0, extent.y0, extent.x1, extent.y1


def _fits(box, frame):
    return box[0] >= frame.x0 and box[1] >= frame.y0 and box[2] <= frame.x1 and box[3] <= frame.y1


def _meets(box):
    return lambda other: box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
