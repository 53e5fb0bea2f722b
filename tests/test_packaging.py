"""pyproject.toml says what the kit needs; environment.yml, constraints.txt and the imports agree with it."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDS = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = [Requirement(line) for lines in PROJECT["optional-dependencies"].values() for line in lines]

# Imports that are not called as the package that brings them.
BROUGHT_BY = {
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "skimage": "scikit-image",
    "open_clip": "open-clip-torch",
    "timm": "open-clip-torch",
    "yaml": "pyyaml",
    "huggingface_hub": "diffusers",
    "tokenizers": "transformers",
    "filelock": "torch",
    "traitlets": "ipywidgets",
    "IPython": "ipywidgets",
    "click": "typer",
    "requests": "pooch",
    "rich": "typer",
    "packaging": "pytest",
    "pandas": "datasets",
    "pyarrow": "datasets",
    "docutils": "sphinx",
}

# What Colab's Python 3.13 runtime brought along on 2026-08-19: installing the kit there must move none of it.
COLAB = {
    "torch": "2.11.0",
    "torchvision": "0.26.0",
    "diffusers": "0.39.0",
    "transformers": "5.15.0",
    "accelerate": "1.14.0",
    "peft": "0.20.0",
    "safetensors": "0.8.0",
    "numpy": "2.1.3",
    "pillow": "11.3.0",
    "scipy": "1.16.3",
    "scikit-image": "0.25.2",
    "opencv-python-headless": "5.0.0.93",
    "matplotlib": "3.10.0",
    "typer": "0.27.1",
    "pooch": "1.9.0",
    "tqdm": "4.67.3",
    "ipywidgets": "7.7.1",
    "ipython": "7.34.0",
    "anywidget": "0.9.21",
    "datasets": "4.0.0",
    "pandas": "2.2.3",
    "statsmodels": "0.14.6",
}
ABSENT_ON_COLAB = {"segment-anything", "open-clip-torch"}


def names(requirements):
    return {canonicalize_name(need.name) for need in requirements}


def pins():
    """constraints.txt as {name: version}; a line of any other form, or a name twice, fails."""
    found = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        match = re.fullmatch(r"([a-z0-9.-]+)==([a-z0-9.!]+)", line)
        assert match, f"constraints.txt: {line!r} is not name==version"
        name = canonicalize_name(match[1])
        assert name not in found, f"constraints.txt: {name} stands there twice"
        found[name] = match[2]
    return found


def for_gpu_only(name):
    return name.startswith(("nvidia", "cuda", "triton"))


def test_environment_yml_is_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    *conda, pip = environment["dependencies"]
    assert pip["pip"] == ["-c constraints.txt", *PROJECT["dependencies"], "-e .[notebooks]"]
    python = next(line for line in conda if line.startswith("python"))
    assert python.removeprefix("python").split(",")[0] == PROJECT["requires-python"]


def test_constraints_pin_all_that_pyproject_names():
    pinned = pins()
    for need in NEEDS + EXTRAS:
        version = pinned.get(canonicalize_name(need.name))
        assert version, f"{need.name} is not in constraints.txt: make constraints"
        assert need.specifier.contains(version), f"{need}, but {version} in constraints.txt: make constraints"


def test_constraints_pin_all_that_comes_along():
    """Walk through the installed packages from pyproject's list on; each one met needs its line."""
    pinned, seen, todo = pins(), set(), [(need, "") for need in NEEDS + EXTRAS]
    while todo:
        need, extra = todo.pop()
        name = canonicalize_name(need.name)
        if (name, extra) in seen or for_gpu_only(name):
            continue
        seen.add((name, extra))
        assert name in pinned, f"{name} is not in constraints.txt: make constraints"
        for line in metadata.requires(name) or []:
            further = Requirement(line)
            if further.marker is None or further.marker.evaluate({"extra": extra}):
                todo += [(further, "")] + [(further, one) for one in further.extras]
    assert len(seen) > len(NEEDS + EXTRAS)


def test_constraints_serve_machines_without_a_gpu():
    assert not [name for name in pins() if for_gpu_only(name)]


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.name)
def test_only_lower_bounds_and_colab_stays_as_it_is(need):
    assert [bound.operator for bound in need.specifier] == [">="]
    name = canonicalize_name(need.name)
    assert name in ABSENT_ON_COLAB or need.specifier.contains(COLAB[name])


def test_colabs_python_can_install_the_kit_without_moving_a_thing(tmp_path):
    """Resolved for Colab's Python, which need not be here, with all that Colab brings along held where it is."""
    held = tmp_path / "colab.txt"
    held.write_text("".join(f"{name}=={version}\n" for name, version in COLAB.items()))
    uv = Path(sys.executable).with_name("uv")
    asked = [uv, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python-version", "3.13",
             "--python-platform", "x86_64-manylinux_2_28", "-c", held, ROOT / "pyproject.toml"]
    answer = subprocess.run(asked, capture_output=True, text=True, cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    resolved = dict(line.split(" ")[0].split("==") for line in answer.stdout.splitlines())
    assert {name: resolved[name] for name in COLAB} == COLAB
    assert ABSENT_ON_COLAB <= set(resolved)


USED_WHERE_INSTALLED = {"spacy",  # of the extra "words"; tagging.py has rules of its own, and Colab brings it
                        "submitit",  # of the extra "cluster"; sweeps run without it, but on Slurm
                        "starlette", "jinja2", "uvicorn", "segno",  # of the extra "study"; `study serve` names them
                        "tueplots"}  # of the extra "report", which names it


@pytest.mark.parametrize("folder", ["maskedit_helpers", "tests", "docs"])
def test_all_imports_are_declared(folder):
    declared = names(NEEDS if folder == "maskedit_helpers" else NEEDS + EXTRAS)
    files = sorted((ROOT / folder).rglob("*.py"))
    ours = {"maskedit_helpers"}
    if folder != "maskedit_helpers":
        ours |= {file.stem for beside in ("tests", "docs") for file in (ROOT / beside).rglob("*.py")}
    known = sys.stdlib_module_names | ours | USED_WHERE_INSTALLED
    missing = {}
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                modules = [node.module]
            else:
                continue
            for top in {module.split(".")[0] for module in modules} - known:
                if canonicalize_name(BROUGHT_BY.get(top, top)) not in declared:
                    missing[top] = file.name
    assert files and not missing, f"imported but not in pyproject.toml: {missing}"


def test_what_lies_beside_the_code_goes_into_the_wheel():
    """Pages, styles, texts: hatchling takes all of the package's folder but what git ignores."""
    (target,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"].values()
    assert target == {"packages": ["maskedit_helpers"]}
    beside = [path.relative_to(ROOT).as_posix() for path in (ROOT / "maskedit_helpers").rglob("*")
              if path.is_file() and path.suffix not in (".py", ".pyc")]
    assert {"item.html", "rate.css", "rate.js", "questions.toml"} <= {Path(path).name for path in beside}
    ignored = subprocess.run(["git", "check-ignore", *beside], capture_output=True, text=True, cwd=ROOT)
    assert (ignored.returncode, ignored.stdout) == (1, "")
