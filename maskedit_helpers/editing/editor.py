"""InstructPix2Pix: a picture and an instruction become an edited picture. Brooks, Holynski & Efros 2023.

Each denoising step asks the U-Net three times (three rows): e_T, with text and picture; e_I, with the picture only;
e_0, with neither. The answer is their equation 3, with two guidance scales:

    e_0 + s_I * (e_I - e_0) + s_T * (e_T - e_I)

s_I: how close to stay to the picture. s_T: how far to follow the text. The arithmetic is diffusers' own
`StableDiffusionInstructPix2PixPipeline`; what is added here: any picture comes in and leaves at its own size,
a batch gives what each picture alone would, and settings that would silently do nothing are refused.
"""

import math
import re
import warnings
from contextlib import ExitStack
from functools import cached_property, reduce
from itertools import product

import numpy as np

from ..devices import memory_guard
from ..errors import KitError
from ..native import Native
from ..pictures.images import fitted, read_image, read_mask, resized
from ..pictures.prompts import says_something
from ..recorded import played
from .controls.base import Batch
from .controls.compose import compose, region, steered
from .distilled import answered_by, check_taught
from .forecast import foretell
from .latents import device_of, fit_mask
from .meter import Meter
from .plan import is_whole, plan_named
from .remembered import Remembered
from .rows import asking
from .schedulers import sampling_with

BATCH = 4  # pictures per pass: 12 U-Net rows; beyond that a T4 gains nothing


class Editor:
    """InstructPix2Pix.

    Parameters
    ----------
    pipe : StableDiffusionInstructPix2PixPipeline
    long_side : int
        Pixels of the longer side at which the model works.
    s_T, s_I : float
        Guidance used when `edit` is given none.
    slow : bool
        Say before an edit how long it will take.
    plan : str
        The plan of an edit that names none.
    student : callable that loads the U-Net of distilled plans; None where there is none
    learned : callable that loads what MaskAware needs: (its way, the U-Net) -> conditioning.learned.Learned
    """

    def __init__(self, pipe, long_side, s_T=7.5, s_I=1.5, slow=False, plan="reference", student=None, learned=None):
        self.pipe, self.long_side, self.s_T, self.s_I, self.slow, self.plan = pipe, long_side, s_T, s_I, slow, plan
        self._student, self.learned, self._native, self.remembered = student, learned, Native(), Remembered(pipe)

    @cached_property
    def student(self):
        """The U-Net that answers three rows in one; KitError where there is none."""
        if self._student is None:
            raise KitError('there is no distilled model of this size; use plan="fast" or plan="reference"')
        return self._student()

    def edit(self, image, instruction, *, mask=None, control=None, blend=True, s_T=None, s_I=None, plan=None,
             steps=None, seed=1337, scheduler=None, progress=True, report=False):
        """Edit a picture, or a list of pictures with one instruction each.

        Parameters
        ----------
        image : anything `read_image` takes, or a list of them
            Worked on with its longer side at `long_side` and both sides rounded to multiples of 8; the result
            is scaled back to the picture's own size.
        instruction : str, or a list of as many
        mask : anything `read_mask` takes, or a list of as many
            Where to edit, white = 1 = edit; everywhere if not given. In a list, None is everywhere for its picture.
        control : one of `controls`, or a list of them
            How the mask is heeded; Blend() if not given.
        blend : bool
            End with the blending equation, so that outside the mask the result is the original bit for bit. False
            shows what the other controls do by themselves.
        s_T : float > 1
            Text guidance.
        s_I : float >= 1
            Image guidance.
        plan : a name out of `plan.PLANS` or a Plan
            How it is computed, and so how fast: on pocket "fast" if not given, on full "reference".
        steps : int >= 1, at most as many as the model has timesteps, 1000 (with some schedulers one less); the plan's
            if not given
        seed : int, or a list of one per picture
            Each picture has its own generator, on the CPU, so it comes out the same alone, in any batch and
            (but for rounding) on any device. One number serves every picture.
        scheduler : a name out of `schedulers.SCHEDULERS`; the plan's if not given
        progress : bool
            Show a progress bar.
        report : bool
            Return an EditReport too.

        Returns
        -------
        uint8 (H, W, 3), or a list of them; with `report`, a tuple of that and a `meter.EditReport`.

        Raises
        ------
        KitError
            Lists that don't pair, an empty instruction or one of too many tokens, guidance at which the
            pipeline would silently switch all guidance off, steps or seeds that are no whole numbers, more steps than
            timesteps, an empty mask or none where a control needs one, controls that make no sense together, an
            unknown scheduler or plan, a distilled plan beside a control or scales that it doesn't know, a result that
            is not a picture (NaN, blanked by the safety checker).

        Warns
        -----
        UserWarning
            Words that a pocket editor was not taught; a mask so small that a control would do nothing; minutes to wait.
        """
        images, instructions, seeds, masks = _paired(image, instruction, seed, mask)
        s_T, s_I = self._guidance(s_T, s_I)
        plan = plan_named(self.plan if plan is None else plan, steps, scheduler)
        if plan.distilled:
            check_taught(s_T, s_I)
            self.student  # noqa: B018 - is there one?
        for text in instructions:
            self.check_instruction(text)
        originals = [read_image(x) for x in images]
        masked = any(m is not None for m in masks)
        if control is not None and not masked:
            raise KitError("a control needs to know where: give mask=, for instance of kit.segment")
        controls = compose(control) if masked else []
        plan.check_controls(controls)
        for one in controls:
            one.check_editor(self)
        masks = [None if m is None else read_mask(m, x.shape, allow_empty=not blend)
                 for m, x in zip(masks, originals)]
        for one, M in product(controls, masks if blend else ()):
            if M is not None:
                one.check_picture(M.shape)
        with Meter(self.pipe, plan) as meter, sampling_with(self.pipe, plan.scheduler, plan.steps):
            y = self._edit_all(originals, masks, instructions, seeds, controls, meter,
                               dict(s_T=s_T, s_I=s_I, plan=plan, progress=progress))
        if blend:
            y = [picture if M is None else reduce(lambda y, one: one.finish(x, y, M), controls, picture)
                 for x, picture, M in zip(originals, y, masks)]
        result = y if isinstance(image, (list, tuple)) else y[0]
        return (result, meter.report()) if report else result

    def words_known(self):
        """The words this editor was taught, sorted; empty if it was taught no fixed set (the full model)."""
        return sorted(self.pipe.tokenizer.init_kwargs.get("words", ()))

    def _edit_all(self, originals, masks, instructions, seeds, controls, meter, how):
        """The pictures at their own size, each region edited at the model's, in batches of one shape."""
        regions = [region(controls, x.shape, M) for x, M in zip(originals, masks)]
        inside = [np.s_[top:bottom, left:right] for left, top, right, bottom in regions]
        x0 = [fitted(x[part], self.long_side) for x, part in zip(originals, inside)]
        M = [np.ones(x.shape[:2], np.float32) if mask is None else fit_mask(mask[part], x.shape)
             for mask, part, x in zip(masks, inside, x0)]
        for one, mask in product(controls, M):
            one.check(mask, self.pipe.vae_scale_factor)
        if self.slow:
            foretell(self.pipe, [x.shape[:2] for x in x0], how["plan"].count(controls))
        y = [x.copy() for x in originals]
        for batch in _batches([x.shape for x in x0]):
            meter.start_batch()
            with memory_guard("the edit", 'load the kit with me.load("full", memory="low"), or edit one picture '
                              "at a time"):
                edited = self._edit_batch(*([each[i] for i in batch] for each in (x0, M, instructions, seeds)),
                                          controls, **how)
            meter.end_batch()
            for i, picture in zip(batch, edited):
                y[i][inside[i]] = resized(picture, y[i][inside[i]].shape)
        return y

    def _edit_batch(self, x0, M, instructions, seeds, controls, s_T, s_I, plan, progress):
        import torch

        self.pipe.set_progress_bar_config(disable=not progress, desc="editing", leave=False)
        generators = [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
        M = torch.from_numpy(np.stack(M)) if controls else None
        batch = Batch(x0, M, instructions, generators, plan.steps, progress, self.learned)
        with ExitStack() as stack:
            if plan.native:
                models = [self.pipe.unet, self.pipe.vae, *([self.student] if plan.distilled else [])]
                stack.enter_context(self._native(device_of(self.pipe), *models))
                stack.enter_context(played(models[-1] if plan.distilled else models[0]))
            form = "native" if plan.native else ""
            words, empty = self.remembered.words(instructions, form)
            options = stack.enter_context(steered(self.pipe, controls, batch))  # an inversion asks the editor itself
            if plan.distilled:
                stack.enter_context(answered_by(self.pipe, self.student, s_T, s_I, plan.rows))
            stack.enter_context(asking(self.pipe, plan.asked(controls), plan.reuse, plan.never(s_T, s_I, controls)))
            output = self.pipe(
                image=self.remembered.latents(x0, form), prompt_embeds=words, negative_prompt_embeds=empty,
                guidance_scale=s_T, image_guidance_scale=s_I, num_inference_steps=plan.steps,
                generator=generators, output_type="np", **options)
        if not np.isfinite(output.images).all():
            raise KitError(f"the edit of {instructions[0]!r} came out as NaN, not a picture; "
                           "lower s_T, or run the models in float32")
        if any(output.nsfw_content_detected or ()):
            raise KitError("the model's safety checker blanked the edit; take another seed or other words")
        return np.rint(output.images * 255).astype(np.uint8)

    def _guidance(self, s_T, s_I):
        s_T, s_I = self.s_T if s_T is None else s_T, self.s_I if s_I is None else s_I
        if not (1 < s_T < math.inf and 1 <= s_I < math.inf):  # the pipeline's own rule; it says nothing
            raise KitError(f"s_T is {s_T:g} and s_I is {s_I:g}: all guidance, text and image, would be off "
                           "silently; use s_T > 1 and s_I >= 1")
        return float(s_T), float(s_I)

    def check_instruction(self, text):
        """Raise KitError for an instruction that is empty or too long; warn of words that the editor never saw."""
        if not says_something(text):
            raise KitError(f"instruction {text!r} is empty; say what to change, as in 'make the shirt red'")
        count = len(self.pipe.tokenizer(text, verbose=False).input_ids)
        limit = self.pipe.tokenizer.model_max_length
        if count > limit:
            raise KitError(f"instruction {text[:40]!r}... has {count} tokens and the model reads {limit} "
                           "(start and end count too); shorten it")
        known = set(self.words_known())
        strange = [word for word in re.findall(r"[^\W\d_]+", text.lower()) if word not in known]
        if known and strange:
            warnings.warn(f"the pocket editor was not taught: {', '.join(strange)}; it may ignore them "
                          "(kit.editor.words_known() lists its words)", stacklevel=3)


def _paired(image, instruction, seed, mask):
    """Lists of images, instructions, seeds and masks, all of one length."""
    lists = isinstance(image, (list, tuple)), isinstance(instruction, (list, tuple))
    if lists[0] != lists[1]:
        raise KitError("images and instructions are paired one to one; pass a list of both or one of each")
    images, instructions = (list(image), list(instruction)) if lists[0] else ([image], [instruction])
    if not images or len(images) != len(instructions):
        raise KitError(f"{len(images)} images and {len(instructions)} instructions; give one for each image")
    seeds, masks = (list(x) if isinstance(x, (list, tuple)) else [x] * len(images) for x in (seed, mask))
    for what, values in (("seeds", seeds), ("masks", masks)):
        if len(values) != len(images):
            raise KitError(f"{len(values)} {what} for {len(images)} images; give one for each, or one for all")
    for value in seeds:
        if not is_whole(value) or not 0 <= value < 2**63:
            raise KitError(f"seed {value!r} must be a whole number from 0 to 2**63 - 1")
    return images, instructions, [int(value) for value in seeds], masks


def _batches(shapes):
    """Indices in batches of at most BATCH, the pictures of a batch all of one shape."""
    groups = {}
    for i, shape in enumerate(shapes):
        groups.setdefault(shape, []).append(i)
    return [group[i:i + BATCH] for group in groups.values() for i in range(0, len(group), BATCH)]
