"""The pocket autoencoder: 128x128 pixels to 32x32x4 latents, diffusers' `AutoencoderKL`.

Fully convolutional, so it learns on 64x64 crops at a quarter of the cost. It starts from squared error: under
an absolute one alone a small VAE sits at grey pictures for a thousand steps. A little noise on the latents keeps
their space smooth for the diffusion model, where the paper's KL term would drown so small a net.
"""
import numpy as np

from .dataset import preview_pairs

CROP = 64
BLOCKS = (32, 64, 128)  # channels at 128, 64 and 32 pixels: two halvings, so a latent cell is 4x4 pixels


def build_vae():
    """An untrained `AutoencoderKL` of the pocket size."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3,
        block_out_channels=BLOCKS, layers_per_block=1, latent_channels=4, norm_num_groups=8, sample_size=128,
        mid_block_add_attention=False)


class VAEPart:
    """What the training loop needs to know of the autoencoder."""

    name = "vae"
    lr, betas, eps, weight_decay, batch_size = 1.5e-3, (0.9, 0.99), 1e-12, 0.0, 8
    minutes = 25
    latents_kept, latent_noise = False, 0.05

    def __init__(self, dataset):
        self.dataset, self.vae = dataset, build_vae()

    def modules(self):
        return {"vae": self.vae}

    def keep_latents(self):
        """Train the decoder alone from here on, so that an editor that works in these latents need not learn again."""
        for module in (self.vae.encoder, self.vae.quant_conv):
            module.requires_grad_(False)
        self.latents_kept, self.latent_noise = True, 0.02  # their space is as smooth as it is; now to be exact
        self.lr = 5e-4  # it is nearly there; the full rate would first undo what it knows

    def batch(self, step, generator):
        """Random crops of pictures before and after, half of them mirrored; float (B, 3, 64, 64) in [-1, 1]."""
        import torch

        size = self.dataset.before.shape[1]
        draw = lambda high: torch.randint(high, (self.batch_size,), generator=generator).tolist()  # noqa: E731
        crops = []
        for i, after, y, x, mirror in zip(draw(len(self.dataset)), draw(2), draw(size - CROP + 1),
                                          draw(size - CROP + 1), draw(2)):
            picture = (self.dataset.after if after else self.dataset.before)[i, y:y + CROP, x:x + CROP]
            crops.append(picture[:, ::-1] if mirror else picture)
        return to_model(np.stack(crops))

    def loss(self, batch, generator):
        """Squared error, some absolute error for sharp edges, and a pull that keeps latents near unit size."""
        import torch

        z = self.vae.encode(batch).latent_dist.mode()
        noisy = z + self.latent_noise * torch.randn(z.shape, generator=generator, device=z.device)
        error = self.vae.decode(noisy).sample.float() - batch
        square = error.square().mean()
        psnr = 10 * torch.log10(4 / square.detach())
        return square + 0.2 * error.abs().mean() + 1e-3 * z.float().square().mean(), {"psnr": psnr}

    def preview(self, modules):
        """Six unseen pictures over their reconstructions."""
        x = to_model([pair.before for pair in preview_pairs(6, self.dataset.before.shape[1])])
        vae = modules["vae"]
        y = vae.decode(vae.encode(x.to(vae.device)).latent_dist.mode()).sample.cpu()
        return np.concatenate([np.concatenate(list(from_model(rows)), 1) for rows in (x, y)])

    def export(self, modules, folder):
        """Save the VAE with its scaling factor: latents times it have unit variance, as diffusion expects."""
        import torch

        vae = modules["vae"]
        if self.latents_kept:  # with the factor that the editor knows, and in half precision as the editor has it
            vae.register_to_config(scaling_factor=vae.load_config(folder)["scaling_factor"])
            vae.half().save_pretrained(folder)
            return
        z = torch.cat([vae.encode(to_model(self.dataset.after[i:i + 32]).to(vae.device)).latent_dist.mode()
                       for i in range(0, min(512, len(self.dataset)), 32)])
        vae.register_to_config(scaling_factor=float(1 / z.std()))
        # Only the mode was trained; a tiny variance makes `sample()` agree with it.
        vae.quant_conv.weight[4:] = 0
        vae.quant_conv.bias[4:] = -12
        vae.save_pretrained(folder)


def to_model(pictures):
    """uint8 (B, H, W, 3) to float (B, 3, H, W) in [-1, 1]."""
    import torch

    x = torch.from_numpy(np.array(pictures)).permute(0, 3, 1, 2).float()
    return (x / 127.5 - 1).contiguous(memory_format=torch.channels_last)


def from_model(x):
    """float (B, 3, H, W) in [-1, 1] to uint8 (B, H, W, 3)."""
    return ((x.float().clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1).cpu().numpy()
