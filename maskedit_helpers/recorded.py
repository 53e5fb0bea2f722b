"""A network as a recording: the same operations one after another, without Python in between. torch.jit.trace.

At pocket size a row's arithmetic takes a CPU so short a time that walking through 350 modules in Python is a good part
of it. What is asked for the second time in the same shape is recorded, about a second's work, and played from then on;
the answer is the same bit for bit. Whoever hangs on inner layers, by a hook or another attention processor, is not
passed over: then the network is asked as ever.
"""

import warnings
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from .answering import answering

_known = WeakKeyDictionary()  # {network: (its modules, its weights, {which call: True once, then its recording})}
LAST = 8  # recordings of a network
ROWS = 3  # at most: of more, the arithmetic takes so long that Python doesn't count


@contextmanager
def played(network):
    """For the time of the `with` a UNet2DConditionModel on a CPU answers by its recordings, as `kit.edit` asks it."""
    if "forward" in vars(network):  # somebody else's
        yield
        return
    with answering(network, _player(network)):
        yield


def _player(network):
    import torch

    if network not in _known:
        _known[network] = [*network.modules()][1:], [*network.parameters()], {}
    modules, weights, recordings = _known[network]
    forward = type(network).forward.__get__(network)

    def play(sample, t, encoder_hidden_states, timestep_cond=None, **options):
        named = {"encoder_hidden_states": encoder_hidden_states, "timestep_cond": timestep_cond}
        named = {name: tensor for name, tensor in named.items() if tensor is not None}
        tensors = [sample, torch.as_tensor(t), *named.values()]
        if len(sample) > ROWS or any(map(options.get, ("cross_attention_kwargs", "added_cond_kwargs"))) \
                or sample.device.type != "cpu" or torch.is_autocast_enabled("cpu") or not all(map(_plain, modules)) \
                or torch._C._len_torch_dispatch_stack():  # who counts operations shall see them
            return forward(sample, t, **named, **options)
        which = (sum(weight._version for weight in weights), *(weight.data_ptr() for weight in weights),
                 *((tensor.shape, tensor.dtype, tensor.stride()) for tensor in tensors))
        known = recordings.pop(which, None)
        recordings[which] = _record(network, tensors, list(named)) if known is True else known or True
        if len(recordings) > LAST:
            del recordings[next(iter(recordings))]
        recording = recordings[which]
        return (recording(*tensors),) if callable(recording) else forward(sample, t, **named, **options)

    return play


def _plain(module):
    """Does nobody hang on this layer?"""
    own = type(getattr(module, "processor", module)).__module__.startswith(("diffusers.", "torch."))
    return own and not (module._forward_hooks or module._forward_pre_hooks or "forward" in vars(module))


def _record(network, tensors, names):
    """The recording; "none" where this torch or Python makes none."""
    import torch

    class Answer(torch.nn.Module):  # of a function's recording the weights could not be part
        def __init__(self):
            super().__init__()
            self.network = network

        def forward(self, sample, t, *others):
            how = dict(zip(names, others))
            return type(network).forward(self.network, sample, t, return_dict=False, **how)[0]

    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # that sizes are taken as they are
            return torch.jit.freeze(torch.jit.trace(Answer().eval(), tuple(tensors), check_trace=False))
    except (RuntimeError, NotImplementedError, TypeError):
        return "none"
