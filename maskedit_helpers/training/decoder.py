"""A light decoder beside the VAE's own, in the manner of TAESD: diffusers' `DecoderTiny`, for plans in a hurry.

It learns what the VAE's decoder learned, latents back to pictures, with an eighth of its multiplications. The latents
are the editor's own and stay as they are.
"""
from pathlib import Path

import numpy as np

from ..kit.networks import DECODER_CONFIG, build_decoder
from .dataset import preview_pairs
from .editor import latents_of
from .vae import from_model, reconstruction, to_model

CROP = 16  # latent cells: a quarter of a picture's side, and a sixteenth of the work


class DecoderPart:
    """What the training loop needs to know of the light decoder."""

    name = "decoder"
    lr, betas, eps, weight_decay, batch_size = 2e-3, (0.9, 0.99), 1e-12, 0.0, 16
    minutes = 20
    latent_noise = 0.02  # an edit's latents are no picture's exactly

    def __init__(self, dataset, vae, cache):
        """dataset: the pairs. vae: the editor's. cache: folder for the latents, which are made once."""
        self.dataset, self.vae, self.decoder = dataset, vae.eval().requires_grad_(False), build_decoder(DECODER_CONFIG)
        self.latents = dict(zip(("before", "after"), latents_of(dataset, vae, Path(cache))))

    def modules(self):
        return {"decoder": self.decoder}

    def batch(self, step, generator):
        """Crops of latents (B, 4, CROP, CROP) and of the pictures that they are of, (B, 3, 4 CROP, 4 CROP)."""
        import torch

        cells = self.latents["before"].shape[-1]
        cell = self.dataset.before.shape[1] // cells
        draw = lambda high: torch.randint(high, (self.batch_size,), generator=generator).tolist()  # noqa: E731
        latents, pictures = [], []
        for i, after, y, x in zip(draw(len(self.dataset)), draw(2), draw(cells - CROP + 1), draw(cells - CROP + 1)):
            which = "after" if after else "before"
            latents.append(self.latents[which][i, :, y:y + CROP, x:x + CROP])
            pictures.append(getattr(self.dataset, which)[i, y * cell:(y + CROP) * cell, x * cell:(x + CROP) * cell])
        return torch.from_numpy(np.stack(latents)).float(), to_model(np.stack(pictures))

    def loss(self, batch, generator):
        """As the VAE's own: squared error, and some absolute error for sharp edges."""
        import torch

        z, pictures = batch
        noisy = z + self.latent_noise * torch.randn(z.shape, generator=generator, device=z.device)
        return reconstruction(self.decoder(self.vae.post_quant_conv(noisy)).float(), pictures)

    def preview(self, modules):
        """Six unseen pictures over what the light decoder makes of their latents."""
        x = to_model([pair.before for pair in preview_pairs(6, self.dataset.before.shape[1])]).to(self.vae.device)
        y = modules["decoder"](self.vae.post_quant_conv(self.vae.encode(x).latent_dist.mode())).cpu()
        return np.concatenate([np.concatenate(list(from_model(rows)), 1) for rows in (x, y)])

    def export(self, modules, folder):
        """Save it as float16."""
        import json

        from safetensors.torch import save_file

        (folder / "config.json").write_text(json.dumps(DECODER_CONFIG, indent=2) + "\n")
        save_file({name: weight.half().contiguous().cpu() for name, weight in modules["decoder"].state_dict().items()},
                  folder / "model.safetensors")
