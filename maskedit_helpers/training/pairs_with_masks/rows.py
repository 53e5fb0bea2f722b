"""Samples become rows of a shard: masks, scores, verdicts, pictures as PNG."""

import io

import numpy as np
from PIL import Image

from .filtering import preset
from .masking import Mask, make_mask
from .scoring import Scores, score

EACH = 20  # one pair in so many is set aside for validation


def make_rows(kit, source, tasks, first, settings):
    """The rows of some pairs, dicts with the columns of `columns`.

    Parameters
    ----------
    kit : Kit
    source : whose `sample(task)` gives a `sample.Sample`
    tasks : list of what `source.rows()` yields
    first : int, the number of the first of them in the build, which says how its mask is made where there are
        several ways, and whether it is for validation
    settings : `settings.Settings`
    """
    ways = [settings.masks[number % len(settings.masks)] for number in range(first, first + len(tasks))]
    samples = [source.sample(task) for task in tasks]
    masks = [Mask(None, fault=sample.fault) if sample.fault else
             make_mask(kit, sample, way, settings.border, settings.dilate, settings.fill)
             for sample, way in zip(samples, ways)]
    whole = [i for i, sample in enumerate(samples) if not sample.fault]
    scores = [Scores()] * len(samples)
    if whole:
        for i, one in zip(whole, score(kit, [samples[i] for i in whole], [masks[i] for i in whole])):
            scores[i] = one
    return [_row(*each, settings, first + i) for i, each in enumerate(zip(samples, masks, ways, scores))]


def _row(sample, mask, way, scores, settings, number):
    numbers = scores.rounded()
    reason = mask.fault or preset(settings.preset).reason(numbers, sample.kind, way)
    return {
        "id": sample.id, "source_image": _png(sample.before), "edited_image": _png(sample.after),
        "mask_image": _png(None if mask.mask is None else mask.mask * np.uint8(255)),
        "edit_prompt": sample.instruction, "source_caption": sample.captions[0], "target_caption": sample.captions[1],
        "kind": sample.kind, "mask_source": way, "mask_phrase": mask.phrase, **numbers,
        "kept": not reason, "reason": reason, "validation": number % EACH == 0}


def _png(pixels):
    if pixels is None:
        return None
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "png")
    return {"bytes": data.getvalue(), "path": None}
