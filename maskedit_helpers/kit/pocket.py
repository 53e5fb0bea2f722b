"""Where the pocket weights lie, what they are used with, and the student that only the pocket editor has."""

import json

from ..errors import KitError
from ..loading import loading
from ..places import pocket_folder

TRAIN = "run `maskedit train all`, or set MASKEDIT_HOME to the folder that holds models/"


def pocket_settings():
    path = pocket_folder() / "pocket.json"
    if not path.is_file():
        raise KitError(f"no weights: {path} is not there; {TRAIN}")
    try:
        settings = json.loads(path.read_text())
        return {**settings["editor"], "domain_limit": settings.get("domain", {}).get("limit")}
    except (ValueError, KeyError, TypeError) as error:
        raise KitError(f"{path} could not be loaded ({error}); {TRAIN}") from error


def pocket_part(part, file):
    folder = pocket_folder() / part
    if not (folder / file).is_file():
        raise KitError(f"no weights: {folder / file} is not there; {TRAIN}")
    return folder


def load_student(device):
    """The U-Net that answers the pocket editor's three rows in one, see `editing.distilled`."""
    from diffusers import UNet2DConditionModel

    folder = pocket_part("fast", "config.json")
    with loading(folder, "run `maskedit train fast`"):
        return UNet2DConditionModel.from_pretrained(folder, local_files_only=True).float().to(device)
