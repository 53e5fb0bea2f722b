"""Painting polygons: anti-aliased, rounded by light, textured, and remembered by owner.

A fill touches only the box around its shape. The outline is drawn four times too large and averaged down, so
`alpha` is the covered fraction of each pixel; the shading (a soft rim, light from the upper left) comes from
the blurred alpha itself, so every shape looks round without a normal map. Beside the colours the canvas keeps
`ids`: which part owns each pixel, the last one to cover at least half of it. That is the exact visible mask.
"""
import cv2
import numpy as np
from PIL import Image, ImageDraw

OVERSAMPLE = 4
LIGHT = np.array((-0.55, -0.83))  # towards the upper left, y down


class Canvas:
    """A square picture of `size` pixels in unit coordinates: (0, 0) upper left, (1, 1) lower right."""

    def __init__(self, size):
        self.size = size
        self.rgb = np.zeros((size, size, 3), np.float32)  # 0-255
        self.ids = np.zeros((size, size), np.uint8)

    def cover(self, polygons, margin=0.016):
        """Box (rows, columns) around the polygons and the covered fraction of each pixel in it, or None."""
        points = np.concatenate(polygons)
        x0, y0 = np.maximum(np.floor((points.min(0) - margin) * self.size).astype(int), 0)
        x1, y1 = np.minimum(np.ceil((points.max(0) + margin) * self.size).astype(int), self.size)
        if x1 <= x0 or y1 <= y0:
            return None
        big = Image.new("L", ((x1 - x0) * OVERSAMPLE, (y1 - y0) * OVERSAMPLE))
        draw = ImageDraw.Draw(big)
        for polygon in polygons:
            # Pillow puts pixel centres on whole numbers, hence the half.
            at = (polygon * self.size - (x0, y0)) * OVERSAMPLE - 0.5
            draw.polygon(at.ravel().tolist(), fill=255)
        alpha = np.asarray(big.reduce(OVERSAMPLE), np.float32) / 255
        return (slice(y0, y1), slice(x0, x1)), alpha

    def grid(self, box):
        """Unit coordinates (x, y) of the pixel centres in a box, each broadcastable to its shape."""
        rows, columns = box
        y = (np.arange(rows.start, rows.stop, dtype=np.float32) + 0.5) / self.size
        x = (np.arange(columns.start, columns.stop, dtype=np.float32) + 0.5) / self.size
        return x[None, :], y[:, None]

    def fill(self, polygons, colour, part=None, texture=None, volume=1.0, opacity=1.0):
        """Paint the union of polygons.

        colour: RGB 0-255. part: the owner's id written to `ids` (None: the owner stays). texture: a function
        (x, y, base) -> colours, with x, y running 0-1 over the shape's box. volume: strength of the rounding.
        """
        covered = self.cover(polygons)
        if covered is None:
            return
        box, alpha = covered
        paint = np.broadcast_to(np.asarray(colour, np.float32), (*alpha.shape, 3))
        if texture is not None:
            paint = texture(*self._inside(box, polygons), paint)
        if volume and min(alpha.shape) > 1:
            paint = paint * self._rounding(alpha, volume)[..., None]
        self._composite(box, paint, alpha * opacity)
        if part is not None:
            self.ids[box][alpha >= 0.5] = part

    def soft(self, polygons, colour, blur, opacity):
        """A blurred patch of light or shadow; owns nothing. blur: standard deviation in unit lengths."""
        covered = self.cover(polygons, margin=2.5 * blur)
        if covered is None:
            return
        box, alpha = covered
        alpha = cv2.GaussianBlur(alpha, (0, 0), blur * self.size)
        self._composite(box, np.asarray(colour, np.float32), alpha * opacity)

    def _inside(self, box, polygons):
        points = np.concatenate(polygons)
        low, span = points.min(0), np.maximum(np.ptp(points, 0), 1e-6)
        x, y = self.grid(box)
        return (x - low[0]) / span[0], (y - low[1]) / span[1]

    def _rounding(self, alpha, volume):
        wide = cv2.GaussianBlur(alpha, (0, 0), 0.022 * self.size)
        thin = cv2.GaussianBlur(alpha, (0, 0), 0.005 * self.size)
        gy, gx = np.gradient(wide * (0.022 * self.size))
        facing = np.clip(-(gx * LIGHT[0] + gy * LIGHT[1]) * 1.3, -0.5, 0.4)
        rim = np.clip(2 * (1 - thin), 0, 1)
        return 1 + volume * (0.42 * facing - 0.16 * rim - 0.10 * (1 - wide) + 0.06)

    def _composite(self, box, paint, alpha):
        under = self.rgb[box]
        under += (paint - under) * alpha[..., None]


def noise(rng, size, cells, octaves=2):
    """Smooth noise (size, size) of about unit variance; the same pattern at every size."""
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        n = cells * 2**octave
        lattice = rng.standard_normal((n, n)).astype(np.float32)
        total += cv2.resize(lattice, (size, size), interpolation=cv2.INTER_CUBIC) / 1.6**octave
    return total
