"""The pocket InstructPix2Pix: diffusers' pipeline with a small U-Net, trained as the paper trains its own.

Brooks, Holynski & Efros (2023), section 3.2: the picture's latent (the mode, unscaled) stands beside the noisy
one as four more input channels; the instruction is left out of 5 % of the samples, the picture of 5 %, both of
5 %, so that one network gives all three rows of the two-scale guidance. Three things differ at this size, all
for the sake of a short training: the text encoder is trained along instead of borrowed; the network predicts v
(Salimans & Ho, 2022), from which the picture follows at any level of noise without dividing by a small number;
and the loss is capped where there is little noise (see `EditorPart.weighed`), which leaves more of it for the early
steps, where an edit is decided. The guidance formula is the same in v: its weights sum to one.
"""
from pathlib import Path

import numpy as np

from ..fingerprint import fingerprint
from .dataset import preview_pairs
from .once import made_once
from .vae import from_model, to_model

MAX_TOKENS = 32
TEXT_WIDTH = 128
ENCODE_BATCH = 8  # stays in a core's cache: twice as fast as 32
DROP = 0.05  # share of samples without text; as many without picture, as many without both
FOCUS = 8.0  # an edit covers a few percent of a picture: there an error counts so much more than elsewhere
SOUGHT = {"leather": 3.0, "robot": 2.0}  # drawn so much more often: new materials and shapes are harder than colours
SNR_CAP = 5.0  # Hang et al. (2023), Min-SNR: no weight beyond it, else the easy last steps would take all


def build_editor(vae, tokenizer):
    """An untrained `StableDiffusionInstructPix2PixPipeline` around a trained VAE."""
    from diffusers import DDIMScheduler, StableDiffusionInstructPix2PixPipeline, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    text = CLIPTextModel(CLIPTextConfig(
        vocab_size=len(tokenizer), hidden_size=TEXT_WIDTH, intermediate_size=2 * TEXT_WIDTH, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=MAX_TOKENS, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id))
    unet = UNet2DConditionModel(
        sample_size=32, in_channels=8, out_channels=4, block_out_channels=(64, 128, 192), layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"), cross_attention_dim=TEXT_WIDTH,
        attention_head_dim=(2, 4, 6), norm_num_groups=16)  # "attention_head_dim" is the number of heads here
    scheduler = DDIMScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
        set_alpha_to_one=False, timestep_spacing="trailing", prediction_type="v_prediction")
    return StableDiffusionInstructPix2PixPipeline(
        vae=vae, text_encoder=text, tokenizer=tokenizer, unet=unet, scheduler=scheduler, safety_checker=None,
        feature_extractor=None, image_encoder=None, requires_safety_checker=False)


class EditorPart:
    """What the training loop needs to know of the editor."""

    name = "editor"
    lr, betas, eps, weight_decay, batch_size = 8e-4, (0.9, 0.99), 1e-10, 1e-3, 16
    minutes = 100
    settings = {"long_side": 128, "s_T": 3.0, "s_I": 1.2}  # what the kit uses when it is told nothing else

    def __init__(self, dataset, vae, tokenizer, cache):
        """dataset: the leaky pairs. vae: trained. cache: folder for the latents, which are made once."""
        self.dataset, self.tokenizer = dataset, tokenizer
        self.pipe = build_editor(vae.eval().requires_grad_(False), tokenizer)
        self.tokens = self._tokens(dataset.instructions)
        self.nothing = self._tokens([""])
        self.before, self.after = _latents(dataset, vae, Path(cache))
        self.focus = _shrunk(dataset.masks, self.before.shape[-1])
        self.sought = _sought(dataset.instructions)

    def _tokens(self, texts):
        return self.tokenizer(texts, padding="max_length", truncation=True, max_length=self.tokenizer.model_max_length,
                              return_tensors="pt").input_ids

    @property
    def scheduler(self):
        """Of the noise in training."""
        return self.pipe.scheduler

    def modules(self):
        return {"unet": self.pipe.unet, "text_encoder": self.pipe.text_encoder}

    def batch(self, step, generator):
        """Latents before and after (B, 4, h, w), tokens (B, L), with 5/5/5 % left out; weights (B, 1, h, w)."""
        import torch

        i = self.drawn(generator)
        dice = torch.rand(self.batch_size, generator=generator)
        no_text = (dice < DROP) | (dice > 1 - DROP)
        no_image = (dice >= DROP) & (dice < 2 * DROP) | (dice > 1 - DROP)
        tokens = torch.where(no_text[:, None], self.nothing, self.tokens[i])
        before, after, focus = self.samples(i)
        return before * ~no_image[:, None, None, None], after, tokens, focus

    def drawn(self, generator):
        """Numbers of a batch's pairs, (B,)."""
        import torch

        return torch.multinomial(self.sought, self.batch_size, replacement=True, generator=generator)

    def samples(self, i):
        """Latents before, unscaled, and after, scaled, (B, 4, h, w); weights (B, 1, h, w) whose mean is 1."""
        import torch

        before, after, focus = (torch.from_numpy(each[i.numpy()]).float()
                                for each in (self.before, self.after, self.focus))
        focus = 1 + (FOCUS - 1) * focus[:, None]
        return before, after * self.pipe.vae.config.scaling_factor, focus / focus.mean((2, 3), keepdim=True)

    def loss(self, batch, generator):
        """Squared error of v = alpha eps - sigma z0, weighted by level of noise, see `weighed`, and by place.

        By place: where neither is left out, the place of an edit follows from picture and instruction, so this weight
        does not move the optimum there, it only gets there sooner.
        """
        import torch

        before, after, tokens, focus = batch
        noisy, t, v_true = self.noised(after, generator)
        text = self.pipe.text_encoder(tokens).last_hidden_state
        v = self.pipe.unet(torch.cat([noisy, before], 1), t, text).sample.float()
        error = (focus * (v - v_true).square()).mean((1, 2, 3))
        return self.weighed(error, t), {"v_error": error.mean()}

    def noised(self, latents, generator):
        """Latents at levels of noise drawn evenly: noisy, timesteps (B,), and the true answer, v or the noise."""
        import torch

        scheduler = self.scheduler
        eps = torch.randn(latents.shape, generator=generator, device=latents.device)
        t = torch.randint(scheduler.config.num_train_timesteps, (len(latents),), generator=generator,
                          device=latents.device)
        answer = eps if scheduler.config.prediction_type == "epsilon" else scheduler.get_velocity(latents, eps, t)
        return scheduler.add_noise(latents, eps, t), t, answer

    def weighed(self, error, t):
        """Mean of squared errors of v (B,), weighted by 2 min(SNR, 5) / (SNR + 1); of noise, by 2 min(SNR, 5) / SNR.

        With SNR = alpha^2 / sigma^2, a squared error of v is SNR + 1 times that of the latents z0 and (SNR + 1) / SNR
        times that of the noise eps. So the loss is 2 min(SNR, 5) times the squared error of z0, as Hang et al. (2023)
        weigh it whatever a network predicts, and up to SNR = 5 it is twice the usual loss of the noise. What weighs the
        levels is the cap, therefore, and not v.
        """
        snr = self.snr(t)
        of_noise = self.scheduler.config.prediction_type == "epsilon"
        return (error * snr.clamp(max=SNR_CAP) / (snr if of_noise else snr + 1) * 2).mean()

    def snr(self, t):
        """alpha^2 / sigma^2 at timesteps (B,)."""
        kept = self.scheduler.alphas_cumprod.to(t.device)[t]
        return kept / (1 - kept)

    def preview(self, modules):
        """Six unseen scenes: before, the editor's output, the true edit."""
        pairs = preview_pairs(6, self.dataset.before.shape[1])
        rows = [[pair.before for pair in pairs], self.sample(modules, pairs), [pair.truth for pair in pairs]]
        return np.concatenate([np.concatenate(list(row), 1) for row in rows])

    def sample(self, modules, pairs, steps=20):
        """Edits of the given pairs; uint8 (N, S, S, 3)."""
        import torch

        pipe = self._pipe_of(modules)
        out = pipe(
            prompt=[pair.instruction for pair in pairs],
            image=((to_model([pair.before for pair in pairs]) + 1) / 2).contiguous(), num_inference_steps=steps,
            guidance_scale=self.settings["s_T"], image_guidance_scale=self.settings["s_I"], output_type="pt",
            generator=[torch.Generator().manual_seed(i) for i in range(len(pairs))]).images
        return from_model(out * 2 - 1)

    def _pipe_of(self, modules):
        from diffusers import StableDiffusionInstructPix2PixPipeline

        parts = {**self.pipe.components, **modules}
        pipe = StableDiffusionInstructPix2PixPipeline(**parts, requires_safety_checker=False)
        pipe.set_progress_bar_config(disable=True)
        return pipe.to(modules["unet"].device)

    def export(self, modules, folder):
        """Save the whole pipeline, weights as float16."""
        import copy

        import torch

        pipe = copy.deepcopy(self._pipe_of(modules)).to(torch.float16)
        pipe.vae.register_to_config(_name_or_path="")  # else it tells where it lay on this machine
        pipe.tokenizer.backend_tokenizer.no_padding()  # else its file tells how it was last used
        pipe.tokenizer.backend_tokenizer.no_truncation()
        pipe.save_pretrained(folder)


def _latents(dataset, vae, cache):
    """float16 latents (N, 4, h, w) of all pictures before and after; unscaled, by mode."""
    def make(aside):
        with open(aside, "wb") as file:
            np.savez(file, before=encoded(dataset.before, vae), after=encoded(dataset.after, vae))

    which = fingerprint(vae, dataset.source, dataset.instructions)
    with np.load(made_once(cache / f"latents-{which}.npz", make)) as both:
        return both["before"], both["after"]


def _sought(instructions):
    """float32 (N,): how often each pair is drawn, relative to the others."""
    import torch

    return torch.tensor([max([SOUGHT[word] for word in SOUGHT if word in text], default=1.0) for text in instructions])


def _shrunk(masks, side):
    """float16 (N, side, side): the share of each latent cell that the edit may change."""
    cell = masks.shape[1] // side
    rows = [masks[i:i + 500].reshape(-1, side, cell, side, cell).mean((2, 4)) for i in range(0, len(masks), 500)]
    return np.concatenate(rows).astype(np.float16)


def encoded(pictures, vae):
    """float16 latents (N, 4, h, w) of pictures uint8 (N, S, S, 3), or what gives such slices; unscaled, by mode."""
    import torch
    from tqdm.auto import tqdm

    from ..devices import native_bf16

    vae, rows = vae.to(memory_format=torch.channels_last), []
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=native_bf16(vae.device)):
        for i in tqdm(range(0, len(pictures), ENCODE_BATCH), desc="encoding", unit="batch"):
            batch = to_model(pictures[i:i + ENCODE_BATCH])
            rows.append(vae.encode(batch).latent_dist.mode().to(torch.float16).numpy())
    return np.concatenate(rows)
