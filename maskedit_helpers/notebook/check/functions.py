"""A reader's function held against a formula, on a few inputs.

Well-known misunderstandings are formulas too: an answer that agrees with one of them on every input is told so, which
helps more than two numbers that differ.
"""

import numpy as np

from .answers import array
from .verdict import NotYet

TOLERANCE = 1e-3  # of the largest value, or of 1: a reader may compute in single, or even half precision


def call(function, *inputs):
    """What a reader's function gives for arrays and numbers, as an array; for tensors where it was written for those.

    It gets copies, so it may change what it is given.
    """
    if not callable(function):
        raise NotYet("Hand in the function itself, by its name and without brackets.")
    try:
        result = function(*(np.copy(x) if isinstance(x, np.ndarray) else x for x in inputs))
    except (TypeError, AttributeError) as error:
        import torch

        try:
            result = function(*(torch.tensor(np.copy(x)) for x in inputs))  # floats stay in double precision
        except Exception:
            raise error from None
    if result is None:
        raise NotYet("The function gives nothing back: let it end with a line that begins with `return`.")
    return array(result)


def agree(mine, other):
    """Do two results agree, but for rounding? A number may come as an array of one, a row as an array of one row."""
    if mine.size != other.size or np.squeeze(mine).shape != np.squeeze(other).shape:
        return False
    slack = TOLERANCE * max(1, np.abs(other).max())  # nan or infinite only for a mistake's formula
    return bool(np.allclose(np.squeeze(mine), np.squeeze(other), rtol=0, atol=slack))


def hold(function, right, inputs, mistakes, otherwise, agree=agree):
    """Raise NotYet unless a reader's function gives what the formula `right` gives.

    Parameters
    ----------
    function : the reader's
    right : the formula, of the same arguments
    inputs : list of tuples of arguments
    mistakes : {hint: formula, or a tuple of formulas}, the well-known ones
    otherwise : str, the hint for any other answer
    agree : of two arrays, the reader's and another; whether they are the same but for rounding
    """
    got = [call(function, *given) for given in inputs]
    with np.errstate(all="ignore"):  # a mistake's formula may overflow, that is its point
        want = [np.asarray(right(*given)) for given in inputs]
        wrong = next((k for k in range(len(inputs)) if not agree(got[k], want[k])), None)
        if wrong is None:
            return
        for hint, formulas in mistakes.items():
            for formula in formulas if isinstance(formulas, tuple) else (formulas,):
                if all(agree(mine, np.asarray(formula(*given))) for mine, given in zip(got, inputs)):
                    raise NotYet(hint)
    raise NotYet(f"{_difference(got[wrong], want[wrong])} {otherwise}")


def _difference(got, want):
    if np.squeeze(got).shape != np.squeeze(want).shape:
        right = "one number is asked for" if want.size == 1 else f"{want.shape} is right"
        return f"The result has shape {got.shape} where {right}."
    if not np.isfinite(got).all():
        return f"The result holds {got[~np.isfinite(got)].flat[0]}."
    if want.size == 1:
        return f"{want.item():.4g} is right where yours gives {got.item():.4g}."
    return f"The largest difference from what is right is {np.abs(got - want).max():.4g}."
