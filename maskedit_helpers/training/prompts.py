"""What the pocket SAM is asked while it learns: which parts of a picture, and by which clicks and boxes.

Drawn as a person would give them: mostly well inside, boxes as loose as a hand draws them.
"""
import cv2
import numpy as np

from ..picturebook.drawings import PAINTED, PARTS, WHOLES

SMALLEST = 0.003  # of the picture: less visible than this is not asked for
CLICKS = 3  # at most, where there are several
LONELY = -1  # SAM's label for "no point here"

# name -> (row of PARTS owned, how often it is asked for)
EDITED = {*PAINTED.values(), "dog", "car"}
OWNED = {name: (name,) for name in PARTS} | WHOLES
ASKED = {name: 4.0 if name in PAINTED.values() else 2.0 if name in EDITED else 1.0 if name in WHOLES else 0.5
         for name in OWNED}
NAMES = list(OWNED)
OWNERS = np.array([[part in OWNED[name] for part in PARTS] for name in NAMES])  # (names, parts) bool
WEIGHTS = np.array([ASKED[name] for name in NAMES])


def sample_targets(ids, count, rng):
    """bool (count, S, S): parts and wholes of the owners' map `ids`, drawn by how often they are asked for."""
    area = np.bincount(ids.ravel(), minlength=len(PARTS))
    seen = OWNERS & (area > 0)
    large = seen @ area >= SMALLEST * ids.size
    # A whole of which one part is seen is that part.
    large &= np.array([name in PARTS for name in NAMES]) | (seen.sum(1) > 1)
    chance = WEIGHTS * large
    return OWNERS[rng.choice(len(NAMES), count, p=chance / chance.sum())][:, ids]


def depth_in(mask):
    """Distance of each pixel of a mask to what lies outside, float32 (S, S)."""
    return cv2.distanceTransform(np.pad(mask.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]


def click_in(mask, rng):
    """(x, y) in a mask: anywhere, or as people click, well inside."""
    depth = depth_in(mask)
    ys, xs = np.nonzero(depth >= (0.6 * depth.max() if rng.random() < 0.5 else 0.5))
    k = rng.integers(len(xs))
    return xs[k], ys[k]


def several_clicks(mask, rng):
    """CLICKS points and labels, float32 (k, 2) and (k,): the first inside, others in or out, or none."""
    points, labels = [click_in(mask, rng)], [1]
    for _ in range(CLICKS - 1):
        label = rng.choice([1, 0, LONELY])
        where = ~mask if label == 0 and not mask.all() else mask
        points.append(click_in(where, rng) if label != LONELY else (0, 0))
        labels.append(label)
    return np.array(points, np.float32), np.array(labels, np.float32)


def box_of(mask, rng):
    """XYXY box around a mask, half of the time as loosely as a hand draws it; float32 (4,)."""
    ys, xs = np.nonzero(mask)
    box = np.array([xs.min(), ys.min(), xs.max(), ys.max()], np.float32)
    if rng.random() < 0.5:
        sides = np.tile(box[2:] - box[:2], 2)
        box += np.clip(rng.normal(0, 0.06, 4) * sides, -5, 5)
    return np.clip(box, 0, np.array(mask.shape[::-1] * 2) - 1).astype(np.float32)
