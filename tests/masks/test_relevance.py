"""The relevance map, held against the same map put together by hand from the pipeline's parts."""

import numpy as np
import pytest
import tiny
import torch

from maskedit_helpers.errors import KitError
from maskedit_helpers.masks.relevance import relevance

X0, WORDS = tiny.picture(64, 64), "make the shirt red"  # of the model's own size


class Kit:
    def __init__(self):
        self.editor = tiny.editor()


def use(monkeypatch, scheduler, **settings):
    import diffusers

    pipe = tiny.pipe()
    made = getattr(diffusers, scheduler).from_config(pipe.scheduler.config, **settings)
    monkeypatch.setattr(pipe, "scheduler", made)
    return pipe


def by_hand(pipe, kind, t, noises, seed):
    """Mean of |eps(I, T) - eps(I, none)| at the latents' size."""
    from diffusers import DDIMScheduler

    ddim = DDIMScheduler.from_config(pipe.scheduler.config, clip_sample=False)

    def words(text):
        ids = pipe.tokenizer(text, padding="max_length", max_length=24, return_tensors="pt").input_ids
        return pipe.text_encoder(ids)[0]

    picture = torch.from_numpy(X0)[None].permute(0, 3, 1, 2).float() / 127.5 - 1
    seen = pipe.vae.encode(picture).latent_dist.mode()
    noise = torch.randn((noises, *seen.shape[1:]), generator=torch.Generator().manual_seed(seed))
    total = 0
    for one in noise:
        z = ddim.add_noise(seen * pipe.vae.config.scaling_factor, one[None], torch.tensor([t]))
        answers = [pipe.unet(torch.cat([z, seen], 1), t, encoder_hidden_states=words(text)).sample
                   for text in (WORDS, "")]
        if kind == "v_prediction":  # eps = sqrt(a) v + sqrt(1 - a) z
            a = ddim.alphas_cumprod[t]
            answers = [a.sqrt() * v + (1 - a).sqrt() * z for v in answers]
        total = total + (answers[0] - answers[1]).abs().mean((0, 1)) / noises
    return total


@pytest.mark.parametrize("kind", ["epsilon", "v_prediction"])
@pytest.mark.parametrize("scheduler", ["DDIMScheduler", "EulerAncestralDiscreteScheduler"])
@pytest.mark.parametrize("noises", [1, 8])  # more than fit into one pass
@torch.no_grad()
def test_it_is_the_difference_of_the_two_answers(monkeypatch, kind, scheduler, noises):
    pipe = use(monkeypatch, scheduler, prediction_type=kind)
    expected = by_hand(pipe, kind, t=500, noises=noises, seed=3)
    expected = torch.nn.functional.interpolate(expected[None, None], (64, 64), mode="bilinear")[0, 0].numpy()
    ours = relevance(Kit(), X0, WORDS, noises=noises, t=500, whisker=1e9, seed=3)
    expected = (expected - expected.min()) / np.ptp(expected)
    assert np.abs(ours - expected).max() < 1e-3


def test_the_map_has_the_pictures_own_size():
    relevant = relevance(Kit(), tiny.picture(50, 83), WORDS, noises=1)
    assert relevant.shape == (50, 83) and relevant.dtype == np.float32
    assert relevant.min() == 0 and relevant.max() == 1


def test_outliers_are_clipped():
    plain = relevance(Kit(), X0, WORDS, whisker=1e9)
    clipped = relevance(Kit(), X0, WORDS, whisker=0.2)
    low, high = np.percentile(plain, (25, 75))
    assert plain.max() == clipped.max() == 1 and plain.min() == clipped.min() == 0
    assert np.array_equal(clipped == 1, plain >= high + 0.2 * (high - low))


def test_the_seed_decides_and_nothing_stays_behind():
    kit, pipe = Kit(), tiny.pipe()
    options = dict(steps=3, progress=False)
    before = kit.editor.edit(X0, WORDS, **options)
    torch.manual_seed(0)
    first = relevance(kit, X0, WORDS, seed=1)
    assert np.array_equal(first, relevance(kit, X0, WORDS, seed=1))
    assert not np.array_equal(first, relevance(kit, X0, WORDS, seed=2))
    assert torch.initial_seed() == 0 and torch.equal(torch.rand(2), torch.rand(2, generator=torch.manual_seed(0)))
    assert np.array_equal(before, kit.editor.edit(X0, WORDS, **options))
    assert not pipe.unet._forward_hooks and not pipe.unet._forward_pre_hooks


def test_an_instruction_that_says_nothing_changes_nothing(monkeypatch):
    pipe = tiny.pipe()
    encode = pipe._encode_prompt
    monkeypatch.setattr(pipe, "_encode_prompt", lambda prompt, *rest: encode([""], *rest))
    assert not relevance(Kit(), X0, WORDS).any()


@pytest.mark.parametrize(("options", "says"), [
    ({"noises": 0}, "noises is 0"), ({"t": 1000}, "0 to 999"), ({"t": -1}, "0 to 999"), ({"whisker": -1}, "whisker")])
def test_settings_that_make_no_sense_are_refused(options, says):
    with pytest.raises(KitError, match=says):
        relevance(Kit(), X0, WORDS, **options)


def test_other_predictions_are_refused(monkeypatch):
    use(monkeypatch, "DDIMScheduler", prediction_type="sample")
    with pytest.raises(KitError, match="predicts 'sample'"):
        relevance(Kit(), X0, WORDS)
