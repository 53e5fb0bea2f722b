"""The student is held to equation 3, and begins where it has nothing to learn if there is no guidance."""

import pytest
import tiny
import torch
from diffusers import DDIMScheduler

from maskedit_helpers.editing.distilled import TAUGHT, WIDTH, told
from maskedit_helpers.training.fast import USUAL, FastPart, build_student

B = 3


@pytest.fixture
def part():
    """A FastPart around the tiny pipeline; the loss needs no data set."""
    made, pipe = object.__new__(FastPart), tiny.pipe()
    made.pipe = type(pipe)(**{**pipe.components, "scheduler": DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", prediction_type="v_prediction")},
        requires_safety_checker=False)
    made.student = build_student(pipe.unet).eval()
    made.nothing = ids(pipe, [""])
    return made


def ids(pipe, texts):
    return pipe.tokenizer(texts, padding="max_length", max_length=24, return_tensors="pt").input_ids


def batch(part, s_T, s_I):
    before, after = torch.randn((2, B, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    tokens = ids(part.pipe, ["make the shirt red", "make the dog blue", "turn the car into a hovercraft"])
    return before, after, tokens, torch.ones(B, 1, 8, 8), torch.full((B,), s_T), torch.full((B,), s_I)


def test_without_guidance_there_is_nothing_to_learn(part):
    loss, _ = part.loss(batch(part, 1.0, 1.0), torch.Generator().manual_seed(1))
    assert loss < 1e-9
    loss, _ = part.loss(batch(part, 3.0, 1.2), torch.Generator().manual_seed(1))
    assert loss > 1e-6


def test_the_loss_is_the_distance_to_equation_three(part):
    """Against the teacher asked three times, one row after the other, and put together by the weights of the rows."""
    seen, unet, s_T, s_I = {}, part.pipe.unet, 4.0, 1.5

    class Student:
        def __call__(self, rows, t, text, timestep_cond):
            seen.update(noisy=rows[:, :4], t=t, scales=timestep_cond)
            return unet(rows, t, text)

    part.student = Student()
    given = batch(part, s_T, s_I)
    before, _, tokens = given[:3]
    loss, terms = part.loss(given, torch.Generator().manual_seed(1))
    assert torch.equal(seen["scales"], told(*given[-2:])) and seen["scales"].shape == (B, WIDTH)
    with torch.no_grad():
        text, empty = (part.pipe.text_encoder(which).last_hidden_state for which in (tokens, ids(part.pipe, [""] * B)))
        asked = [(before, text), (before, empty), (torch.zeros_like(before), empty)]
        e_T, e_I, e_0 = (unet(torch.cat([seen["noisy"], picture], 1), seen["t"], words).sample
                         for picture, words in asked)
    error = (e_T - (s_T * e_T + (s_I - s_T) * e_I + (1 - s_I) * e_0)).square().mean((1, 2, 3))
    kept = part.pipe.scheduler.alphas_cumprod[seen["t"]]
    snr = kept / (1 - kept)
    assert torch.allclose(terms["v_error"], error.mean(), rtol=1e-4)
    assert torch.allclose(loss, (error * 2 * snr.clamp(max=5) / (snr + 1)).mean(), rtol=1e-4)


def test_only_the_student_learns(part):
    part.loss(batch(part, 3.0, 1.2), torch.Generator().manual_seed(1))[0].backward()
    assert all(weight.grad is None for module in (part.pipe.unet, part.pipe.text_encoder)
               for weight in module.parameters())
    read = part.student.time_embedding.cond_proj.weight.grad
    assert read is not None and read.abs().max() > 0


def test_scales_are_drawn_over_all_that_is_taught_and_often_the_usual_ones(part):
    part.drawn = lambda generator: torch.arange(part.batch_size)
    part.samples = lambda i: (None, None, None)
    part.tokens = torch.zeros(part.batch_size, 24)
    scales = [part.batch(0, torch.Generator().manual_seed(i))[-2:] for i in range(200)]
    for k, (name, (low, high)) in enumerate(TAUGHT.items()):
        values = torch.cat([pair[k] for pair in scales])
        usual = values == part.settings[name]
        assert abs(usual.float().mean() - USUAL) < 0.05
        drawn = values[~usual].log() / torch.tensor(high).log()  # even by ratio
        assert 0 <= drawn.min() < 0.02 and 0.98 < drawn.max() <= 1 and abs(drawn.mean() - 0.5) < 0.03
