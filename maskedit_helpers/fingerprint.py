"""Fingerprints: what was computed with one thing is not used again with another.

Kept rows, drawn pairs and checkpoints each carry the fingerprint of all that they depend on: bytes of weights,
settings, source code. Equal fingerprints, equal results; so a change that nobody thought of is noticed too.
"""
import hashlib
from dataclasses import fields, is_dataclass
from pathlib import Path
from types import ModuleType


def fingerprint(*things):
    """16 hexadecimal digits that change when any of the things does.

    Parameters
    ----------
    things : numbers, strings, bytes, None; lists, tuples, dicts and dataclasses of such; torch modules (names, types
        and bytes of their weights and buffers); Python modules (their source code, however its lines end)

    Raises
    ------
    TypeError
        Anything else: its printed form might hold an address, which differs from run to run.
    """
    digest = hashlib.sha256()
    _feed(digest, things)
    return digest.hexdigest()[:16]


def _feed(digest, thing):
    """Write a thing into the digest such that no two things write the same."""
    if thing is None or isinstance(thing, (bool, int, float, str, bytes)):
        digest.update(f"{type(thing).__name__} {thing!r};".encode())
    elif isinstance(thing, (list, tuple)):
        digest.update(f"list {len(thing)};".encode())
        for item in thing:
            _feed(digest, item)
    elif isinstance(thing, dict):
        _feed(digest, ["dict", *((key, thing[key]) for key in sorted(thing, key=repr))])
    elif is_dataclass(thing) and not isinstance(thing, type):
        _feed(digest, [type(thing).__name__, *((field.name, getattr(thing, field.name)) for field in fields(thing))])
    elif isinstance(thing, ModuleType):
        _feed(digest, ["code", thing.__name__, Path(thing.__file__).read_text(encoding="utf-8")])
    elif hasattr(thing, "state_dict"):
        _feed_weights(digest, thing)
    else:
        raise TypeError(f"no fingerprint for a {type(thing).__name__}")


def _feed_weights(digest, module):
    import torch

    # Some of what a module computes with is in no checkpoint: SAM's mean colour, for one.
    for name, tensor in {**module.state_dict(), **dict(module.named_buffers())}.items():
        tensor = tensor.detach().cpu().contiguous()
        _feed(digest, ["weights", name, str(tensor.dtype), list(tensor.shape)])
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy())
