"""With what a build was begun: all that its rows hang on. Another build of the same folder must have the same."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from ...errors import KitError
from ...masks.segment import check_finish
from ...pictures.blend import check_growth
from ...pictures.images import write_file
from .columns import WAYS
from .filtering import preset

FILE = "build.json"


@dataclass(frozen=True)
class Settings:
    """As for `build.build_pairs`. origin: fingerprint of the code and the weights that make the rows."""

    source: str
    split: str | None
    layout: str
    count: int | None
    first: int
    leak: float
    size: int | None
    masks: tuple
    border: str
    dilate: float
    fill: bool
    preset: str
    shard: int
    models: str
    origin: str

    def checked(self):
        """Itself; KitError for what can be seen to be wrong before any work."""
        if self.count is not None and self.count < 1:
            raise KitError(f"{self.count} pairs: give 1 or more")
        if self.size is not None and self.size < 16:
            raise KitError(f"size is {self.size}; give 16 pixels or more")
        if self.shard < 1:
            raise KitError(f"{self.shard} pairs a shard: give 1 or more")
        preset(self.preset)
        if self.preset == "pocket" and self.models != "pocket":
            raise KitError("filter pocket was measured with the pocket models; with full ones use ip2p, ultraedit, "
                           "anyedit or none")
        check_finish(self.border)
        check_growth(self.dilate, 0)
        return self


def ways(masks):
    """ "click,box" or a list -> ("click", "box"); KitError for none, or one that is unknown."""
    found = tuple(word.strip() for word in masks.split(",")) if isinstance(masks, str) else tuple(masks)
    for way in found or ("",):
        if way not in WAYS:
            raise KitError(f"masks {way!r} is unknown; use one of {', '.join(WAYS)}, or several with commas, which "
                           "then take turns")
    return found


def begin(folder, settings):
    """Make the folder of a build, or find it begun with the same settings.

    Raises
    ------
    KitError
        It holds another build, or other things; it can't be made.
    """
    folder = Path(folder)
    path = folder / FILE
    if path.exists():
        _refuse_another(path, settings)
        return
    if folder.exists() and not _is_nobodys(folder):
        raise KitError(f"{folder} is there and holds no pairs; name a new folder")
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KitError(f"{folder}: the folder could not be made ({error.strerror})") from error
    write_file(path, (json.dumps(asdict(settings), indent=1) + "\n").encode(), ".json")


def _is_nobodys(folder):
    """Is it empty, or as a build leaves it that was killed before it could say with what it was begun?"""
    return folder.is_dir() and all(one.name.startswith(".") or one.name == "data" and one.is_dir() and not any(
        one.iterdir()) for one in folder.iterdir())


def read_settings(folder):
    """The Settings of a folder's build; KitError if it holds none."""
    path = Path(folder) / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        return Settings(**{**values, "masks": tuple(values["masks"])})
    except OSError:
        raise KitError(f"{folder} holds no build: there is no {FILE} in it") from None
    except (ValueError, TypeError, KeyError) as error:
        raise KitError(f"{path} does not say what the build was begun with; delete {folder} and begin anew") from error


def _refuse_another(path, settings):
    began = read_settings(path.parent)
    for name in (field.name for field in fields(Settings)):
        was, now = getattr(began, name), getattr(settings, name)
        if was != now:
            hint = "the weights or the code have changed since" if name == "origin" else f"bring back that {name}"
            raise KitError(f"{path.parent} was begun with {name} {_said(was)}, not {_said(now)}: {hint}, or name "
                           "another folder")


def _said(value):
    return "none" if value is None else ",".join(value) if isinstance(value, tuple) else str(value)
