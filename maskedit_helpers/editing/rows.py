"""Which of the three rows the U-Net is asked at each step, and what stands for a row that it is not asked.

The pipeline always brings three rows a picture, e_T, e_I and e_0, and puts three answers together by equation 3. Here
the rows that are not wanted are taken out before the U-Net sees them, and after it has answered the answer is made
three again; so the pipeline, its formula, the controls and whoever watches go on as ever.
"""

from contextlib import contextmanager

from ..errors import KitError
from .latents import kept

ROWS = "TI0"  # e_T, text and picture; e_I, picture; e_0, neither: in the pipeline's order


def spread(rows, call, calls):
    """The rows of call number `call` of `calls`: a short list of rows is spread evenly over all of them."""
    return rows[min(call * len(rows) // calls, len(rows) - 1)]


def weightless(s_T, s_I):
    """The rows that have no weight in e_0 + s_I (e_I - e_0) + s_T (e_T - e_I) = s_T e_T + (s_I - s_T) e_I + (1 - s_I)
    e_0: e_0 at s_I = 1, e_I at s_T = s_I."""
    return {row for row, weight in zip(ROWS, (s_T, s_I - s_T, 1 - s_I)) if weight == 0}


def check_rows(rows):
    """Raise KitError for anything but a tuple of rows, each some of TI0 with e_T among them."""
    if not (isinstance(rows, tuple) and rows):
        raise KitError(f'rows {rows!r}: give a tuple, as in ("TI0", "TI", "T"), which is spread over the steps')
    for asked in rows:
        if not (isinstance(asked, str) and asked.startswith("T") and asked in ("TI0", "TI", "T0", "T")):
            raise KitError(f"rows {asked!r}: give TI0, TI, T0 or T; T is text and picture, I the picture, 0 neither")


@contextmanager
def asking(pipe, rows, reuse=False, never=()):
    """For the time of the `with`, which is the pipeline's own call, the U-Net is asked only some rows of each step.

    Parameters
    ----------
    pipe : the pipeline
    rows : tuple of str, for instance ("TI0", "TI", "T"), spread over the U-Net's calls by `spread`
    reuse : bool
        A row that is not asked follows from the one before it and their last known difference, e_T - e_I or e_I - e_0.
        Otherwise that difference is taken for zero: guidance that is cut off.
    never : rows that are not asked at any step, since they have no weight
    """
    calls, differences, asked = 0, {}, ROWS

    def choose(unet, inputs, options):
        nonlocal calls, asked
        sample, t = inputs[:2]
        asked = "".join(row for row in spread(rows, calls, len(pipe.scheduler.timesteps)) if row not in never)
        calls += 1
        if asked == ROWS:
            return None
        words = options["encoder_hidden_states"]
        return (_chosen(sample, asked), t, *inputs[2:]), options | {"encoder_hidden_states": _chosen(words, asked)}

    def complete(unet, inputs, options, output):
        known = dict(zip(asked, output[0].chunk(len(asked))))
        level = _level(pipe.scheduler, inputs[1])
        before = known["T"]
        for row, above in zip(ROWS[1:], ROWS):
            if row not in known:
                known[row] = before
                if reuse and row in differences:
                    difference, then = differences[row]
                    known[row] = before - difference * (then / level)
            elif above in known:
                differences[row] = known[above] - known[row], level
            before = known[row]
        import torch

        return (torch.cat([known[row] for row in ROWS]),)

    hooks = [pipe.unet.register_forward_pre_hook(choose, prepend=True, with_kwargs=True),
             pipe.unet.register_forward_hook(complete, prepend=True, with_kwargs=True)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _chosen(rows, asked):
    import torch

    parts = dict(zip(ROWS, rows.chunk(len(ROWS))))
    return torch.cat([parts[row] for row in asked])


def _level(scheduler, t):
    """By what the difference of two answers is multiplied to be one of the noise, which is used again as it is.

    As LinearAG does (Castillo et al. 2023). An answer v = alpha eps - sigma z_0 says eps = sigma z_t + alpha v: two
    that differ by d in v differ by alpha d in the noise. On 48 held-out scenes of pocket this was the least harmful of
    four ways to scale it; the other three kept v, or the picture, or the inverse of that.
    """
    return kept(scheduler, t) ** 0.5 if scheduler.config.prediction_type == "v_prediction" else 1.0
