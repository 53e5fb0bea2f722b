"""Controls put together: checked to make sense beside each other, and attached in their order."""

from contextlib import ExitStack, contextmanager

from ...errors import KitError
from .base import Control
from .blend import Blend
from .table import kinds


def compose(control):
    """The controls of one edit, in their order; with Blend(), which ends every edit with a mask, where it is not named.

    Parameters
    ----------
    control : a control, a list of them, or None

    Returns
    -------
    list of Control

    Raises
    ------
    KitError
        Something else; two of a kind; one that adds nothing to another.
    """
    controls = list(control) if isinstance(control, (list, tuple)) else [control or Blend()]
    for one in controls:
        if not isinstance(one, Control):
            names = ", ".join(f"{kind.__name__}()" for kind in kinds())
            raise KitError(f"control {one!r} is none; use {names}, or a list of them")
    if len(set(map(type, controls))) < len(controls):
        raise KitError("two controls of one kind would undo each other; give one of each at most")
    for one in controls:
        one.check_beside([other for other in controls if other is not one])
    if not any(isinstance(one, Blend) for one in controls):
        controls.append(Blend())
    return sorted(controls, key=lambda one: (one.order, type(one).__name__))


def region(controls, shape, M):
    """(left, top, right, bottom), pixels, of what is edited: the first control's that asks for a part, else all.

    shape : of the picture, (H, W, ...). M : float32 (H, W), or None for an edit without a mask
    """
    asked = (one.region(M) for one in controls if M is not None)
    return next((part for part in asked if part is not None), (0, 0, shape[1], shape[0]))


@contextmanager
def steered(pipe, controls, batch):
    """The controls attached, in this order; gives the options for the call of the pipeline."""
    options = {}
    with ExitStack() as stack:
        for one in controls:
            options |= stack.enter_context(one.attached(pipe, batch))
        yield options
