"""Checks of notebook 04 metrics: PSNR, the picture that cheats it, CLIP's direction; the change IoU is next door."""

import numpy as np

from ...metrics.pixels import background_psnr
from .answers import picture
from .functions import hold
from .verdict import NotYet, exercise

DONE = 0.45  # of the way to the edit or the truth that is left; a picture nearer than this did what was asked


def decibels(mse, peak=255):
    return 10 * np.log10(peak**2 / mse)


def squares(x0, y):
    return (y.astype(float) - x0) ** 2


def outside(x0, y, M):
    """The squares (N, 3) of the N pixels outside."""
    return squares(x0, y)[M <= 0.5]


PSNR_MISTAKES = {
    "That is over the whole picture; take the pixels outside M only.": lambda x0, y, M: decibels(squares(x0, y).mean()),
    "That is inside M; take the pixels outside.": lambda x0, y, M: decibels(squares(x0, y)[M > 0.5].mean()),
    "That is PIE-Bench's convention: the zeroed inside counts as perfect. Average over the outside only.":
        lambda x0, y, M: decibels((squares(x0, y) * (1 - M)[..., None]).mean()),
    "8-bit differences and squares wrap round at 256; make floats first.":
        (lambda x0, y, M: decibels(((y - x0)[M <= 0.5].astype(float) ** 2).mean()),
         lambda x0, y, M: decibels(((x0 - y)[M <= 0.5].astype(float) ** 2).mean()),
         lambda x0, y, M: decibels(((y - x0)[M <= 0.5] ** 2).mean())),
    "That is the natural logarithm; decibels take log10.":
        lambda x0, y, M: 10 * np.log(255**2 / outside(x0, y, M).mean()),
    "It is 10 times the logarithm: deci-bels.": lambda x0, y, M: decibels(outside(x0, y, M).mean()) / 10,
    "That is twice too much: 20 log10 goes with the root of the MSE, 10 log10 with the MSE.":
        lambda x0, y, M: 2 * decibels(outside(x0, y, M).mean()),
    "The peak of values 0 to 255 is 255, not 1.": lambda x0, y, M: decibels(outside(x0, y, M).mean(), peak=1),
    "It is 255² over the MSE: both are squares.": lambda x0, y, M: 10 * np.log10(255 / outside(x0, y, M).mean()),
    "That takes the sum of squares; take the mean.": lambda x0, y, M: decibels(outside(x0, y, M).sum()),
    "The mean goes over the three colours too; you add them up.":
        lambda x0, y, M: decibels(3 * outside(x0, y, M).mean()),
    "That is the mean absolute error; square the differences first.":
        lambda x0, y, M: decibels(np.sqrt(outside(x0, y, M)).mean()),
    "Take one MSE over all three colours, not the mean of three PSNRs.":
        lambda x0, y, M: decibels(outside(x0, y, M).mean(0)).mean(),
    "That is the MSE; PSNR is 10 log10 of 255² over it.": lambda x0, y, M: outside(x0, y, M).mean(),
    "Its sign is wrong: 255² stands above, the MSE below.": lambda x0, y, M: -decibels(outside(x0, y, M).mean()),
}


@exercise
def psnr_function(psnr):
    """The reader's own background_psnr(x0, y, M)."""
    rng = np.random.default_rng(0)
    M = np.zeros((12, 10), np.float32)
    M[3:8, 2:7] = 1
    inputs = []
    for most in (1, 5, 25):  # grey levels by which red differs; green and blue differ by two and three times as many
        x0 = rng.integers(90, 160, (12, 10, 3)).astype(np.uint8)
        differ = rng.integers(-most, most + 1, x0.shape) * np.array([1, 2, 3]) * np.where(M > 0.5, 1.2, 1)[..., None]
        inputs.append((x0, (x0 + differ).astype(np.uint8), M))
    hold(psnr, lambda x0, y, M: decibels(outside(x0, y, M).mean()), inputs, PSNR_MISTAKES,
         "It is 10 log10(255² / MSE), the MSE over the pixels outside M only, in floats.")
    return "10 log10(255² / MSE), outside the mask only."


@exercise
def fooled(cheat, case, y):
    """A picture with a perfect background that did nothing that was asked: inside it may be anything but the edit."""
    if np.ndim(cheat) == 2:
        raise NotYet("That is a mask; hand in a picture.")
    x0, cheat, inside = case.image, picture(cheat, case.image.shape), case.mask > 0.5
    kept = background_psnr(x0, cheat, case.mask)
    if kept != np.inf:
        raise NotYet(f"The background PSNR is {kept:.1f} dB (asked: infinite): leave every pixel outside alone.")
    for done in (y, case.truth):
        if _distance(cheat, done, inside) < DONE * _distance(x0, done, inside):
            raise NotYet("The background is perfect, but inside is what was asked for, or nearly. Can you have the one "
                         "without the other?")
    return "A perfect background, and nothing that was asked: one metric alone can be had for nothing."


def _distance(a, b, inside):
    return np.abs(a.astype(float) - b)[inside].mean()


def unit(v):
    return v / np.linalg.norm(v)


def towards(f0, f1, g0, g1):
    return unit(unit(f1) - unit(f0)) @ unit(unit(g1) - unit(g0))


DIRECTION_MISTAKES = {
    "Each feature becomes length 1 before it is subtracted.": lambda f0, f1, g0, g1: unit(f1 - f0) @ unit(g1 - g0),
    "Give each difference length 1 too: a cosine does not depend on lengths.":
        lambda f0, f1, g0, g1: (unit(f1) - unit(f0)) @ (unit(g1) - unit(g0)),
    "No length is taken care of: give length 1 to each feature, subtract, then take the cosine.":
        lambda f0, f1, g0, g1: (f1 - f0) @ (g1 - g0),
    "That is the score of the result alone; subtract what was there before.":
        lambda f0, f1, g0, g1: unit(f1) @ unit(g1),
    "That compares the two pictures; their captions have no part in it.": lambda f0, f1, g0, g1: unit(f0) @ unit(f1),
    "Its sign is wrong: both differences are after minus before.": lambda *features: -towards(*features),
    "A direction is a cosine, from -1 to 1; it is the score that is multiplied by 100.":
        lambda *features: 100 * towards(*features),
    "That is 1 minus the cosine, a distance.": lambda *features: 1 - towards(*features),
    "The order of the arguments is direction(f0, f1, g0, g1).": lambda f0, f1, g0, g1: towards(f0, g0, f1, g1),
}


@exercise
def direction_function(direction):
    """The reader's own direction(f0, f1, g0, g1) of CLIP features."""
    rng = np.random.default_rng(0)
    inputs = [tuple(rng.normal(size=(4, 16)) * rng.uniform(0.5, 3, (4, 1))) for _ in range(3)]
    hold(direction, towards, inputs, DIRECTION_MISTAKES,
         "Each feature becomes length 1 before it is subtracted; then take the cosine of the two differences.")
    return "Did the picture move the way its caption did?"
