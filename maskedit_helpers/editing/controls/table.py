"""The table of controls: whatever subclasses of `Control` lie in this folder, and their settings with a name."""

from dataclasses import fields, replace
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from ...errors import KitError
from .base import Control


@cache
def kinds():
    """The classes of controls, in the order in which they attach."""
    package = __package__
    for module in iter_modules(import_module(package).__path__):
        import_module(f"{package}.{module.name}")
    ours = [kind for kind in _below(Control) if kind.__module__.startswith(package) and kind.presets]
    return tuple(sorted(ours, key=lambda kind: (kind.order, kind.__name__)))


def presets():
    """{name: control}, the settings with a name, for the command line and the scoreboard."""
    return {name: kind(**settings) for kind in kinds() for name, settings in kind.presets.items()}


def named(names):
    """The settings of those names out of `presets`, as a dict; "all" gives all. Raises KitError for another.

    After a colon stands what its first setting is, where that is a word: mask-aware:both.
    """
    known = presets()
    return {name: known[name] if name in known else _set(*name.partition(":")[::2])
            for name in (known if names == "all" else names)}


def _set(name, word):
    control = presets().get(name)
    first = fields(control)[0].name if control and fields(control) else None
    if not (first and word and isinstance(getattr(control, first), str)):
        raise KitError(f"control {name!r} is unknown; use {', '.join(presets())}" if not control else
                       f"control {name!r} takes no word after a colon")
    return replace(control, **{first: word})


def _below(kind):
    return {kind, *(other for child in kind.__subclasses__() for other in _below(child))}
