"""`maskedit doctor`: what it finds, and that each lack comes with the command that mends it."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from maskedit_helpers import machine
from maskedit_helpers.cli import doctor
from maskedit_helpers.cli.app import app
from maskedit_helpers.devices import GB
from maskedit_helpers.kit import weights


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path, pocket):
    monkeypatch.delenv("MASKEDIT_SIZE", raising=False)
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))


def with_gpu(monkeypatch, memory):
    """A CUDA GPU of so many GB, as the doctor and the choice see it."""
    for module in (doctor, machine, weights):
        monkeypatch.setattr(module, "pick_device", lambda: "cuda")
        monkeypatch.setattr(module, "total_memory", lambda device: memory * GB)
    monkeypatch.setattr(machine, "free_memory", lambda device: memory * GB / 2)
    monkeypatch.setattr(machine, "number_format", lambda device: "torch.float16")
    monkeypatch.setattr("torch.cuda.get_device_name", lambda index: "Tesla T4")


def test_json_and_text_say_the_same():
    answer = CliRunner().invoke(app, ["doctor", "--json"])
    found = json.loads(answer.stdout)
    assert answer.exit_code == 0 and found["packages"]["torch"] and found["pocket"] is True
    assert found["auto"]["size"] == "pocket" and set(found["weights"].values()) <= {"here", "missing"}
    assert found["disk_free_gb"] > 0 and "sam_vit_h" in found["weights"] and "full" not in found["weights"]
    text = CliRunner().invoke(app, ["doctor"]).stdout
    assert found["auto"]["why"] in text and f"torch {found['packages']['torch']}" in text


def test_a_gpu_without_weights_is_told_the_command(monkeypatch):
    with_gpu(monkeypatch, 16)
    monkeypatch.setattr(doctor.fetch, "missing", lambda names: ["sam_vit_h", "clip_vit_b_32"])
    found = doctor.examine()
    assert found["device"] == {"name": "cuda (Tesla T4)", "dtype": "float16", "free_gb": 8.0, "total_gb": 16.0}
    assert any("`maskedit fetch sam_vit_h clip_vit_b_32`" in what for what in found["todo"])
    assert "to do: sam_vit_h" in doctor.report(found)


def test_too_small_a_gpu_is_not_sent_to_download(monkeypatch):
    with_gpu(monkeypatch, 2)
    assert not doctor.examine()["todo"] and "the GPU has 2 GB" in doctor.report(doctor.examine())


def test_missing_packages_and_pocket_models(monkeypatch, tmp_path):
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path / "not" / "here"))
    monkeypatch.setattr(doctor, "version", lambda name: None if name == "torch" else "1.0")
    found = doctor.examine()
    assert found["packages"]["torch"] is None and found["device"] is None
    assert any("make venv" in what for what in found["todo"])
    assert any("make pocket" in what for what in found["todo"])
    assert "torch is missing" in doctor.report(found)


def test_examining_downloads_nothing(monkeypatch):
    import socket

    def no_network(*args):
        raise AssertionError("looked on the network")

    monkeypatch.setattr(socket.socket, "connect", no_network)
    with_gpu(monkeypatch, 16)
    assert doctor.examine()["weights"]


def test_pockets_models_are_tried_too_only_when_asked(monkeypatch, pocket):
    plain = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
    tried = json.loads(CliRunner().invoke(app, ["doctor", "--try", "--json"]).stdout)
    assert "tried" not in plain and set(tried) == {*plain, "tried"}
    here = {row["part"]: row for row in tried["tried"] if row["part"].startswith("pocket")}
    assert set(here) == {"pocket sam", "pocket editor", "pocket clip"} and all(row["works"] for row in here.values())


def test_broken_pocket_weights_are_named_and_the_rest_is_tried(monkeypatch, pocket, tmp_path):
    shutil.copytree(pocket / "models", tmp_path / "models")
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    broken = tmp_path / "models/pocket/sam/model.safetensors"
    broken.write_bytes(b"no weights")
    result = CliRunner().invoke(app, ["doctor", "--try"])
    assert result.exit_code == 2 and f"pocket sam does not work: {broken.parent} could not be loaded" in result.stdout
    assert "pocket clip works on" in result.stdout


def test_nothing_to_try(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path / "not" / "here"))
    result = CliRunner().invoke(app, ["doctor", "--try"])
    assert result.exit_code == 0 and "there is no model here to try" in result.stdout
