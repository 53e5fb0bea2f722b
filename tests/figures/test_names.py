"""Names beside points: matplotlib's own extents say that none covers another, or a mark."""

import itertools

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from maskedit_helpers.figures.names import name_points
from maskedit_helpers.figures.show import subplots

CROWD = [(x, y, f"name {i}", "C0") for i, (x, y) in enumerate(np.random.default_rng(0).normal(0, 1, (12, 2)))]


def drawn(points, marks=()):
    """(boxes of the names in pixels, the axes)"""
    figure, axis = subplots(figsize=(3.25, 2.6), alt="points")
    axis.plot(*zip(*(point[:2] for point in points)), "o", markersize=4)
    axis.margins(0.2)
    name_points(axis, points, 6, marks)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    return [Text.get_window_extent(text, renderer) for text in axis.texts], axis


def test_no_name_covers_another_or_a_mark_or_leaves_the_panel():
    boxes, axis = drawn(CROWD)
    assert [text.get_text() for text in axis.texts] == [point[2] for point in CROWD]
    assert not [1 for one, other in itertools.combinations(boxes, 2) if one.shrunk(0.99, 0.99).overlaps(other)]
    for box in boxes:
        assert not [1 for x, y, *_ in CROWD if box.contains(*axis.transData.transform((x, y)))]
        assert axis.bbox.x0 <= box.x0 and box.x1 <= axis.bbox.x1 and axis.bbox.y0 <= box.y0 and box.y1 <= axis.bbox.y1


def test_a_name_alone_stands_close_and_beside_its_error_bars():
    (box,), axis = drawn([(0, 0, "alone", "C1")])
    x, y = axis.transData.transform((0, 0))
    assert box.x0 > x and box.y0 > y and np.hypot(box.x0 - x, box.y0 - y) < 10 * axis.figure.dpi / 72
    assert not axis.texts[0].arrow_patch.get_visible()


def test_marks_without_a_name_are_kept_free_too():
    free, axis = drawn([(0, 0, "alone", "C1"), (1, 1, "far", "C1")])
    at = axis.transData.inverted().transform(free[0].get_points().mean(0))
    (moved, _), axis = drawn([(0, 0, "alone", "C1"), (1, 1, "far", "C1")], [tuple(at)])
    assert not moved.contains(*axis.transData.transform(at)) and not np.allclose(moved, free[0], atol=1)
