"""A recording answers as the network does, bit for bit, and passes over nobody who hangs on a layer."""

import copy

import pytest
import tiny
import torch

from maskedit_helpers import recorded
from maskedit_helpers.editing.attention import Masking, cross_attentions, processed
from maskedit_helpers.recorded import played


@pytest.fixture
def unet():
    return copy.deepcopy(tiny.pipe().unet)


def given(rows=1, seed=0, side=8):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(rows, 8, side, side, generator=draw), torch.randn(rows, 24, 16, generator=draw)


def ask(unet, rows=1, seed=0, t=500, side=8, **options):
    sample, words = given(rows, seed, side)
    with torch.no_grad():
        return unet(sample, torch.tensor(t), encoder_hidden_states=words, return_dict=False, **options)[0]


def recordings(unet):
    return [one for one in recorded._known[unet][2].values() if callable(one)]


def test_what_comes_twice_is_recorded_and_the_same_bit_for_bit(unet):
    cases = [dict(rows=rows, seed=seed, t=t, side=side) for rows in (1, 2, 3) for side in (8, 12)
             for seed, t in ((0, 999), (1, 500), (2, 3))]
    expected = [ask(unet, **case) for case in cases]
    with played(unet):
        answers = [ask(unet, **case) for case in cases]
        answers += [ask(unet, **case) for case in cases]
    assert len(recordings(unet)) == 6
    assert all(torch.equal(one, other) for one, other in zip(expected * 2, answers, strict=True))
    assert "forward" not in vars(unet)


def test_once_is_not_recorded_and_the_oldest_are_forgotten(unet):
    with played(unet):
        ask(unet)
        assert not recordings(unet)
        for side in range(8, 8 + 2 * (recorded.LAST + 2), 2):
            ask(unet, side=side), ask(unet, side=side)
    assert len(recordings(unet)) == recorded.LAST


def test_other_weights_are_another_network(unet):
    with played(unet):
        first = [ask(unet) for _ in range(3)][-1]
        with torch.no_grad():
            unet.conv_in.weight.mul_(2)
        changed = [ask(unet) for _ in range(3)]
        unet.conv_in.weight.data = unet.conv_in.weight.data / 2  # in another place
        again = [ask(unet) for _ in range(3)]
    assert not any(torch.equal(first, other) for other in changed)
    assert all(torch.equal(first, other) for other in again)


def test_who_hangs_on_a_layer_is_heard_every_time(unet):
    layer, heard = cross_attentions(unet)[0], []
    with played(unet):
        for _ in range(3):
            ask(unet)
        hook = layer.register_forward_hook(lambda *all: heard.append(1))
        for _ in range(3):
            ask(unet)
        hook.remove()
        ask(unet)
    assert len(heard) == 3


def test_another_attention_processor_is_never_recorded(unet):
    """Its mask may be another at each step."""
    usual = ask(unet, rows=2)
    with played(unet):
        for _ in range(3):
            ask(unet, rows=2)
        for share in (0.0, 1.0, 0.0, 1.0):
            mask = lambda queries: torch.full((1, queries.shape[1], 1), share)  # noqa: B023, E731
            with processed(cross_attentions(unet), lambda inner: Masking(inner, mask, 1)):
                assert torch.allclose(ask(unet, rows=2)[:1], usual[:1], atol=1e-6) is (share == 1.0)


def test_options_of_attention_and_many_rows_are_passed_on_as_they_are(unet):
    with played(unet):
        for _ in range(3):
            ask(unet, rows=recorded.ROWS + 1)
            ask(unet, cross_attention_kwargs={"scale": 1.0})
    assert not recordings(unet)


def test_who_counts_operations_sees_them(unet):
    from torch.utils.flop_counter import FlopCounterMode

    counts = []
    with played(unet):
        for _ in range(4):
            with FlopCounterMode(display=False) as counter:
                ask(unet)
            counts.append(counter.get_total_flops())
        ask(unet), ask(unet)
        with FlopCounterMode(display=False) as counter:
            ask(unet)
    assert {type(count) for count in counts} == {int}
    assert len({*counts, counter.get_total_flops()}) == 1 and counts[0] > 0


def test_where_nothing_can_be_recorded_it_is_asked_as_ever(unet, monkeypatch):
    def trace(*all, **options):
        raise RuntimeError("not on this Python")

    monkeypatch.setattr(torch.jit, "trace", trace)
    expected = ask(unet)
    with played(unet):
        assert all(torch.equal(ask(unet), expected) for _ in range(4))


def test_somebody_elses_forward_stays(unet):
    unet.forward = lambda *all, **options: ("theirs",)
    with played(unet):
        assert unet(1)[0] == "theirs"
    assert unet(1)[0] == "theirs"
