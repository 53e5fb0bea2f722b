"""The libraries' own classes at pocket size."""
import json

import numpy as np
import pytest
import torch
from tiny import SAM

from maskedit_helpers.kit.networks import SAM_CONFIG, build_clip, build_sam, clip_config


def megabytes(model):
    """In float16, as the weights lie in the repository."""
    return sum(p.numel() for p in model.parameters()) * 2 / 1e6


def test_sizes_are_pocket():
    sam, clip = build_sam(SAM_CONFIG), build_clip(clip_config(700))
    assert megabytes(sam) < 8 and megabytes(clip) < 5
    assert not sam.training and not clip.training
    assert sam.image_encoder.img_size == 128 and clip.visual.image_size == 64
    json.dumps([SAM_CONFIG, clip_config(700)])


@pytest.mark.parametrize("shape", [(64, 64), (48, 96), (200, 120)])
def test_the_unmodified_predictor_takes_it(shape):
    from segment_anything import SamPredictor

    torch.manual_seed(0)
    predictor = SamPredictor(build_sam(SAM))
    predictor.set_image(np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8))
    point, label, box = np.array([[9, 5]]), np.array([1]), np.array([4, 4, 30, 20])
    masks, scores, logits = predictor.predict(point, label)
    assert masks.shape == (3, *shape) and masks.dtype == bool and scores.shape == (3,)
    assert logits.shape == (3, 32, 32)  # four for each token of the 8x8 grid
    single, _, _ = predictor.predict(point, label, box, mask_input=logits[:1], multimask_output=False)
    assert single.shape == (1, *shape)
