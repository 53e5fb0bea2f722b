"""What a mask-aware editor is held to beside the usual loss: outside the mask, the picture that it was given.

    lambda * mean over samples of  w_t |O (z0_hat - z)|^2 / |O|

z0_hat: the clean latents that the answer amounts to at once. z: those of the picture before. O: the cells outside, but
for a ring along the border, where even a perfect edit changes a cell that it shares. w_t: as the usual loss weighs an
error of z0 at this level of noise (`training.editor.EditorPart.weighed`), little where z0_hat is but a guess. Divided
by the size of the outside, so that lambda means the same for a hat and for a house: at lambda = 1 an error outside
counts about once more.
"""

INSIDE, BORDER = 12.0, 8.0  # how much more an error counts there than elsewhere


def cells_outside(masks, ring):
    """O, in cells: 0 in the mask and within `ring` cells of it, else 1.

    masks : float tensor (B, 1, h, w), the share of each cell that an edit may change. ring : int, cells
    """
    from torch.nn.functional import max_pool2d

    return 1 - max_pool2d((masks > 0).to(masks.dtype), 2 * ring + 1, stride=1, padding=ring)


def penalty(z0_hat, z, outside):
    """|O (z0_hat - z)|^2 / |O| of each sample, (B,): a mean over channels and cells outside.

    z0_hat, z : (B, 4, h, w). outside : O, (B, 1, h, w), of zeros for a sample without penalty
    """
    error = (outside * (z0_hat - z).square()).sum((1, 2, 3))
    return error / (z.shape[1] * outside.sum((1, 2, 3))).clamp(min=1)


def weights_by_place(inside):
    """What an error of the usual loss counts, by cell; (B, 1, h, w), 1 on average.

    inside : (B, 1, h, w), the share of each cell that an edit may change

    An edit covers a few percent of a picture, hence more inside. And more still along the border, one cell on either
    side: once the rest of the background holds still, half of what is wrong with it lies there, where the network has
    to draw an edge finer than its cells.
    """
    border = (1 - cells_outside(inside, 1)) * (inside < 1)
    weights = 1 + (INSIDE - 1) * inside + (BORDER - 1) * border
    return weights / weights.mean((2, 3), keepdim=True)
