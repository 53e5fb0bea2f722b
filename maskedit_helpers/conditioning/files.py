"""What was learnt, on the disk. A folder holds

settings.json                        the way, the rank of the adapters, and how it was trained
pytorch_lora_weights.safetensors     the adapters, as the library's `load_lora_weights` reads them; or
unet.safetensors                     a whole U-Net, where it was trained without adapters
mask.safetensors                     the first convolution and the mask's tokens: no adapters, and what the library's
                                     loader would refuse in their file
"""

import json
from pathlib import Path

from ..fingerprint import fingerprint
from .learned import Learned
from .network import ADAPTED, Conditioned
from .ways import way_named

SETTINGS, ADAPTERS, WHOLE, MASK = ("settings.json", "pytorch_lora_weights.safetensors", "unet.safetensors",
                                   "mask.safetensors")


def save(conditioned, folder, settings):
    """Write what a `network.Conditioned` has learnt, in half floats.

    settings : dict, plain values; "way", a name out of `ways.WAYS`, is among them
    """
    from safetensors.torch import save_file

    folder, unet = Path(folder), conditioned.unet
    folder.mkdir(parents=True, exist_ok=True)
    for name in (ADAPTERS, WHOLE):
        (folder / name).unlink(missing_ok=True)  # of a training before this one
    if conditioned.rank:
        from diffusers import StableDiffusionInstructPix2PixPipeline as Pipeline
        from peft import get_peft_model_state_dict

        how = {"r": conditioned.rank, "lora_alpha": conditioned.rank, "target_modules": ADAPTED}
        Pipeline.save_lora_weights(folder, _half(get_peft_model_state_dict(unet)), unet_lora_adapter_metadata=how)
    else:
        save_file(_half(unet.state_dict()), folder / WHOLE)
    mask = {f"conv_in.{name}": weight for name, weight in unet.conv_in.state_dict().items()}
    if conditioned.tokens is not None:
        mask |= {f"tokens.{name}": weight for name, weight in conditioned.tokens.state_dict().items()}
    save_file(_half(mask), folder / MASK)
    (folder / SETTINGS).write_text(json.dumps({**settings, "rank": conditioned.rank}, indent=2) + "\n")


def load(folder, unet):
    """`learned.Learned` from a folder, for the U-Net that it was learnt beside; on its device, in its numbers."""
    import torch

    folder = Path(folder)
    settings = json.loads((folder / SETTINGS).read_text())
    with torch.random.fork_rng(devices=[]):  # fresh layers draw numbers, and those of who loads shall not change
        conditioned = Conditioned(unet, way_named(settings["way"]), settings["rank"])
    fill(conditioned, folder)
    conditioned.eval().requires_grad_(False).to(next(unet.parameters()))
    return Learned.of(conditioned, fingerprint([(folder / name).read_bytes() for name in (MASK, ADAPTERS, WHOLE)
                                                if (folder / name).is_file()]))


def fill(conditioned, folder):
    """Let a `network.Conditioned` begin with what lies in a folder, of the same rank; tokens that the folder has none
    of stay fresh, so that channel and tokens together may begin as the channel alone."""
    from safetensors.torch import load_file

    folder = Path(folder)
    mask = load_file(folder / MASK)
    if conditioned.rank:
        from peft import set_peft_model_state_dict

        adapters = {name.removeprefix("unet."): weight for name, weight in load_file(folder / ADAPTERS).items()}
        found = set_peft_model_state_dict(conditioned.unet, adapters)
        if found.unexpected_keys:
            raise ValueError(f"{found.unexpected_keys[0]} is no part of this U-Net")
    else:
        conditioned.unet.load_state_dict(load_file(folder / WHOLE))
    conditioned.unet.conv_in.load_state_dict(_part(mask, "conv_in"))
    if conditioned.tokens is not None and (tokens := _part(mask, "tokens")):
        conditioned.tokens.load_state_dict(tokens)


def _half(weights):
    import torch

    return {name: weight.detach().to("cpu", torch.float16).contiguous() for name, weight in weights.items()}


def _part(weights, part):
    return {name.removeprefix(f"{part}."): weight for name, weight in weights.items() if name.startswith(f"{part}.")}
