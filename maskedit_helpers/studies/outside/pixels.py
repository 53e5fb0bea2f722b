"""Pixels as PIE-Bench and MagicBrush compare them, which is not as the kit does.

PIE-Bench (Ju et al., ICLR 2024) measures the background by setting the mask's inside to zero in both pictures and then
comparing whole frames, through torchmetrics: the zeroed pixels count as kept. Values in [0, 1]. Where the mask covers
all, there is no background, and the answer is nan.
"""

import math

import numpy as np

from ...pictures.images import WHITE


def pie_mse(x0, y, M):
    """Mean over the whole frame and RGB of the squares of the difference outside the mask."""
    a, b = backgrounds(x0, y, M)
    return float(((a - b) ** 2).mean()) if (M <= WHITE).any() else math.nan


def pie_psnr(x0, y, M):
    """-10 log10 of that, dB; higher than over the background alone by 10 log10(N / N_background)."""
    mse = pie_mse(x0, y, M)
    return math.inf if mse == 0 else -10 * math.log10(mse)


def pie_ssim(x0, y, M):
    """SSIM of the two: Gaussian windows of 11 pixels, sigma 1.5, as Wang et al. 2004 have them, meaned over those that
    lie in the picture. So did torchmetrics when PIE-Bench was published; since the end of 2024 its mean takes in five
    pixels of border too, whose windows are filled up by reflection."""
    from skimage.metrics import structural_similarity

    if not (M <= WHITE).any():
        return math.nan
    return float(structural_similarity(*backgrounds(x0, y, M), data_range=1.0, channel_axis=2, gaussian_weights=True,
                                       sigma=1.5, use_sample_covariance=False))


def backgrounds(x0, y, M):
    """[float64 (H, W, 3) in [0, 1]] of both, zero where M is 1."""
    outside = (M <= WHITE)[:, :, None]
    return [np.where(outside, picture / 255.0, 0.0) for picture in (x0, y)]


def magicbrush_l1(answer, target):
    """Mean of |edit - answer of the benchmark| over RGB in [0, 1], the edit resized to the other's size."""
    return float(np.abs(_differences(answer, target)).mean())


def magicbrush_l2(answer, target):
    """The same of the squares: a mean squared error, no root taken."""
    return float((_differences(answer, target) ** 2).mean())


def _differences(answer, target):
    from .magicbrush import fit

    return (fit(answer, target.shape, "edit") / 255.0) - target / 255.0
