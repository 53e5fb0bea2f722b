"""Checks of notebook 08 training a mask-aware editor. `rest` is 1 in the cells outside the mask, 0 elsewhere."""

import numpy as np

from ...editing.controls.mask_aware import MaskAware
from ...picturebook.drawings import COLOURS
from .answers import bounds, number
from .answers import mask as read_mask
from .functions import hold
from .verdict import NotYet, exercise


def _beside(weight, fresh):
    return np.concatenate([weight, fresh], axis=1)


def _fresh(weight, extra):
    return np.zeros((len(weight), extra, *weight.shape[2:]))


WIDENING_MISTAKES = {
    "That is the old weight: it reads no channel more.": lambda weight, extra: weight,
    "The new channels come first, so each old weight reads its neighbour's channel: put them last, as the mask is.":
        lambda weight, extra: np.concatenate([_fresh(weight, extra), weight], axis=1),
    "Weights of one let the mask change the answer at once; at first it should not.":
        lambda weight, extra: _beside(weight, _fresh(weight, extra) + 1),
    "The new channels read as the old ones do on average; at first they should change nothing.":
        lambda weight, extra: _beside(weight, weight.mean(1, keepdims=True).repeat(extra, 1)),
    "The new channels are copies of old ones; at first they should change nothing.":
        lambda weight, extra: _beside(weight, weight[:, :extra]),
    "All weights are zero: what was learnt is lost.": lambda weight, extra: 0 * _beside(weight, _fresh(weight, extra)),
    "That adds channels that it gives, the first axis; those that it reads are the second.":
        lambda weight, extra: np.concatenate([weight, np.zeros((extra, *weight.shape[1:]))]),
    "One channel more, and `extra` are asked for.": lambda weight, extra: _beside(weight, _fresh(weight, 1)),
}


@exercise
def widening_function(widen):
    """The reader's own widen(weight, extra) of a convolution's weight, (out, in, height, width)."""
    rng = np.random.default_rng(0)
    hold(widen, lambda weight, extra: _beside(weight, _fresh(weight, extra)),
         [(rng.normal(size=(6, into, 3, 3)), extra) for into, extra in ((5, 2), (8, 3), (4, 4))], WIDENING_MISTAKES,
         "The old weights stay as they are, and the new ones, behind them along the second axis, are zero.")
    return "Whatever the new channels hold, the answer is the old one."


def mean_outside(z0_hat, z, rest):
    return (rest * (z0_hat - z) ** 2).sum() / (len(z) * rest.sum())


PENALTY_MISTAKES = {
    "rest has no part in it: inside, the edit is meant to differ.": lambda z0_hat, z, rest: ((z0_hat - z) ** 2).mean(),
    "That is a mean over all cells, so a large mask makes it cheap: divide by those outside.":
        lambda z0_hat, z, rest: (rest * (z0_hat - z) ** 2).mean(),
    "It is the wrong way round: that is the error inside.": lambda z0_hat, z, rest: mean_outside(z0_hat, z, 1 - rest),
    "Each cell has four channels: divide by them too.": lambda z0_hat, z, rest: len(z) * mean_outside(z0_hat, z, rest),
    "That is a sum; divide by the cells outside and the channels.":
        lambda z0_hat, z, rest: (rest * (z0_hat - z) ** 2).sum(),
    "Take squares, not sizes.": lambda z0_hat, z, rest: (rest * np.abs(z0_hat - z)).sum() / (len(z) * rest.sum()),
    "Square before the sum: as it is, errors up and down cancel.":
        lambda z0_hat, z, rest: (rest * (z0_hat - z)).sum() ** 2 / (len(z) * rest.sum()),
    "That is the root of it; the penalty is the square.":
        lambda z0_hat, z, rest: np.sqrt(mean_outside(z0_hat, z, rest)),
    "The answer is pulled towards zero; it should be pulled towards z.":
        lambda z0_hat, z, rest: mean_outside(z0_hat, 0 * z, rest),
}


@exercise
def penalty_function(outside_penalty):
    """The reader's own outside_penalty(z0_hat, z, rest) of one sample."""
    rng = np.random.default_rng(1)
    z0_hat, z = rng.normal(size=(2, 4, 6, 7))
    masks = [(rng.random((6, 7)) < share).astype(np.float64) for share in (0.3, 0.6, 0.9)]
    hold(outside_penalty, mean_outside, [(z0_hat, z, rest) for rest in masks], PENALTY_MISTAKES,
         "Squared differences where rest is 1, and their mean over those cells and the channels.")
    return "A mean over what should not have changed."


@exercise
def adapter_size(answer, out, into, kernel, rank):
    """Numbers in an adapter of low rank for a convolution."""
    count, unrolled = number(answer), into * kernel**2
    if count == out * unrolled:
        raise NotYet("That is the convolution itself. How large are B and A?")
    if count == rank * (out + into):
        raise NotYet("That is for kernels of 1 x 1: unrolled, each of the others has height times width columns a "
                     "channel.")
    if count in (rank * out, rank * unrolled):
        raise NotYet("That is one of the two matrices; an adapter has both.")
    if count == rank * out * unrolled:
        raise NotYet("B A has as many numbers as W, but it is never kept: B and A are.")
    if count == rank * (out + unrolled) * 2:
        raise NotYet("That is in bytes, of 16 bits each; numbers are asked for.")
    if count != rank * (out + unrolled):
        raise NotYet("B is (out, rank), A is (rank, columns), and the kernel unrolled has in times height times width "
                     "columns.")
    return f"{count / (out * unrolled):.1%} of the convolution's own."


@exercise
def told_where(kit, case, mask, part, colour="purple", least=20, most=10):
    """A mask with which "make it COLOUR" means one part of a drawn case. The edit is made here, by the mask-aware
    editor without a blend: by how many grey levels the part comes nearer to the colour, at least, and any other, at
    most."""
    mine = read_mask(mask, case.image.shape)
    if not mine.any():
        raise NotYet("It selects nothing: no pixel is white.")
    y = kit.edit(case.image, f"make it {colour}", mask=mine.astype(np.float32), control=MaskAware(), blend=False,
                 progress=False)
    nearer = {name: _distance(case.image, where, colour) - _distance(y, where, colour)
              for name, where in case.parts.items() if name == part or not (where * case.parts[part]).any()}
    came = nearer.pop(part)
    other = max(nearer, key=nearer.get)
    if not came >= least:
        raise NotYet(f"The {part} came {came:.0f} grey levels nearer to {colour} (asked: {least}), the {other} "
                     f"{nearer[other]:.0f}. Does your mask say {part}?{bounds(kit)}")
    if not nearer[other] <= most:
        raise NotYet(f"The {part} came {came:.0f} grey levels nearer to {colour}, but the {other} "
                     f"{nearer[other]:.0f} too (asked: {most} at most). What else is white in your mask?{bounds(kit)}")
    return f"The {part} came {came:.0f} grey levels nearer to {colour}, nothing else more than {nearer[other]:.0f}."


def _distance(picture, where, colour):
    """Of the pixels of a part from a colour of the picture book, grey levels, the mean over colours and pixels."""
    return np.abs(picture[where > 0.5].astype(float) - COLOURS[colour]).mean()
