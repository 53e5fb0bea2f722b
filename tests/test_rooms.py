"""The house: a room imports those below it, never those above; every verb is where its table and its stub say."""
import ast
import re
from importlib import import_module
from pathlib import Path

import pytest

import maskedit_helpers as me
from maskedit_helpers.places import HOME

PACKAGE = HOME / "maskedit_helpers"
ROOMS = ("pictures", "figures", "metrics", "picturebook", "editing", "conditioning", "language", "downloads", "masks",
         "kit", "watching", "training", "studies", "notebook", "cli")
CORE = ("pictures", "metrics", "editing", "masks", "kit")
FILES = sorted(PACKAGE.rglob("*.py"))


def floor(room):
    """The ground, files of no room, lies under all; __main__ is the door to the last."""
    return ROOMS.index(room) + 1 if room in ROOMS else {"__main__": len(ROOMS) + 1}.get(room, 0)


def imported(source, place):
    """(line, room) of every import of the package's own in a file; place is its path in the package."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            above = place.parts[:-1][:len(place.parts) - node.level] if node.level else ()
            path = [*above, *(node.module or "").split(".")] if node.level else (node.module or "").split(".")
            if not node.level and path[0] != "maskedit_helpers":
                continue
            path = [part for part in path if part not in ("", "maskedit_helpers")]
            yield from ((node.lineno, (path or [alias.name])[0]) for alias in node.names)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first, *rest = alias.name.split(".")
                if first == "maskedit_helpers":
                    yield node.lineno, (rest or ["cli"])[0]  # the whole package knows all verbs


def turned_round(source, place):
    """Imports of a file that go up."""
    room = place.with_suffix("").parts[0]
    return [f"{place}:{line} imports {other}" for line, other in imported(source, place) if floor(other) > floor(room)]


def test_no_import_goes_up():
    assert [wrong for file in FILES for wrong in turned_round(file.read_text(), file.relative_to(PACKAGE))] == []
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()} == set(ROOMS)


@pytest.mark.parametrize(("place", "source"), [
    ("pictures/blend.py", "from ..metrics.pixels import change_map"),
    ("pictures/blend.py", "from .. import kit"),
    ("metrics/pixels.py", "def f():\n    from ..studies import demo"),
    ("editing/controls/blend.py", "from ...masks.sam import Segmenter"),
    ("masks/sam.py", "from maskedit_helpers.kit.kit import Kit"),
    ("masks/sam.py", "import maskedit_helpers.kit.kit"),
    ("masks/sam.py", "import maskedit_helpers as me"),
    ("errors.py", "from .pictures.images import read_image"),
])
def test_an_import_turned_round_is_found(place, source):
    assert len(turned_round(source, Path(place))) == 1


@pytest.mark.parametrize(("place", "source"), [
    ("metrics/pixels.py", "from ..pictures.images import WHITE\nfrom ..errors import KitError\nfrom .truth import x"),
    ("editing/controls/blend.py", "from ...pictures.blend import blend\nfrom .base import Control\nimport numpy"),
    ("__main__.py", "from .cli.app import main"),
])
def test_an_import_that_goes_down_is_none(place, source):
    assert turned_round(source, Path(place)) == []


def lines(path):
    return len(path.read_text().splitlines())


def test_files_are_small_and_so_is_the_core():
    assert [f"{path.relative_to(PACKAGE)}: {lines(path)}" for path in FILES if lines(path) > 260] == []
    assert sum(lines(path) for room in CORE for path in (PACKAGE / room).rglob("*.py")) < 4500


def test_every_room_says_what_it_is():
    for room in ROOMS:
        assert len(import_module(f"maskedit_helpers.{room}").__doc__.split()) > 4


def test_the_stub_names_every_verb_and_the_file_that_it_lives_in():
    stub = (PACKAGE / "__init__.pyi").read_text()
    named = dict((verb, place) for place, verb, again in re.findall(r"^from \.(\S+) import (\w+) as (\w+)$", stub, re.M)
                 if verb == again)
    check = named.pop("check")
    assert named == me.VERBS and check == "notebook"
    for verb, place in me.VERBS.items():
        thing = getattr(me, verb)
        assert (thing.__module__, thing.__name__) == (f"maskedit_helpers.{place}", verb)
