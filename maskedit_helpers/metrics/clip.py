"""Metrics of meaning: a picture and words, as CLIP sees them."""

import numpy as np

STILL = 1e-5  # CLIP features of length 1 that lie nearer than this are the same but for rounding (float32)


def clip_score(image, text):
    """Does the picture show what the text says? 100 cos of CLIP features.

    image, text : (D,), or rows (N, D) that belong together; the mean over rows is returned.
    Source: Hessel et al., "CLIPScore", EMNLP 2021, without its factor 2.5 and its cut at zero.
    """
    return 100 * _cosine(_unit(image), _unit(text))


def clip_direction(image_before, image_after, text_before, text_after):
    """Did the picture move as its caption did? cos(f1 - f0, g1 - g0) in [-1, 1]; 0 when either stands still but for
    rounding, whose direction says nothing.

    CLIP features (D,) or rows (N, D), mean over rows; the texts are **captions**, not the instruction.
    Features are made unit length before they are subtracted. Source: Gal et al., "StyleGAN-NADA", 2021, as
    used by Brooks, Holynski, Efros, "InstructPix2Pix", CVPR 2023.
    """
    moved = _unit(image_after) - _unit(image_before)
    asked = _unit(text_after) - _unit(text_before)
    return _cosine(_unit(moved, STILL), _unit(asked, STILL))


def _unit(features, least=0.0):
    """Each row at length 1; of a length of `least` or less, zero."""
    features = np.asarray(features, dtype=np.float64)
    length = np.linalg.norm(features, axis=-1, keepdims=True)
    return np.where(length > least, features / np.where(length > least, length, 1), 0)


def _cosine(a, b):
    return float((a * b).sum(axis=-1).mean())
