"""Scissors: a mask from a box and clicks by the picture's own colours and edges, without a trained model.

GrabCut (Rother, Kolmogorov, Blake, SIGGRAPH 2004) decides; here a person's few marks become what it needs, a first
guess and pixels that are sure. It knows colours, not things: on a photograph, of which the pocket SAM knows nothing, it
is the better tool; a shirt and hair of one brown are one to it, until a click says otherwise.

    box    outside it nothing is meant; inside, all that the surroundings do not explain
    click  stands for the patch of its colour around it; in a box that patch is sure
    alone  a click without a box: of all regions that grow from it along paths that cross no edge (Criminisi, Sharp,
           Blake, "GeoS", ECCV 2008) the one with the strongest border is the first guess
"""

import numpy as np

from ..errors import KitError
from ..pictures.images import read_image
from ..pictures.prompts import read_box, read_points
from .grabcut import grabcut
from .sam import Masks

SIDE = 192  # pixels of the longer side at which is cut, for an answer while the hand is still
AROUND = 0.5  # of a box's longer side: so much of its surroundings is looked at, and learnt from
DISC = 0.015  # of the longer side: radius of the disc that a click makes sure
PATCH, REACH = 0.2, 0.2  # of the box, and of its longer side from the click: more is no patch
TOLERANCES = (4, 7, 10, 14, 18, 24, 30, 38)  # levels of Lab from the click's colour; half as much again for its light
SMALLEST, LARGEST, LEVELS = 0.01, 0.7, 40  # of the picture: regions that a click alone may mean, and how many are tried
FAR = 2  # times as far from a click as the first guess reaches: surely outside
LOST = 0.1  # of the first guess: a cut that leaves less has lost the thing
SPECK, HOLE = 0.1, 0.005  # of the largest piece, of the mask: smaller is noise


class Scissors:
    """Answers to prompts as `sam.Segmenter` does, with one mask and no score (nan), and remembers no picture."""

    def predict(self, image, points=None, labels=None, box=None):
        """`sam.Masks` of one mask, cut small and enlarged, so snap its border. Parameters and errors as for
        `Segmenter.predict`; also KitError for a box that leaves nothing outside, and where nothing is found."""
        picture = read_image(image)
        points, labels = read_points(points, labels, picture.shape)
        box = read_box(box, picture.shape)
        if points is None and box is None:
            raise KitError("no prompt; give a click, points=[(x, y)], or a box, box=(left, top, right, bottom)")
        if box is None and not labels.any():
            raise KitError("every click says exclude (label 0); add one with label 1 on what to keep")
        if box is not None and tuple(box) == (0, 0, *picture.shape[1::-1]):
            raise KitError("the box holds the whole picture, and GrabCut learns from what lies outside; draw it "
                           "closer, or click instead")
        if points is None:
            points, labels = np.zeros((0, 2)), np.zeros(0, int)
        left, top, right, bottom = _window(picture.shape, points, box)
        mask = np.zeros(picture.shape[:2], bool)
        mask[top:bottom, left:right] = _cut(picture[top:bottom, left:right], points - (left, top), labels,
                                            None if box is None else box - (left, top, left, top))
        if not mask.any():
            raise KitError("GrabCut found nothing there; click on the object, or draw the box a little larger")
        return Masks(mask[None], np.full(1, np.nan, np.float32), np.zeros((1, 0, 0), np.float32))


def _window(shape, points, box):
    """(left, top, right, bottom) of what is looked at: all of it, or a box, its surroundings and the clicks."""
    if box is None:
        return 0, 0, shape[1], shape[0]
    around = AROUND * max(box[2:] - box[:2])
    low = np.vstack([box[:2] - around, points]).min(0)
    high = np.vstack([box[2:] + around, points + 1]).max(0)
    return (*np.floor(low.clip(0)).astype(int), *np.ceil(np.minimum(high, shape[1::-1])).astype(int))


def _cut(picture, points, labels, box):
    """The mask in one window, points and box in its pixels; bool (H, W)."""
    import cv2

    height, width = picture.shape[:2]
    scale = min(1, SIDE / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    at = np.rint((points + 0.5) * scale - 0.5).clip(0, np.subtract(size, 1)).astype(int)
    drop = _discs(small.shape, at[labels == 0])
    keep = _discs(small.shape, at[labels == 1]) & ~drop
    if box is None:
        likely, outside = _grown_from(small, keep, drop)
    else:
        likely, keep, outside = _boxed(small, at, labels, box * scale, keep, drop)
    mask = grabcut(small, keep, outside, likely, rounds=2)
    mask = _tidied(mask if mask.sum() >= LOST * likely.sum() else likely, keep, clicked=box is None) & ~drop
    return cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR) > 0.5


def _discs(shape, points):
    rows, columns = np.ogrid[:shape[0], :shape[1]]
    discs = [np.hypot(columns - x, rows - y) <= max(1, DISC * max(shape)) for x, y in points]
    return np.any([np.zeros(shape[:2], bool), *discs], axis=0)


def _boxed(picture, at, labels, box, keep, drop):
    """First guess, sure inside and sure outside, of a box with clicks."""
    rows, columns = np.ogrid[:picture.shape[0], :picture.shape[1]]
    left, top, right, bottom = box
    within = (columns + 0.5 >= left) & (columns + 0.5 <= right) & (rows + 0.5 >= top) & (rows + 0.5 <= bottom)
    for (x, y), label in zip(at, labels):
        near = within & (np.hypot(columns - x, rows - y) <= REACH * max(right - left, bottom - top))
        patch = _patch(picture, (int(x), int(y)), near, PATCH * within.sum(), against=drop if label else keep)
        keep, drop = (keep | patch & ~drop, drop) if label else (keep, drop | patch & ~keep)
    return within & ~drop, keep, drop | ~within & ~keep


def _patch(picture, click, where, largest, against):
    """What hangs together with a click in its colour, at the widest tolerance that stays small and off other clicks."""
    import cv2

    lab, patch = _lab(picture, 1), np.zeros(where.shape, bool)
    for tolerance in TOLERANCES:
        flooded = np.zeros(np.add(where.shape, 2), np.uint8)
        apart = (1.5 * tolerance, tolerance, tolerance)
        cv2.floodFill(lab, flooded, click, 0, apart, apart, 4 | cv2.FLOODFILL_FIXED_RANGE | cv2.FLOODFILL_MASK_ONLY)
        flooded = where & (flooded[1:-1, 1:-1] > 0)
        if flooded.sum() > largest or (flooded & against).any():
            break
        patch = flooded
    return patch


def _grown_from(picture, keep, drop):
    """First guess and sure outside, of clicks without a box."""
    import cv2

    lab = _lab(picture, 1.5).astype(np.float32)
    edges = np.hypot(*(np.linalg.norm(cv2.Sobel(lab, cv2.CV_32F, *along), axis=2) for along in ((1, 0), (0, 1))))
    cost = edges / (edges.mean() + 1e-6) + 0.3
    far = _geodesic(cost, keep)
    if drop.any():
        far = np.where(_geodesic(cost, drop) < far, np.inf, far)
    reached, best, guess, reach = far[np.isfinite(far) & ~keep], 0, keep, 1
    for distance in np.quantile(reached, np.linspace(SMALLEST, LARGEST, LEVELS)) if reached.size else ():
        borders, _ = cv2.findContours((far <= distance).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        region = cv2.drawContours(np.zeros(far.shape, np.uint8), borders, -1, 1, -1) > 0  # its holes filled
        x, y = np.concatenate(borders)[:, 0].T
        free = (x > 0) & (y > 0) & (x < far.shape[1] - 1) & (y < far.shape[0] - 1)  # the frame is no edge of a thing
        strength = edges[y[free], x[free]].mean() if free.sum() > 3 and region.mean() >= SMALLEST else 0
        if strength > best:
            best, guess, reach = strength, region & ~drop, distance
    rows, columns = np.indices(far.shape)
    frame = (rows % max(1, far.shape[0] - 1) == 0) | (columns % max(1, far.shape[1] - 1) == 0)
    return guess, drop | ~guess & (frame | (far > FAR * reach))


def _lab(picture, sigma):
    import cv2

    return cv2.cvtColor(cv2.GaussianBlur(picture, (0, 0), sigma), cv2.COLOR_RGB2LAB)


def _geodesic(cost, seeds):
    """What the cheapest path from a seed costs, for every pixel."""
    from skimage.graph import MCP_Geometric

    return MCP_Geometric(cost).find_costs(np.argwhere(seeds))[0]


def _tidied(mask, keep, clicked):
    """Without specks and pinholes: of clicks alone only their own pieces, of a box also the large ones."""
    from scipy import ndimage

    pieces = ndimage.label(mask)[0]
    area = np.where(np.arange(pieces.max() + 1), np.bincount(pieces.ravel()), 0)  # piece 0 is not the mask
    kept = (area >= max(1, SPECK * area.max())) & (not clicked)
    kept[pieces[keep & mask]] = True
    holes = ndimage.label(~kept[pieces])[0]
    return kept[pieces] | (holes > 0) & (np.bincount(holes.ravel()) < HOLE * mask.sum())[holes]
