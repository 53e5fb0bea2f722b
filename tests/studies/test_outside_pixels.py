"""Metrics by others' conventions: numbers worked by hand, and torchmetrics', with which PIE-Bench measures."""

import math

import numpy as np
import pytest
import torch
from torchmetrics.functional.image import peak_signal_noise_ratio, structural_similarity_index_measure
from torchmetrics.functional.regression import mean_squared_error

from maskedit_helpers.metrics.pixels import background_psnr
from maskedit_helpers.studies.outside.measures import MEASURES, measured
from maskedit_helpers.studies.outside.pixels import magicbrush_l1, magicbrush_l2, pie_mse, pie_psnr, pie_ssim


def grey(rows):
    return np.repeat(np.array(rows, np.uint8)[:, :, None], 3, axis=2)


# 2x2, grey. The edit is asked for in the upper row. Below it one pixel moves by 51 = 0.2 of 255, one stays.
X0, Y = grey([[0, 100], [100, 200]]), grey([[255, 0], [151, 200]])
M = np.array([[1, 1], [0, 0]], np.float32)


def test_pie_bench_by_hand():
    # 0.2^2 = 0.04 in one of four pixels, the upper two zeroed: MSE 0.01; PSNR 10 log10(1 / 0.01) = 20 dB.
    assert pie_mse(X0, Y, M) == pytest.approx(0.01)
    assert pie_psnr(X0, Y, M) == pytest.approx(20.0)
    # Over the two background pixels alone it is 0.02, 10 log10(4 / 2) dB less.
    assert background_psnr(X0, Y, M) == pytest.approx(20 - 10 * math.log10(2), abs=1e-6)


def test_magicbrush_by_hand():
    # Differences 255, 100, 51, 0: L1 = 406 / (4 * 255); L2 = (255^2 + 100^2 + 51^2) / (4 * 255^2).
    assert magicbrush_l1(Y, X0) == pytest.approx(406 / 1020)
    assert magicbrush_l2(Y, X0) == pytest.approx(77626 / 260100)
    # An edit of twice the size comes down to the answer's; that of one colour stays it.
    assert magicbrush_l1(grey([[51] * 4] * 4), grey([[0, 0], [0, 0]])) == pytest.approx(0.2)


def test_where_there_is_no_background_nothing_is_said():
    everywhere = np.ones((16, 16), np.float32)
    x0, y = pictures(0, 16), pictures(1, 16)
    assert all(math.isnan(f(x0, y, everywhere)) for f in (pie_mse, pie_psnr, pie_ssim))
    assert pie_psnr(x0, x0, everywhere * 0) == math.inf and pie_ssim(x0, x0, everywhere * 0) == pytest.approx(1)


def pictures(seed, side=40):
    r = np.random.default_rng(seed)
    coarse = r.integers(0, 256, (side // 4, side // 4, 3))
    return np.clip(np.kron(coarse, np.ones((4, 4, 1))) + r.normal(0, 12, (side, side, 3)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_as_torchmetrics_measures_masked_pictures(seed):
    """PIE-Bench's evaluation: both pictures / 255 times 1 - mask, then torchmetrics on the whole frame."""
    x0 = pictures(seed)
    y = np.clip(x0 + np.random.default_rng(seed + 9).normal(0, 20, x0.shape), 0, 255).astype(np.uint8)
    mask = np.zeros(x0.shape[:2], np.float32)
    mask[5:20 + seed, 8:30] = 1
    a, b = (torch.tensor(picture / 255 * (1 - mask[:, :, None])).permute(2, 0, 1)[None].contiguous()
            for picture in (x0, y))
    assert pie_mse(x0, y, mask) == pytest.approx(float(mean_squared_error(a, b)))
    assert pie_psnr(x0, y, mask) == pytest.approx(float(peak_signal_noise_ratio(a, b, data_range=1.0)))
    _, similar = structural_similarity_index_measure(a, b, data_range=1.0, return_full_image=True)
    assert pie_ssim(x0, y, mask) == pytest.approx(float(similar[..., 5:-5, 5:-5].mean()), abs=1e-6)


class Told:
    """Eyes that answer by heart: features of a picture by its first value, of words by their length."""

    def __init__(self, images, texts):
        self.image, self.text = lambda picture: images[int(picture.ravel()[0])], lambda words: texts[words]


def test_clips_by_hand():
    """Unit vectors in the plane whose cosines are 3-4-5 triangles."""
    e1, e2, middle = np.array([1.0, 0.0]), np.array([0.0, 1.0]), np.array([0.6, 0.8])
    x0, y = np.full((12, 12, 3), 10, np.uint8), np.full((12, 12, 3), 20, np.uint8)
    inside = np.zeros((12, 12), np.float32)
    inside[6:] = 1
    clip = Told({10: e1, 20: middle, 0: -e1}, {"a dog": e1, "a robot": e2})
    found = measured([MEASURES[name] for name in ("pie_clip_whole", "pie_clip_edited", "ip2p_clip_image",
                                                  "ip2p_clip_direction", "magicbrush_clip_i", "magicbrush_clip_t")],
                     {"x0": x0, "y": y, "answer": y, "target": x0, "M": inside, "before": "a dog", "after": "a robot"},
                     {"clip_l": clip, "clip_b": clip})
    assert found["pie_clip_whole"] == pytest.approx(80)  # 100 * 0.8
    assert found["pie_clip_edited"] == 0  # the first pixel, outside the mask, is black; and no score is negative
    assert found["ip2p_clip_image"] == pytest.approx(0.6) == found["magicbrush_clip_i"]
    assert found["magicbrush_clip_t"] == pytest.approx(0.8)
    # Moved by (-0.4, 0.8), asked for (-1, 1): cos = 1.2 / (sqrt(0.8) sqrt(2)).
    assert found["ip2p_clip_direction"] == pytest.approx(1.2 / math.sqrt(1.6))
