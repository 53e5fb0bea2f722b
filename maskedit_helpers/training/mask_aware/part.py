"""The mask-aware editor: the plain one learns to read a mask, in one of four ways, whole or by adapters.

What it sees: the pairs of the plain editor, each with a mask that is rarely quite the true one; a good share say "it"
in place of the thing, so that only the mask says where. One sample in ten comes without a mask, that is with one of
ones everywhere: so one network still serves without.
What it is held to: the usual loss, towards the edit as the pair has it, or with the picture before pasted over all that
spilt out of the mask; and the penalty of what it changes outside. Without a mask, the plain editor's own answer.
"""

from collections import Counter

import numpy as np

from ...conditioning.files import fill, save
from ...conditioning.learned import Learned
from ...conditioning.network import Conditioned
from ...conditioning.ways import seen_by, way_named
from ...editing.latents import clean_and_noise
from ...editing.schedulers import sampling_with
from ...errors import KitError
from ...fingerprint import fingerprint
from ..dataset import preview_pairs
from ..editor import DROP, ENCODE_BATCH, SNR_CAP, EditorPart, encoded
from ..once import made_once
from .it import said_it, thing_of
from .jitter import LIGHT, jittered
from .penalty import cells_outside, penalty, weights_by_place

NO_MASK = 0.1  # share of samples without a mask: ones everywhere
RING = 0  # cells along the mask's border that are free of the penalty, beside those which the mask touches
TARGETS = ("pasted", "leaky")
RANK, PENALTY, IT = 12, 2.0, 0.5  # what is used when nothing else is asked


class MaskAwarePart(EditorPart):
    """What the training loop needs to know of it. Pairs and latents are the editor's."""

    batch_size = 16
    minutes = 40
    steps = 5  # of the preview
    scheduler = None  # of the noise in training; the full editor's own is one for edits

    def __init__(self, dataset, pipe, cache, way, rank=RANK, lambda_=PENALTY, target="pasted", jitter=LIGHT, it=IT,
                 begin=None):
        """The part of one way.

        Parameters
        ----------
        dataset : pairs with masks
        pipe : the plain editor's pipeline, left as it is
        cache : folder for the latents
        way : a name out of `conditioning.ways.WAYS`
        rank : of the adapters; None to train the whole
        lambda_ : weight of the penalty, 0 or more
        target : "pasted", or "leaky", the edit as it is with its spill
        jitter : strength, 0 or more, see `jitter.jittered`
        it : share of samples, 0 to 1, that say "it"
        begin : folder of weights to begin with; the plain editor's if not given
        """
        from diffusers import DDPMScheduler

        check_recipe(way, rank, lambda_, target, jitter, it)
        super().__init__(dataset, pipe.vae, pipe.tokenizer, cache)
        self.name, self.lr = f"mask-aware-{way}", 1e-3 if rank else 3e-4
        self.pipe, self.scheduler = pipe, DDPMScheduler.from_config(pipe.scheduler.config)
        pipe.text_encoder.eval().requires_grad_(False)
        pipe.unet.eval().requires_grad_(False)
        self.way, self.lambda_, self.target, self.jitter, self.it = way, lambda_, target, jitter, it
        self.pasted = _pasted(dataset, pipe.vae, cache) if target == "pasted" else self.after
        texts = [said_it(text) for text in dataset.instructions]
        self.can_say_it = np.array([text is not None for text in texts])
        self.tokens_it = self._tokens([text or "" for text in texts])
        self.sought = self.sought * _evenly([thing_of(text) for text in dataset.instructions])
        self.network = Conditioned(pipe.unet, way_named(way), rank)
        if begin is not None:
            fill(self.network, begin)

    def modules(self):
        return {"unet": self.network}

    def batch(self, step, generator):
        """Latents before (B, 4, h, w), unscaled, and sought, scaled; tokens (B, L), as `EditorPart.batch`; weights and
        the penalty's outside (B, 1, h, w); masks (B, H, W)."""
        import torch

        i = self.drawn(generator)
        dice, no_mask, it = torch.rand(3, self.batch_size, generator=generator)
        no_text = (dice < DROP) | (dice > 1 - DROP)
        no_image = (dice >= DROP) & (dice < 2 * DROP) | (dice > 1 - DROP)
        no_mask, which = no_mask < NO_MASK, i.numpy()
        it = (it < self.it) & ~no_mask & torch.from_numpy(self.can_say_it[which])
        tokens = self.tokens[i].where(~it[:, None], self.tokens_it[i]).where(~no_text[:, None], self.nothing)
        r = np.random.default_rng(int(torch.randint(2 ** 62, (), generator=generator)))
        masks = [np.ones_like(mask) if without else jittered(mask, r, self.jitter)[0]
                 for mask, without in zip(self.dataset.masks[which], no_mask)]
        before, after, pasted, inside = (torch.from_numpy(each[which]).float()
                                         for each in (self.before, self.after, self.pasted, self.focus))
        inside, no_mask = inside[:, None], no_mask[:, None, None, None]
        sought = after.where(no_mask, pasted) * self.pipe.vae.config.scaling_factor
        outside = cells_outside(inside, RING) * ~no_mask * ~no_image[:, None, None, None]
        return (before * ~no_image[:, None, None, None], sought, tokens, weights_by_place(inside),
                outside, torch.from_numpy(np.stack(masks)).float())

    def loss(self, batch, generator):
        """The editor's loss, and lambda times the penalty."""
        import torch

        before, sought, tokens, weights, outside, masks = batch
        noisy, t, answer = self.noised(sought, generator)
        with torch.no_grad():
            words = self.pipe.text_encoder(tokens).last_hidden_state
            where = torch.cat([seen_by(self.network.way, self.pipe, some, before.shape[-2:])
                               for some in masks.split(ENCODE_BATCH)])
            if (no_mask := masks.flatten(1).all(1)).any():
                rows = torch.cat([noisy, before], 1)[no_mask]
                answer[no_mask] = self.pipe.unet(rows, t[no_mask], words[no_mask]).sample.to(answer.dtype)
        found = self.network(torch.cat([noisy, before], 1), t, words, where).float()
        error = (weights * (found - answer).square()).mean((1, 2, 3))
        kept = self.scheduler.alphas_cumprod.to(t.device)[t]
        z0_hat, _ = clean_and_noise(self.scheduler.config.prediction_type, noisy, found, kept[:, None, None, None])
        z = before * self.pipe.vae.config.scaling_factor
        spilt = (2 * self.snr(t).clamp(max=SNR_CAP) * penalty(z0_hat, z, outside)).mean()
        return self.weighed(error, t) + self.lambda_ * spilt, {"error": error.mean(), "outside": spilt}

    def preview(self, modules):
        """Six unseen scenes: before, the output with the true mask and "it" where that can be said, the true edit."""
        pairs = preview_pairs(6, self.dataset.before.shape[1])
        rows = [[pair.before for pair in pairs], self.sample(modules, pairs), [pair.truth for pair in pairs]]
        return np.concatenate([np.concatenate(list(row), 1) for row in rows])

    def sample(self, modules, pairs):
        """Edits of the given pairs in their true masks; uint8 (N, S, S, 3)."""
        import torch

        masks = torch.from_numpy(np.stack([pair.mask for pair in pairs])).float()
        learned = Learned.of(modules["unet"])
        with sampling_with(self.pipe, "dpm++"), learned.told(self.pipe, masks):
            return super().sample({"unet": self.pipe.unet}, pairs, steps=self.steps)

    def export(self, modules, folder):
        """Save what was learnt beside the plain editor, weights as float16."""
        save(modules["unet"], folder, {"way": self.way, **self.recipe()})

    def recipe(self):
        """{name: value}, plain: what the result hangs on beside pairs, seed and length."""
        return {"penalty": self.lambda_, "target": self.target, "jitter": self.jitter, "it": self.it}


def check_recipe(way, rank, lambda_, target, jitter, it):
    """Raise KitError for what can't be, before anything is drawn."""
    way_named(way)
    if rank is not None and rank < 1:
        raise KitError(f"rank {rank}: give 1 or more, or train the whole (--full)")
    if target not in TARGETS:
        raise KitError(f"target {target!r} is unknown; use one of {', '.join(TARGETS)}")
    if not 0 <= it <= 1:
        raise KitError(f'it is {it}: give the share of samples that say "it", 0 to 1')
    for name, value in (("penalty", lambda_), ("jitter", jitter)):
        if not 0 <= value < 100:
            raise KitError(f"{name} is {value}: give 0 or more, below 100")


def _evenly(things):
    """float32 (N,): how often each pair is drawn for its thing's sake, so that rare ones are not learnt last.

    Half evened out: a hat, which is named a sixth as often as a shirt, is drawn two fifths as often. Whole scenes have
    no mask to be learnt from, and stay as rare as they are.
    """
    import torch

    often = Counter(things)
    often[None] = max(often.values())
    return torch.tensor([(len(things) / often[thing]) ** 0.5 for thing in things])


class _Pasted:
    """Of each pair the edit inside its mask, and the picture before outside."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, part):
        pairs = self.dataset
        return np.where(pairs.masks[part][..., None], pairs.after[part], pairs.before[part])


def _pasted(dataset, vae, cache):
    """float16 latents (N, 4, h, w) of the pairs' pictures after, with all that spilt pasted over."""
    def make(aside):
        with open(aside, "wb") as file:
            np.save(file, encoded(_Pasted(dataset), vae))

    return np.load(made_once(cache / f"pasted-{fingerprint(vae, dataset.source, dataset.instructions)}.npy", make))
