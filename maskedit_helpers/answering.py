"""A network that answers by another function for a while. Hooks on it, of who watches or counts, are called as ever."""

from contextlib import contextmanager


@contextmanager
def answering(network, forward):
    """For the time of the `with`, `network.forward` is another; afterwards what it was, the class's or an own one."""
    own = vars(network).get("forward")
    network.forward = forward
    try:
        yield
    finally:
        del network.forward  # the instance's; the class's shows again
        if own is not None:
            network.forward = own
