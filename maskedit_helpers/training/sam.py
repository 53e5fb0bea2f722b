"""Training the pocket SAM: masks from clicks and boxes, as Kirillov et al. (2023, appendix A) train theirs.

A click says where but not how much: on a shirt it may mean the shirt or the person. So SAM answers three masks, only
the best of which is corrected (the minimum over the three losses), and learns to say how good each one is. Then it
is shown what it got wrong: a click in the error, together with its own first mask.

Two choices are ours. A part that an instruction may name is asked for more often than the whole it belongs to, so
that the mask which SAM itself rates best is the part. And since our pictures know the owner of every pixel, a
reader, thrown away after training, has to tell them all from the image embedding: far more to learn from a picture
than its few prompts say, and at a third of the cost, so it is given more pictures than the prompts are. A reader's
mistakes lie along the borders of parts, inside one token; there an error counts more.
"""
import json

import cv2
import numpy as np
import torch
from torch.nn import functional as F

from ..kit.networks import SAM_CONFIG, build_sam
from ..picturebook.drawings import PARTS
from ..pictures.prompts import inner_point
from .dataset import preview_pairs
from .prompts import box_of, click_in, sample_targets, several_clicks

FOCAL, DICE, RATING = 20.0, 1.0, 1.0  # the paper's weights
READING = 1.0
READ_ALSO = 16  # pictures of a step that only the reader sees
BORDER, BORDER_WEIGHT = 2, 8.0  # pixels to either side of a border between parts, and what an error counts there
PROMPTS = 4  # of each picture: two single clicks, a box, several clicks


class SamPart:
    """The part "sam" of pocket.loop. dataset: before, after, ids, ids_after as pocket.dataset gives them."""

    name, minutes = "sam", 70
    lr, betas, eps, weight_decay, batch_size = 1e-3, (0.9, 0.98), 1e-8, 0.02, 8

    def __init__(self, dataset, config=SAM_CONFIG, seed=0):
        torch.manual_seed(seed)
        self.dataset, self.config = dataset, config
        self.sam = build_sam(config)
        torch.nn.init.trunc_normal_(self.sam.image_encoder.pos_embed, std=0.02)
        cell = config["patch_size"] ** 2  # each place of the embedding answers for the pixels of its patch
        self.reader = torch.nn.Conv2d(config["decoder_width"], len(PARTS) * cell, 1)

    def modules(self):
        return {"sam": self.sam, "reader": self.reader}

    def batch(self, step, generator):
        """Pictures with the prompts to try on them.

        image uint8 (B + READ_ALSO, S, S, 3); ids uint8 (B + READ_ALSO, S, S); of the first B also masks bool
        (B, P, S, S); clicks, several: points (B, n, k, 2) and labels (B, n, k); boxes (B, 1, 4). P = PROMPTS in the
        order click, click, box, several.
        """
        rng = np.random.default_rng(torch.randint(2**62, (), generator=generator).item())
        pictures = [self._picture(rng) for _ in range(self.batch_size + READ_ALSO)]
        rows = [self._prompts(ids, rng) for _, ids in pictures[:self.batch_size]]
        batch = {key: [row[key] for row in rows] for key in rows[0]}
        batch["image"], batch["ids"] = zip(*pictures, strict=True)
        return {key: torch.from_numpy(np.stack(values)) for key, values in batch.items()}

    def _picture(self, rng):
        i, edited = rng.integers(len(self.dataset)), rng.random() < 0.5
        if edited:
            return self.dataset.after[i], self.dataset.ids_after[i]
        return self.dataset.before[i], self.dataset.ids[i]

    def _prompts(self, ids, rng):
        masks = sample_targets(ids, PROMPTS, rng)
        points, labels = several_clicks(masks[3], rng)
        return {
            "masks": masks,
            "clicks": np.array([[click_in(m, rng)] for m in masks[:2]], np.float32),
            "clicks_labels": np.ones((2, 1), np.float32),
            "boxes": box_of(masks[2], rng)[None], "several": points[None], "several_labels": labels[None],
        }

    def loss(self, batch, generator):
        sam, masks = self.sam, batch["masks"]
        image = batch["image"].permute(0, 3, 1, 2).float()
        embeddings = sam.image_encoder((image - sam.pixel_mean) / sam.pixel_std)
        groups = [
            (slice(0, 2), (batch["clicks"], batch["clicks_labels"]), None),
            (slice(2, 3), None, batch["boxes"]),
            (slice(3, 4), (batch["several"], batch["several_labels"]), None),
        ]
        owners = F.pixel_shuffle(self.reader(embeddings), self.config["patch_size"]).float()
        reading = reading_loss(owners, batch["ids"])
        embeddings = embeddings[:len(masks)]
        total, log = READING * reading, {"reading": reading}
        for name, (which, points, boxes) in zip(("click", "box", "several"), groups, strict=True):
            truth = masks[:, which].flatten(0, 1)
            here = embeddings.repeat_interleave(which.stop - which.start, dim=0)
            points = points and tuple(p.flatten(0, 1) for p in points)
            boxes = None if boxes is None else boxes.flatten(0, 1)
            logits, ratings = decode(sam, here, points, boxes)
            first, best, rated = mask_loss(logits, ratings, truth)

            shown = logits.detach()[torch.arange(len(truth)), ratings[:, 1:].argmax(1) + 1]
            points = with_correction(points, shown, truth, generator)
            again, corrected, _ = mask_loss(*decode(sam, here, points, boxes, shown[:, None]), truth)
            total = total + (first + again) * len(truth) / (2 * masks.shape[0] * masks.shape[1])
            log |= {f"{name}_iou": best, f"{name}_rated": rated, f"{name}_corrected": corrected}
        return total, log

    @torch.no_grad()
    def preview(self, modules):
        """Unseen scenes in rows: the picture with its click, then SAM's three masks, the one it rates best framed."""
        from segment_anything import SamPredictor

        predictor, rows = SamPredictor(modules["sam"]), []
        for pair in preview_pairs(6):
            x, y = inner_point(pair.target)
            predictor.set_image(pair.before)
            masks, scores, _ = predictor.predict(np.array([[x, y]]), np.array([1]))
            tiles = [cv2.circle(pair.before.copy(), (x, y), 3, (255, 0, 255), -1)]
            for k, mask in enumerate(masks):
                tile = np.where(mask[..., None], pair.before, pair.before // 4)
                if k == scores.argmax():
                    tile[:2], tile[-2:], tile[:, :2], tile[:, -2:] = [(255, 255, 255)] * 4
                tiles.append(tile)
            rows.append(np.hstack(tiles))
        return np.vstack(rows)

    def export(self, modules, folder):
        """model.safetensors (float16 parameters, float32 buffers) and config.json for networks.build_sam."""
        from safetensors.torch import save_file

        sam = modules["sam"]
        learnt = {name for name, _ in sam.named_parameters()}
        state = {k: (v.half() if k in learnt else v).cpu().contiguous() for k, v in sam.state_dict().items()}
        save_file(state, folder / "model.safetensors")
        (folder / "config.json").write_text(json.dumps(self.config, indent=2) + "\n")


def reading_loss(owners, ids):
    """Cross-entropy of each pixel's owner, borders weighing more. owners (B, parts, S, S), ids uint8 (B, S, S)."""
    near = {"kernel_size": 2 * BORDER + 1, "stride": 1, "padding": BORDER}
    parts = ids[:, None].float()
    border = F.max_pool2d(parts, **near) != -F.max_pool2d(-parts, **near)
    weight = 1 + (BORDER_WEIGHT - 1) * border[:, 0].float()
    return (F.cross_entropy(owners, ids.long(), reduction="none") * weight).sum() / weight.sum()


def decode(sam, embeddings, points, boxes, mask_input=None):
    """All four masks for N prompts on N embeddings: logits (N, 4, 4h, 4w), ratings (N, 4).

    segment_anything's MaskDecoder takes many prompts of one picture; training wants many pictures, so its steps
    are walked here in the same order. Mask 0 is its single mask, 1 to 3 are its three.
    """
    # Positions are angles: bfloat16 would blur them, and the product runs in float32.
    with torch.autocast(embeddings.device.type, enabled=False):
        sparse, dense = sam.prompt_encoder(points, boxes, mask_input)
        positions = sam.prompt_encoder.get_dense_pe()
    decoder, n = sam.mask_decoder, len(embeddings)
    tokens = torch.cat((decoder.iou_token.weight, decoder.mask_tokens.weight))
    tokens = torch.cat((tokens.expand(n, -1, -1), sparse), dim=1)
    hidden, image = decoder.transformer(embeddings + dense, positions.expand(n, -1, -1, -1), tokens)
    image = decoder.output_upscaling(image.transpose(1, 2).reshape(embeddings.shape))
    kernels = [mlp(hidden[:, 1 + k]) for k, mlp in enumerate(decoder.output_hypernetworks_mlps)]
    logits = torch.stack(kernels, dim=1) @ image.flatten(2)
    return logits.float().unflatten(2, image.shape[2:]), decoder.iou_prediction_head(hidden[:, 0]).float()


def mask_loss(logits, ratings, truth):
    """Loss of the single mask and of the best of three, with all ratings; and the IoUs of the best and the rated.

    logits (N, 4, h, w), ratings (N, 4), truth bool (N, S, S).
    """
    n, every = len(truth), torch.arange(len(truth), device=truth.device)
    truth = truth.float()[:, None]
    with torch.no_grad():
        small = F.adaptive_avg_pool2d(truth, logits.shape[2:])
        best = _cost(logits[:, 1:], small).argmin(1) + 1
        full = F.interpolate(logits, truth.shape[2:], mode="bilinear") > 0
        both = (full & (truth > 0.5)).sum((2, 3))
        iou = both / ((full | (truth > 0.5)).sum((2, 3)).clamp(min=1))
    chosen = torch.stack((logits[:, 0], logits[every, best]), dim=1)
    cost = _cost(F.interpolate(chosen, truth.shape[2:], mode="bilinear"), truth).sum() / n
    rating = (ratings - iou).square().mean()
    rated = iou[every, ratings[:, 1:].argmax(1) + 1]
    return cost + RATING * rating, iou[:, 1:].amax(1).mean(), rated.mean()


def _cost(logits, truth):
    """20 focal + 1 dice of each mask. logits (N, k, h, w), truth (N, 1, h, w) in [0, 1]; returns (N, k)."""
    p = logits.sigmoid()
    cross = F.binary_cross_entropy_with_logits(logits, truth.expand_as(logits), reduction="none")
    wrong = p * (1 - truth) + (1 - p) * truth
    share = 0.75 + (0.25 - 0.75) * truth  # Lin et al. 2017: alpha 0.25, gamma 2
    focal = (share * cross * wrong.square()).mean((2, 3))
    dice = 1 - (2 * (p * truth).sum((2, 3)) + 1) / (p.sum((2, 3)) + truth.sum((2, 3)) + 1)
    return FOCAL * focal + DICE * dice


def with_correction(points, logits, truth, generator):
    """The points and one more for each prompt, anywhere in the error of its mask; in the mask if there is none."""
    shown = F.interpolate(logits[:, None], truth.shape[1:], mode="bilinear")[:, 0] > 0
    wrong = shown ^ truth
    wrong = torch.where(wrong.any(2).any(1)[:, None, None], wrong, truth)
    chance = torch.rand(truth.shape, generator=generator, device=truth.device).masked_fill_(~wrong, -1)
    at = chance.flatten(1).argmax(1)
    new = torch.stack((at % truth.shape[2], at // truth.shape[2]), dim=1)[:, None].float()
    label = truth.flatten(1).gather(1, at[:, None]).float()
    if points is None:
        return new, label
    return torch.cat((points[0], new), dim=1), torch.cat((points[1], label), dim=1)
