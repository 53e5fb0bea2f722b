"""CLIP: unit features, the library's own; texts remembered, and never cut without a word."""

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers.errors import KitError
from maskedit_helpers.kit import weights

CPU = weights.Choice("pocket", "cpu", "normal", "", "")


@pytest.fixture(scope="module")
def clip(pocket):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MASKEDIT_HOME", str(pocket))
        return weights.load_clip(CPU)


def test_features_have_length_one_and_are_the_models_own(clip):
    from PIL import Image

    pictures = [tiny.picture(48, 80, seed=n) for n in range(3)]
    features = clip.images(pictures)
    assert features.shape == (3, 16) and features.dtype == np.float32
    assert np.allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    with torch.no_grad():
        theirs = clip.model.encode_image(clip.preprocess(Image.fromarray(pictures[1]))[None])[0].numpy()
    assert np.allclose(features[1], theirs / np.linalg.norm(theirs), atol=1e-5)


def test_model_is_in_eval_mode(clip):
    assert not clip.model.training


def test_texts_are_encoded_once(clip, monkeypatch):
    first = clip.texts(["a red shirt", "the dog", "a red shirt"])
    assert first.shape == (3, 16)
    assert np.array_equal(first[0], first[2]) and not np.array_equal(first[0], first[1])
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    monkeypatch.setattr(clip.model, "encode_text", None)
    assert np.array_equal(clip.texts(["the dog"])[0], first[1])


@pytest.mark.parametrize("text, says", [
    ("", "words"), (None, "words"), ("\x00\u200b", "words"), ("red " * 76, "78 tokens")])
def test_texts_it_cannot_read_are_refused(clip, text, says):
    with pytest.raises(KitError, match=says):
        clip.texts([text])


def test_longest_text_that_fits_is_read(clip):
    assert clip.texts(["red " * 75]).shape == (1, 16)
