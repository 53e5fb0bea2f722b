"""Where things lie: the project's folder, its results, and weights in its folder models or in one that MASKEDIT_HOME
names."""

import os
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]


def models_folder():
    """The folder of all weights: `models` in MASKEDIT_HOME if that is set, otherwise in this project."""
    return Path(os.environ.get("MASKEDIT_HOME") or HOME).expanduser() / "models"


def pocket_folder():
    return models_folder() / "pocket"


def work_folder():
    """Training's pairs, checkpoints, logs and previews; nothing in it is needed once the weights are exported."""
    return models_folder() / "training"


def results_folder():
    """Where pictures go for which nobody named a place: MASKEDIT_RESULTS if that is set, otherwise `results` here."""
    return Path(os.environ.get("MASKEDIT_RESULTS") or HOME / "results")
