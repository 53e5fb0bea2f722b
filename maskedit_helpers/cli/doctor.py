"""What is here and what is missing: versions, GPU, memory, disk, weights, and the command that mends each lack."""

import platform
import shutil

from ..devices import GB, LOW, pick_device, total_memory
from ..downloads import fetch
from ..kit import weights
from ..machine import device_facts, version
from ..places import models_folder, pocket_folder

PACKAGES = ("maskedit", "torch", "diffusers", "transformers", "segment-anything", "open_clip_torch", "numpy",
            "anywidget", "ipywidgets")


def examine():
    """Look, download nothing.

    Returns
    -------
    dict of plain values: "python", "packages" {name: version or None}, "device" {name, dtype, free and total GB},
    "disk_free_gb" where weights lie, "weights" {name: "here" or "missing"}, "pocket" bool, "auto" (what `load`
    would choose, and why), "todo" (what is missing, each with the command that mends it).
    """
    packages = {name: version(name) for name in PACKAGES}
    todo = [f"{name} is not installed: run `make venv`, or `pip install {name}`"
            for name, version in packages.items() if version is None]
    found = {"python": platform.python_version(), "packages": packages}
    folder = models_folder()
    disk = folder if folder.exists() else next(parent for parent in folder.parents if parent.exists())
    found["disk_free_gb"] = round(shutil.disk_usage(disk).free / GB, 1)
    found["pocket"] = (pocket_folder() / "pocket.json").is_file()
    if not found["pocket"]:
        todo.append(f"the pocket models are not in {pocket_folder()}: run `git checkout -- models/pocket`, or "
                    "train them with `make pocket`")
    if packages["torch"] is None:
        return found | {"device": None, "weights": {}, "auto": None, "todo": todo}
    found["device"] = device_facts()
    found["weights"] = {name: "here" if fetch.have(name) else "missing" for name in fetch.ASSETS}
    choice = weights.choose()
    found["auto"] = {"size": choice.size, "why": choice.why}
    memory = total_memory(pick_device())
    if choice.size == "pocket" and memory is not None and memory >= LOW:
        missing = fetch.missing(["full"])
        todo += [f"{', '.join(missing)}: `maskedit fetch {' '.join(missing)}`"] if missing else []
    return found | {"todo": todo}


def report(found):
    """The findings of `examine` as text for a person."""
    lines = [f"Python {found['python']}"]
    lines += [f"{name} {version or 'is missing'}" for name, version in found["packages"].items()]
    if found["device"]:
        device = found["device"]
        total = f" of {device['total_gb']} GB" if device["total_gb"] else ""
        free = "unknown" if device["free_gb"] is None else f"{device['free_gb']} GB"
        lines += [f"device {device['name']}, {device['dtype']}, memory free {free}{total}"]
    lines += [f"disk free {found['disk_free_gb']} GB", f"pocket models: {'here' if found['pocket'] else 'missing'}"]
    lines += [f"{name}: {state}" for name, state in found["weights"].items()]
    if found["auto"]:
        lines.append(f'me.load("auto") takes {found["auto"]["why"]}')
    lines += [f"to do: {what}" for what in found["todo"]] or ["nothing is missing for what would be loaded"]
    return "\n".join(lines)
