"""Numbers and memory as the processor is fastest with: channels last, and half as many bits where it computes in them.

A convolution whose channels come last reads memory in one go. bfloat16 has float32's range and a third of its digits,
enough for what is noise anyway; AMX tiles and AVX-512's own instructions multiply it faster, other CPUs pretend to.
"""

from contextlib import ExitStack, contextmanager
from weakref import WeakKeyDictionary

from .devices import native_bf16, number_format


class Native:
    """Models in the processor's own form for as long as an edit takes; afterwards they are bit for bit as they were."""

    def __init__(self):
        self._known = WeakKeyDictionary()  # {model: (convolutions' weights, which numbers, those with channels last)}

    @contextmanager
    def __call__(self, device, *models):
        """Within it the models compute so.

        device : torch.device on which they work
        """
        import torch

        with ExitStack() as stack:
            if next(models[0].parameters()).dtype == torch.float32 and (short := short_format(device)):
                stack.enter_context(torch.autocast(device.type, short))
            for model in models:
                if not hasattr(model, "_hf_hook"):  # which moves weights about where memory is short
                    stack.enter_context(self._channels_last(model))
            yield

    @contextmanager
    def _channels_last(self, model):
        import torch

        if model not in self._known:
            self._known[model] = [weight for weight in model.parameters() if weight.dim() == 4], None, None
        weights, known, twins = self._known[model]
        usual = [weight.data for weight in weights]
        which = [(weight.data_ptr(), weight._version) for weight in weights]
        if known != which:
            twins = [data.contiguous(memory_format=torch.channels_last) for data in usual]
            self._known[model] = weights, which, twins
        try:
            for weight, last in zip(weights, twins):
                weight.data = last
            yield
        finally:
            for weight, data in zip(weights, usual):
                weight.data = data


def short_format(device):
    """The torch dtype of half as many bits in which a device computes faster; None if there is none."""
    import torch

    if device.type == "cuda":
        return number_format("cuda")
    return torch.bfloat16 if native_bf16(device) else None
