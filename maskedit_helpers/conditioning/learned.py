"""What was learnt, in a pipeline: weights that take the place of the plain editor's while it edits."""

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import torch

from ..answering import answering
from ..editing.attention import cross_attentions, processed
from ..editing.latents import device_of, numbers_of
from .network import beside
from .tokens import MaskTokens
from .ways import Way, seen_by


@dataclass(frozen=True)
class Learned:
    """A mask-aware editor beside the plain one, which stays as it is.

    way : ways.Way. weights : {name in the U-Net: tensor}, of those that differ from the plain editor's, adapters added
    in. tokens : tokens.MaskTokens or None. source : fingerprint of the files that it comes from
    """

    way: Way
    weights: dict
    tokens: MaskTokens | None = None
    source: str = ""
    _channels_last: dict = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, conditioned, source=""):
        """What a `network.Conditioned` has learnt so far; of a whole one the weights are shared, not copied."""
        unet = conditioned.unet
        if conditioned.rank:
            from peft.tuners.tuners_utils import BaseTunerLayer

            weights = {"conv_in.weight": unet.conv_in.weight, "conv_in.bias": unet.conv_in.bias}
            for name, layer in unet.named_modules():
                if isinstance(layer, BaseTunerLayer):
                    weights[f"{name}.weight"] = layer.get_base_layer().weight + layer.get_delta_weight("default")
        else:
            weights = dict(unet.named_parameters())
        weights = {name: weight.detach() for name, weight in weights.items()}
        return cls(conditioned.way, weights, conditioned.tokens, source)

    @contextmanager
    def told(self, pipe, M):
        """For the time of the `with` the pipeline's U-Net reads masks M, float32 tensor (B, H, W) in 0-1, too.

        Its own modules work on, with other weights in them: so hooks and attention processors of others stay theirs.
        """
        unet, way = pipe.unet, self.way
        size = [side // pipe.vae_scale_factor for side in M.shape[1:]]
        where = seen_by(way, pipe, M, size).to(device_of(pipe), numbers_of(pipe))
        inner = unet.forward  # played by a recording, say

        def forward(sample, *rest, **options):
            return inner(beside(sample, where, way), *rest, **options)

        with ExitStack() as stack:
            stack.enter_context(self._swapped(unet))
            if self.tokens is not None:
                with torch.no_grad():
                    now = {"tokens": self.tokens(where), "size": size}
                for layer, wrap in zip(cross_attentions(unet), self.tokens.processors(now)):
                    stack.enter_context(processed([layer], wrap))
            stack.enter_context(answering(unet, forward))
            yield

    @contextmanager
    def _swapped(self, unet):
        usual = []
        try:
            for name, weight in unet.named_parameters():
                if name in self.weights:
                    usual.append((weight, weight.data))
                    weight.data = self._formed(name, weight.data)
            yield
        finally:
            for weight, data in usual:
                weight.data = data

    def _formed(self, name, like):
        """A weight in memory as the one whose place it takes: channels last, where that is faster."""
        if like.dim() < 4 or like.is_contiguous():
            return self.weights[name]
        if name not in self._channels_last:
            self._channels_last[name] = self.weights[name].contiguous(memory_format=torch.channels_last)
        return self._channels_last[name]
