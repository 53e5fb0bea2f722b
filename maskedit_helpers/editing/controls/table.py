"""The table of controls: whatever subclasses of `Control` lie in this folder, and their settings with a name."""

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
    """The settings of those names out of `presets`, as a dict; "all" gives all. Raises KitError for another."""
    known = presets()
    names = list(known) if names == "all" else list(names)
    if strange := [name for name in names if name not in known]:
        raise KitError(f"control {strange[0]!r} is unknown; use {', '.join(known)}")
    return {name: known[name] for name in names}


def _below(kind):
    return {kind, *(other for child in kind.__subclasses__() for other in _below(child))}
