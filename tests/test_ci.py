"""What runs elsewhere names what is really here: the workflow and the hooks against the Makefile and pyproject.toml."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
WORKFLOWS = {path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / ".github/workflows").glob("*.yml")}
STEPS = {name: [step for job in flow["jobs"].values() for step in job["steps"]] for name, flow in WORKFLOWS.items()}
JOB = WORKFLOWS["test"]["jobs"]["test"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_workflows_make_what_the_makefile_has(name):
    made = re.findall(r"\bmake (\w+)", "\n".join(step.get("run", "") for step in STEPS[name]))
    assert name in made and set(made) <= TARGETS


def test_the_workflow_runs_on_pythons_that_the_kit_allows():
    allowed = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"])
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    allowed &= SpecifierSet(next(line for line in conda if str(line).startswith("python")).removeprefix("python"))
    versions = JOB["strategy"]["matrix"]["python"]
    assert all(isinstance(version, str) and version in allowed for version in versions)  # 3.10 unquoted is 3.1
    lowest, *_, highest = (f"3.{minor}" for minor in range(30) if f"3.{minor}" in allowed)
    assert versions == [lowest, highest]


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_workflows_use_actions_by_version(name):
    used = [step["uses"] for step in STEPS[name] if "uses" in step]
    assert used and all(re.fullmatch(r"actions/[a-z-]+@v\d+", name) for name in used)


def test_the_book_is_published_from_where_it_is_built():
    (there,) = [step["with"]["path"] for step in STEPS["book"] if "upload-pages" in step.get("uses", "")]
    assert there == "docs/_build/html"
    assert WORKFLOWS["book"]["permissions"] == {"contents": "read"}
    assert WORKFLOWS["book"]["jobs"]["publish"]["permissions"] == {"pages": "write", "id-token": "write"}


def test_hooks_fetch_nothing_and_name_what_is_here():
    assert [repo["repo"] for repo in HOOKS] == ["local"]
    for hook in HOOKS[0]["hooks"]:
        program, *words = shlex.split(hook["entry"])
        assert hook["language"] == "system" and program.startswith(".venv/bin/")
        for word in words:
            assert "/" not in word or (ROOT / word).exists(), word
    chosen = words[words.index("-k") + 1].split(" or ")
    tests = re.findall(r"^def (test_\w+)", (ROOT / "tests/notebooks/test_notebooks.py").read_text(), re.M)
    assert all(any(part in name for name in tests) for part in chosen)
