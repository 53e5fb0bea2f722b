"""Training the pocket CLIP: each picture finds its caption among a batch's (Radford et al. 2021).

A batch holds both pictures of each pair with their own captions. They differ in one thing only, so telling them apart
teaches just what `clip_direction` measures: which way a caption's change points among pictures.

And it holds crops of single pictures, as the ranking of masks shows them (`crops.masked_crop`; `pocket/regions.py`
draws them), with short phrases. Here a phrase fits many crops ("the dog" every dog) and some of them half (a house
with its roof, where to paint a house means its wall), so each picks its share among the batch's, as Yang et al.,
"Unified Contrastive Learning in Image-Text-Label Space" (CVPR 2022), have it.
"""
import json
import math

import numpy as np
import torch
from torch.nn import functional as F

from ..errors import KitError
from ..kit.networks import build_clip, clip_config
from ..picturebook.regions import crops_and_phrases
from .dataset import preview_pairs

LARGEST_SCALE = 100.0  # of the similarities, as in the paper
CROPPED = 12  # pictures of a step that are cut into crops
REGIONS = 0.3  # weight of the crops' loss: they are soon told apart, captions are not


class ClipPart:
    """The part "clip" of pocket.loop.

    dataset: before, after, ids, ids_after and captions as pocket.dataset gives them. tokenizer: of pocket.vocabulary.
    """

    name, minutes = "clip", 25
    lr, betas, eps, weight_decay, batch_size = 1e-3, (0.9, 0.98), 1e-6, 0.05, 128

    def __init__(self, dataset, tokenizer, seed=0):
        torch.manual_seed(seed)
        self.dataset, self.tokenizer = dataset, tokenizer
        self.config = clip_config(len(tokenizer))
        self.clip = build_clip(self.config)

    def modules(self):
        return {"clip": self.clip}

    def batch(self, step, generator):
        """Pictures and crops, with the words for them.

        image uint8 (B, S, S, 3), text int64 (B, tokens): both sides of B/2 pairs, no caption twice, which would
        be called wrong for one of its pictures. crop uint8 (C, s, s, 3), phrase int64 (K, tokens), fits float32
        (C, K) in [0, 1]: how well each phrase fits each crop.
        """
        rng = np.random.default_rng(torch.randint(2**62, (), generator=generator).item())
        pictures, captions = [], []
        for i in rng.permutation(len(self.dataset)):
            before, after = self.dataset.captions[i]
            if before != after and before not in captions and after not in captions:
                captions += [before, after]
                pictures += [self.dataset.before[i], self.dataset.after[i]]
            if len(captions) >= self.batch_size:
                break
        else:
            raise KitError(f"too few different captions for a batch of {self.batch_size}: draw more pairs")
        crops, phrases, fits = crops_and_phrases(self._scenes(rng), self.clip.visual.image_size, rng)
        return {"image": torch.from_numpy(np.stack(pictures)), "text": self._tokens(captions),
                "crop": torch.from_numpy(crops), "phrase": self._tokens(phrases), "fits": torch.from_numpy(fits)}

    def _scenes(self, rng):
        """(picture, ids, caption) of CROPPED scenes, before or after their edit."""
        data = self.dataset
        for i in rng.choice(len(data), CROPPED, replace=len(data) < CROPPED):
            if rng.random() < 0.5:
                yield data.before[i], data.ids[i], data.captions[i][0]
            else:
                yield data.after[i], data.ids_after[i], data.captions[i][1]

    def _tokens(self, captions):
        length = self.config["text_cfg"]["context_length"]
        return self.tokenizer(captions, padding="max_length", truncation=True, max_length=length,
                              return_tensors="pt").input_ids

    def loss(self, batch, generator):
        from open_clip import ClipLoss

        image = self.clip.encode_image(as_seen(batch["image"], self.clip), normalize=True).float()
        text = self.clip.encode_text(batch["text"], normalize=True).float()
        scale = self.clip.logit_scale.clamp(max=math.log(LARGEST_SCALE)).exp()
        with torch.no_grad():
            likeness = image @ text.T
            right = (likeness.argmax(1) == torch.arange(len(image), device=image.device)).float().mean()
            direction = F.cosine_similarity(image[1::2] - image[::2], text[1::2] - text[::2]).mean()
        crop = self.clip.encode_image(as_seen(batch["crop"], self.clip), normalize=True).float()
        phrase = self.clip.encode_text(batch["phrase"], normalize=True).float()
        regions = shared_contrast(scale * crop @ phrase.T, batch["fits"])
        with torch.no_grad():
            found = batch["fits"].gather(0, (crop @ phrase.T).argmax(0)[None]).mean()  # fit of each phrase's first crop
        log = {"right": right, "direction": direction, "regions": regions.detach(), "found": found}
        return ClipLoss()(image, text, scale) + REGIONS * regions, log | {"scale": scale.detach()}

    @torch.no_grad()
    def preview(self, modules):
        """Ten unseen scenes, down, against their captions, across: bright is alike, the diagonal is right."""
        clip = modules["clip"]
        device = next(clip.parameters()).device
        pairs = preview_pairs(10)
        pictures = np.stack([pair.before for pair in pairs])
        image = clip.encode_image(as_seen(torch.from_numpy(pictures).to(device), clip), normalize=True)
        text = clip.encode_text(self._tokens([pair.captions[0] for pair in pairs]).to(device), normalize=True)
        likeness = (image @ text.T).cpu().numpy()
        grey = np.clip(255 * likeness / likeness.max(), 0, 255).astype(np.uint8)
        cells = np.kron(grey, np.ones((64, 64), np.uint8))[..., None].repeat(3, axis=2)
        return np.hstack([np.vstack(pictures[:, ::2, ::2]), cells])

    def export(self, modules, folder):
        """model.safetensors (float16) and config.json, an open_clip model config without its tokenizer's place."""
        from safetensors.torch import save_file

        state = {k: v.half() if v.is_floating_point() else v for k, v in modules["clip"].state_dict().items()}
        save_file({k: v.cpu().contiguous() for k, v in state.items()}, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")


def shared_contrast(logits, fits):
    """Cross-entropy both ways, where each crop's and each phrase's share is split by how well they fit.

    logits, fits (C, K). A crop that no phrase fits is only ever a wrong answer.
    """
    phrase_of = fits / fits.sum(1, keepdim=True).clamp(min=1e-6)
    crop_of = fits / fits.sum(0, keepdim=True).clamp(min=1e-6)
    named = fits.amax(1)  # a crop that fits no phrase well says little about phrases
    by_crop = (F.cross_entropy(logits, phrase_of, reduction="none") * named).sum() / named.sum().clamp(min=1e-6)
    return (by_crop + F.cross_entropy(logits.T, crop_of.T)) / 2


def as_seen(pictures, clip):
    """uint8 (B, H, W, 3) -> float32 (B, 3, S, S), scaled and normalised as open_clip's preprocessing does."""
    from open_clip import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    size = clip.visual.image_size
    x = F.interpolate(pictures.permute(0, 3, 1, 2).float() / 255, size, mode="bicubic", antialias=True).clamp(0, 1)
    mean, std = (torch.tensor(v, device=x.device)[:, None, None] for v in (OPENAI_DATASET_MEAN, OPENAI_DATASET_STD))
    return (x - mean) / std
