"""`maskedit fetch english`: a wheel of that name from a small server, which pip installs into a folder of its own."""

import importlib.util
import sys
import zipfile
from importlib import metadata

import hub
import pytest
from hub import Hub, sha256
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.downloads import checkpoints, wheels
from maskedit_helpers.downloads.wheels import ENGLISH, Wheel

FILE, FOLDER = "en_core_web_sm-3.8.0-py3-none-any.whl", "en_core_web_sm-3.8.0"


def wheel_of(path):
    """The smallest package that pip takes for the model."""
    info = "en_core_web_sm-3.8.0.dist-info"
    files = {"en_core_web_sm/__init__.py": "answer = 42\n",
             f"{info}/METADATA": "Metadata-Version: 2.1\nName: en_core_web_sm\nVersion: 3.8.0\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: by hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
    return path.read_bytes()


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A host that has the wheel, and a place of its own for what pip installs."""
    data = wheel_of(tmp_path / FILE)
    monkeypatch.setattr(hub, "HEAVY", (".whl",))
    monkeypatch.setattr(wheels, "TIMEOUT", 0.5)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setitem(checkpoints.ASSETS, "english", Wheel("3.8.0", len(data), sha256(data), "3.8"))
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "packages"))
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with Hub({f"{FOLDER}/{FILE}": data}) as running:
        monkeypatch.setenv("MASKEDIT_WHEELS", running.url)
        yield running
    sys.modules.pop("en_core_web_sm", None)
    sys.path_importer_cache.pop(str(tmp_path / "packages"), None)


def run():
    return CliRunner().invoke(app, ["fetch", "english"])


def assert_fails(result, *says):
    assert result.exit_code == 2 and result.stdout == "" and not isinstance(result.exception, AssertionError)
    last = result.stderr.splitlines()[-1]
    assert last.startswith("maskedit: english: ") and all(one in last for one in says), result.stderr


def test_it_comes_and_can_be_imported(server, tmp_path):
    size = checkpoints.ASSETS["english"].size
    result = run()
    assert result.exit_code == 0, result.stderr
    first, second = result.stderr.splitlines()[:2]
    assert first.startswith(f"downloading {size / 1e6:.0f} MB: english") and second == f"installing {FILE} with pip"
    assert result.stdout == f"{tmp_path / 'packages' / 'en_core_web_sm'}: here, and whole\n"
    assert importlib.import_module("en_core_web_sm").answer == 42
    asked = len(server.requests)
    assert run().exit_code == 0 and len(server.requests) == asked  # what is here is not fetched again


@pytest.mark.parametrize("mood, says", [("404", "answered 404"), ("page", "sent another file"),
                                        ("flipped", "sent another file"), ("unsized", "cut off"),
                                        ("stalled", "stalled")])
def test_what_fails_installs_nothing_and_the_next_try_is_clean(server, tmp_path, mood, says):
    server.moods = [mood]
    assert_fails(run(), says, "MASKEDIT_WHEELS")
    assert importlib.util.find_spec("en_core_web_sm") is None and not (tmp_path / "packages").exists()
    server.moods = ["whole"]
    assert run().exit_code == 0


def test_without_spacy_nothing_is_downloaded(server, monkeypatch):
    def version(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert_fails(run(), "spaCy, which is not installed", "make venv", "pip install 'spacy==3.8.*'")
    assert not server.requests


@pytest.mark.parametrize("here", ["3.7.5", "3.80.1", "4.0.0"])
def test_a_spacy_that_the_model_is_not_for(server, monkeypatch, here):
    monkeypatch.setattr(metadata, "version", lambda name: here)
    assert_fails(run(), f"for spaCy 3.8, and {here} is installed", "python -m spacy download en_core_web_sm")
    assert not server.requests


def test_without_pip(server, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pip" else find(name))
    assert_fails(run(), "python -m ensurepip")
    assert not server.requests


def test_offline(server, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert_fails(run(), "forbids downloads", f"install {FILE}")
    assert not server.requests


def test_what_pip_says_is_passed_on(server, monkeypatch, tmp_path):
    (tmp_path / "packages").write_text("a file where pip needs a folder")
    assert_fails(run(), f"pip could not install {FILE}")


def test_the_published_wheel(monkeypatch):
    monkeypatch.delenv("MASKEDIT_WHEELS", raising=False)
    assert ENGLISH.address == f"https://github.com/explosion/spacy-models/releases/download/{FOLDER}/{FILE}"
    assert metadata.version("spacy").startswith(ENGLISH.needs + ".") and len(ENGLISH.sha256) == 64
