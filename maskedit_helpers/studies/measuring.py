"""How rows of the controls' scoreboard are measured, here or by worker processes.

A task is (pairs, the control's name, the control, the source of the masks).
"""
from concurrent.futures import as_completed
from concurrent.futures.process import BrokenProcessPool

from ..errors import KitError
from ..loading import no_garbage_sought
from ..metrics.metric import standing
from ..metrics.truth import edit_psnr
from ..pictures.blend import blend
from ..pictures.images import WHITE
from ..training.mask_aware.it import said_it
from ..training.workers import worker_pool
from .evaluate import judged, nearest_colour
from .sources import mask_from

IT = ("truth-it", "click-it")  # masks beside which the instruction doesn't name the thing


def it(pair):
    """The instruction of a pair without the name of its thing: "make it red"."""
    return f"make it {pair.colour}" if pair.kind == "colour" else said_it(pair.instruction) or pair.instruction


def measured(kit, settings, tasks, workers):
    """Rows of each task, as they are done.

    kit : Kit. settings : options of `kit.edit`. workers : processes; 1 is this one.
    Raises KitError where a worker dies, or would measure other models.
    """
    if workers == 1 or len(tasks) < 2:
        yield from map(Measuring(kit, settings), tasks)
        return
    with _pool(kit, settings, workers) as pool:
        try:
            for future in as_completed([pool.submit(_go_on, task) for task in tasks]):
                yield future.result()
        except BrokenProcessPool as error:
            raise KitError("a worker process died, for want of memory perhaps; take fewer workers") from error


def _pool(kit, settings, workers):
    """The worker processes, made here only."""
    from .origin import weights

    return worker_pool(workers, _begin, (kit.choice, settings, weights(kit)))


@no_garbage_sought()
def _begin(choice, settings, expected):
    global _measuring, _same
    import torch

    from ..kit.kit import Kit
    from .origin import weights

    torch.set_num_threads(1)
    kit = Kit(choice)
    _measuring, _same = Measuring(kit, settings), weights(kit) == expected


def _go_on(task):
    if not _same:
        raise KitError("workers load their models from the files, and the kit's in memory are others; use workers=1")
    return _measuring(task)


class Measuring:
    """Does tasks; keeps the masks that it found, which serve every control."""

    def __init__(self, kit, settings):
        self.kit, self.settings, self.masks = kit, settings, {}

    def __call__(self, task):
        pairs, name, control, source = task
        masks = [self.mask(pair, source) for pair in pairs]
        words = [it(pair) if source in IT else pair.instruction for pair in pairs]
        return [{"scene": pair.seed, "control": name, "source": source, "plan": self.settings["plan"],
                 **self.scores(pair, M, y),
                 "unet_rows": unet_rows, "seconds": seconds}
                for pair, M, (y, unet_rows, seconds) in zip(pairs, masks, self.edits(pairs, words, masks, control))]

    def edits(self, pairs, words, masks, control):
        """(y, U-Net rows, seconds) of each pair. Where the mask is empty nothing is edited: y is the original, and
        there is no cost to speak of, None."""
        chosen = [i for i, M in enumerate(masks) if (M > WHITE).any()]
        edits = [(pair.before, None, None) for pair in pairs]
        if chosen:
            y, cost = self.kit.edit([pairs[i].before for i in chosen], [words[i] for i in chosen],
                                    mask=[masks[i] for i in chosen], control=control, blend=False, progress=False,
                                    report=True, anyway=True, **self.settings)
            each = cost.unet_rows / len(chosen), sum(cost.seconds.values()) / len(chosen)
            for i, picture in zip(chosen, y):
                edits[i] = picture, *each
        return edits

    def scores(self, pair, M, y):
        y_tilde = blend(pair.before, y, M) if (M > WHITE).any() else pair.before
        values = {**judged(standing("edit"), self.kit, pair, y), **judged(standing("control"), self.kit, pair, y_tilde)}
        values = {each.name: values[each.name] for each in standing("edit", "control") if each.name in values}
        success = float(nearest_colour(y[pair.mask].mean(0)) == pair.colour) if pair.kind == "colour" else None
        return {**values, "edit_psnr_before": edit_psnr(y, pair.truth, pair.mask), "edit_success": success}

    def mask(self, pair, source):
        """float32 (H, W); empty where SAM's best mask is"""
        source = source.removesuffix("-it")
        if (pair.seed, source) not in self.masks:
            self.masks[pair.seed, source] = mask_from(source, self.kit, pair)
        return self.masks[pair.seed, source]
