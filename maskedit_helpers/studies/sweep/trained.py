"""The task "trained": a short training of a mask-aware editor, and then what the task "edits" does with it.

Cells that differ only in how they are measured share one training, which is made once, whoever comes first.
"""

import contextlib
import os

from ...conditioning import files, learned, network, tokens, ways
from ...editing.controls.mask_aware import MaskAware
from ...fingerprint import fingerprint
from ...picturebook.pairs import LEAK
from ...places import work_folder
from ...training import dataset, editor, loop
from ...training.mask_aware import it, jitter, part, penalty
from ...training.mask_aware import run as training
from ...training.once import made_once
from . import edits
from .tasks import Task

RECIPE = {
    "way": "channel",
    "rank": part.RANK,  # 0 trains the whole
    "penalty": part.PENALTY,
    "target": "pasted",
    "jitter": jitter.LIGHT,
    "it": part.IT,
    "leak": LEAK,
    "pairs": 1500,
    "steps": 100,
    "train_seed": 0,
}
DEFAULTS = {name: value for name, value in edits.DEFAULTS.items() if name not in ("control", "models")} | RECIPE
CODE = files, learned, network, tokens, ways, dataset, editor, loop, it, jitter, part, penalty, training


def check(settings):
    """Raise KitError for what can't be trained or measured."""
    edits.check(_plain(settings))
    part.check_recipe(settings["way"], settings["rank"] or None, settings["penalty"], settings["target"],
                      settings["jitter"], settings["it"])


def depends(settings):
    """What the rows hang on beside the settings."""
    return edits.depends(_plain(settings)) | {"training_code": fingerprint(CODE)}


def run(settings):
    """Rows of a cell, one a scene, as `edits.run`."""
    recipe = {name: settings[name] for name in RECIPE}
    begun_with = edits.depends(_plain(settings))["editor"]
    folder = work_folder() / "studies" / fingerprint(recipe, begun_with, CODE)
    return edits.run(_plain(settings), MaskAware(str(made_once(folder, lambda aside: _trained(recipe, aside)))))


def _plain(settings):
    return {**settings, "models": "pocket", "control": "blend"}


def _trained(recipe, folder):
    recipe = dict(recipe)
    way, rank, seed = recipe.pop("way"), recipe.pop("rank"), recipe.pop("train_seed")
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stderr(nowhere):  # the sweep has a bar of its own
        training.train_mask_aware(way, rank or None, seed=seed, device="cpu", resume=True, out=folder, **recipe)


TASK = Task(run, DEFAULTS, check, depends)
