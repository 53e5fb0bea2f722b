"""What the numbers hang on: versions, the machine, seeds, hashes of weights and data."""

import hashlib
import platform
import subprocess
from pathlib import Path

from ...machine import version
from ...places import HOME, pocket_folder
from ..bench.machine import cores, cpu_name
from ..sweep.store import Store
from ..words import counted
from .marks import safe
from .table import Table

PACKAGES = ("maskedit", "torch", "diffusers", "transformers", "peft", "segment-anything", "open_clip_torch", "numpy",
            "scipy", "scikit-image", "pandas", "matplotlib", "tueplots")
PARTS = ("editor", "SAM", "CLIP", "drawing_code")  # what a run says that it hangs on, by fingerprints
SHORT = 10  # hexadecimal digits of a hash that are printed; the CSV files hold all


def facts(found):
    """{name: Table}, without captions' numbers: versions, seeds, origins and hashes."""
    made = [_versions(), _seeds(found), _origins(found), _hashes(found.files)]
    return {table.name: table for table in made if table.rows}


def versions():
    """{package: its version}, of those that are here."""
    return {name: told for name in PACKAGES if (told := version(name))}


def machine():
    """The machine that writes the report, in a line."""
    return (f"{cpu_name()}, {counted(cores(), 'core')}, {platform.system()} {platform.machine()}, Python "
            f"{platform.python_version()}")


def commit():
    """The commit of the code, with "-dirty" where files differ from it; "" outside of a repository."""
    try:
        told = subprocess.run(["git", "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"], cwd=HOME,
                              capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return told.stdout.strip() if told.returncode == 0 else ""


def runs(found):
    """{part of the report: its run}, each with what it says of models, seeds, settings and fingerprints."""
    made = {"cases": found.cases and found.cases["run"] | {"seed": None},  # which are no scenes of a seed
            "scoreboard": found.scores and found.scores["run"], "controls": found.controls and found.controls[0],
            "mask-aware editors": found.mask_aware and found.mask_aware[0], "benchmark": found.bench}
    return {name: run for name, run in made.items() if run} | {
        f"study {name}": _run_of(study) for name, study in found.studies.items()}


def _run_of(study):
    """A study's run, as scoreboards have theirs; what may differ from cell to cell is a list."""
    depends = [kept.depends for kept in Store(study.spec.folder).cells().values()]
    run = {name: _levels(one.get(name) for one in depends) for name in PARTS}
    run |= {name: _levels(row.get(name) for row in study.rows) for name in (
        "seed", "edit_seed", "train_seed", "models")}
    return run | {"models": run["models"] or _levels(one.get("models") for one in depends)}


def _levels(values):
    return sorted({value for value in values if value is not None}, key=str)


def models(found):
    """Names of the models that any row is of."""
    said = [run.get("models") for run in runs(found).values()]
    return sorted({name for one in said for name in ([one] if isinstance(one, str) else one or [])})


def _versions():
    return Table("versions", "Versions with which this report was written.",
                 {"package": "package", "version": "version"}, [],
                 [{"package": name, "version": safe(told)} for name, told in versions().items()])


def _seeds(found):
    rows = []
    for part, run in runs(found).items():
        edits = run.get("edit_seed") or run.get("settings", {}).get("seed")
        rows.append({"part": part, "scenes": _said(run.get("seed")), "edits": _said(edits),
                     "trainings": _said(run.get("train_seed"))})
    return Table("seeds", "Seeds: which scenes, the noise of the edits, trainings. A dash where the rows name none.",
                 {"part": "part", "scenes": "scenes", "edits": "edits", "trainings": "trainings"}, [], rows)


def _origins(found):
    rows = [{"part": part, **{name: _said(run.get(name)) for name in PARTS}} for part, run in runs(found).items()
            if any(run.get(name) for name in PARTS)]
    return Table("origins", "Fingerprints of what the rows were measured with, as they say; first digits.",
                 {"part": "part", **{name: name.replace("_code", "") for name in PARTS}}, [], rows,
                 short=dict.fromkeys(PARTS, SHORT))


def _said(value):
    values = value if isinstance(value, list) else [value]
    return safe(", ".join(str(one) for one in values if one is not None)) or "–"


def _hashes(files):
    """SHA-256 of what was read, and of pocket's weights; of a folder of pictures that of all together."""
    weights = sorted(pocket_folder().rglob("*.safetensors"))
    found, folders = {}, {}
    for path in [*weights, *files]:
        if path.suffix == ".png":
            folders.setdefault(path.parent, []).append(path)
        elif path.is_file():
            found[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    for folder, pictures in folders.items():
        together = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(pictures))).hexdigest()
        found[folder / f"{len(pictures)} PNG files"] = together
    return Table("hashes", "SHA-256 of weights and data, first digits; `tables/hashes.csv` has all of them.",
                 {"file": "file", "sha256": "SHA-256"}, [],
                 [{"file": safe(_near(path)), "sha256": digest} for path, digest in found.items()],
                 short={"sha256": SHORT})


def _near(path):
    """A path from the project's folder, or from that of the weights."""
    path = Path(path).resolve()
    for root in (HOME, pocket_folder().parents[1]):
        if root.resolve() in path.parents:
            return path.relative_to(root.resolve()).as_posix()
    return "/".join(path.parts[-3:]) if path.parts[-1].endswith("files") else path.name
