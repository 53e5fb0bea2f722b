"""Fetching the published checkpoints: every way in which it fails ends in one line, and a second try begins clean.

The hosts are stood in for by a small server (tests/hub.py), the checkpoints by a few random bytes.
"""

import errno
import hashlib
import json
import os
import random
import re
import shutil
import socket
import time
from collections import namedtuple

import huggingface_hub
import pytest
from hub import COMMIT, LATER, Hub, git_hash, sha256
from huggingface_hub import constants
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.downloads import checkpoints, fetch
from maskedit_helpers.errors import KitError

WEIGHTS = random.Random(0).randbytes(200_000)
SAM, CLIP = "sam_vit_b", "clip_vit_b_32"
FILE, REPO, HEAVY = "sam_vit_b_01ec64.pth", "laion/tiny-clip", "sub/open_clip_model.safetensors"
FILES = {"open_clip_config.json": b'{"model_cfg": {}}', HEAVY: WEIGHTS, "open_clip_pytorch_model.bin": b"a duplicate"}
Place = namedtuple("Place", "hub home cache waits")


@pytest.fixture
def place(monkeypatch, tmp_path):
    """An empty machine, a healthy server, and a clock that lets nobody wait."""
    home, cache, waits = tmp_path / "home", tmp_path / "cache", []
    monkeypatch.setitem(checkpoints.ASSETS, SAM, checkpoints.Checkpoint(FILE, len(WEIGHTS), sha256(WEIGHTS)))
    monkeypatch.setitem(checkpoints.ASSETS, CLIP, checkpoints.Repository(
        REPO, len(WEIGHTS), ("open_clip_config.json", HEAVY), ("notes.json",), COMMIT, {HEAVY: sha256(WEIGHTS)}))
    monkeypatch.setitem(checkpoints.SETS, "full", (SAM, CLIP))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.2)
    monkeypatch.setattr(checkpoints, "TIMEOUT", 0.2)
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(socket.socket, "connect", only_here(socket.socket.connect))
    for name in ("HF_HUB_OFFLINE", "HF_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_TOKEN", "hf_nobody_needs_to_see_this")
    monkeypatch.setenv("MASKEDIT_HOME", str(home))
    with Hub({f"segment_anything/{FILE}": WEIGHTS}, {REPO: FILES}) as hub:
        go_to(monkeypatch, hub.url)
        yield Place(hub, home / "models" / "full", cache, waits)


def only_here(connect):
    def checked(self, address):
        assert address[0] in ("127.0.0.1", "localhost"), f"a test went out to {address}"
        return connect(self, address)

    return checked


def go_to(monkeypatch, url):
    monkeypatch.setenv("MASKEDIT_MIRROR", f"{url}/segment_anything/")
    monkeypatch.setenv("HF_ENDPOINT", f"{url}/")


def run(*names):
    return CliRunner().invoke(app, ["fetch", *names])


def lying(place):
    """All files of any size that came of it, but for the cache's own notes."""
    files = [path for folder in (place.home, place.cache) for path in folder.rglob("*") if path.is_file()]
    return {path.name for path in files if path.read_bytes() and path.stat().st_size >= 1000}


def blob(place, data=WEIGHTS):
    return place.cache / "models--laion--tiny-clip" / "blobs" / (sha256(data) if data is WEIGHTS else git_hash(data))


def assert_fails(result, name, says):
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    last = result.stderr.splitlines()[-1]
    assert last.startswith(f"maskedit: {name}") and says in last, result.stderr


def assert_comes(place, *names):
    """Another try gets it, whole."""
    result = run(*names)
    assert result.exit_code == 0, result.stderr
    assert [fetch.have(name) for name in names] == [True] * len(names)
    for name in names:
        path = fetch.find(name)
        assert (path if name == SAM else path / HEAVY).read_bytes() == WEIGHTS
    return result


BOTH = pytest.mark.parametrize("name", [SAM, CLIP])
FAILURES = [  # what the server does, what the line says of SAM's file, of the hub's, and what was then set aside
    ("truncated", "the answer was cut off", "the answer was cut off", False),
    ("unsized", "the answer was cut off", "the answer was cut off", False),
    ("flipped", f"sent another file, not {FILE}", "sent another file, not open_clip_model.safetensors", True),
    ("page", "sent a web page, perhaps the log-in page", "the answer was cut off", "sam only"),
    ("404", "the server answered 404", "the server answered 404", False),
    ("503", "the server answered 503", "the server answered 503", False),
    ("stalled", "the server stalled", "the server stalled", False),
]


@BOTH
@pytest.mark.parametrize("mood, of_sam, of_clip, aside", FAILURES, ids=[failure[0] for failure in FAILURES])
def test_a_bad_server_is_named_and_leaves_nothing_wrong(place, monkeypatch, name, mood, of_sam, of_clip, aside):
    monkeypatch.setattr(fetch, "TRIES", 2)
    place.hub.moods = [mood]
    result = run(name)
    assert_fails(result, name, of_sam if name == SAM else of_clip)
    assert place.hub.url in result.stderr and not fetch.have(name)
    wrong = f"{FILE if name == SAM else sha256(WEIGHTS)}.wrong"
    assert (f"set aside as {place.home / wrong if name == SAM else blob(place).with_name(wrong)}" in result.stderr
            ) == (aside is True or aside == "sam only" and name == SAM)
    broken = {f".{FILE}.part"} if name == SAM and mood in ("truncated", "unsized") else set()
    assert lying(place) <= {wrong, *broken}
    assert ("trying again" in result.stderr) == (mood in ("truncated", "unsized", "503", "stalled") or
                                                 (mood, name) == ("page", CLIP))
    place.hub.moods = ["whole"]
    assert_comes(place, name)


@BOTH
@pytest.mark.parametrize("moods", [("503", "503", "whole"), ("cut", "whole"), ("stalled", "whole")], ids="-".join)
def test_a_server_that_recovers_is_waited_for(place, name, moods):
    place.hub.moods = list(moods)
    assert_comes(place, name)
    assert place.waits and not any(file.endswith((".wrong", ".part", ".incomplete")) for file in lying(place))


def test_the_waits_grow(place):
    place.hub.moods = ["503"]
    assert_fails(run(SAM), SAM, "503")
    assert place.waits == [5, 10, 20]


@BOTH
def test_no_network(place, monkeypatch, name):
    with socket.socket() as closed:  # bound, but nobody listens
        closed.bind(("127.0.0.1", 0))
        with monkeypatch.context() as patch:
            go_to(patch, f"http://127.0.0.1:{closed.getsockname()[1]}")
            result = run(name)
    assert_fails(result, name, "no connection")
    by_hand = f"put {FILE}" if name == SAM else "copy models--laion--tiny-clip"
    assert by_hand in result.stderr and str(place.home if name == SAM else place.cache) in result.stderr
    assert not fetch.have(name) and not lying(place)
    assert_comes(place, name)


@BOTH
def test_too_little_room_is_refused_before_the_first_byte(place, monkeypatch, name):
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))
        result = run(name)
    assert_fails(result, name, "0 MB to download, but only 0 MB free in")
    assert ("MASKEDIT_HOME" if name == SAM else "HF_HOME") in result.stderr
    assert not place.hub.requests and not lying(place)
    assert_comes(place, name)


@BOTH
def test_a_disk_that_fills_up(place, monkeypatch, name):
    def full(*words, **options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if name == SAM:
            patch.setattr(os, "fsync", full)  # all is written by then
        else:
            patch.setattr(huggingface_hub.file_download, "http_get", full)
        result = run(name)
    assert_fails(result, name, "(the disk is full); free some room, or set")
    assert not lying(place) and not place.waits
    assert_comes(place, name)


def test_a_folder_that_cannot_be_made(place):
    place.home.parents[1].mkdir()
    place.home.parent.write_text("a file where the folder should be")
    assert_fails(run(SAM), SAM, f"{place.home} can't be written to")
    place.home.parent.unlink()
    assert_comes(place, SAM)


@BOTH
def test_what_is_here_is_not_asked_for_again(place, monkeypatch, name):
    assert_comes(place, name)
    place.hub.requests.clear()
    monkeypatch.setattr(hashlib, "file_digest", lambda *words: pytest.fail("hashed again"))
    result = assert_comes(place, name)
    assert result.stderr == "" and not place.hub.requests
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert_comes(place, name)


@pytest.mark.parametrize("note", ["", "not JSON", "[1]"])
def test_a_right_file_put_there_by_hand_counts_once_it_is_hashed(place, note):
    place.home.mkdir(parents=True)
    (place.home / FILE).write_bytes(WEIGHTS)
    (place.home / "verified.json").write_text(note)
    assert fetch.have(SAM) and run(SAM).exit_code == 0 and not place.hub.requests
    assert list(json.loads((place.home / "verified.json").read_text())) == [sha256(WEIGHTS)]


WRONG = {"shorter": WEIGHTS[:-1], "flipped": b"\0" + WEIGHTS[1:], "page": b"<html>404</html>", "empty": b""}


@BOTH
@pytest.mark.parametrize("data", WRONG.values(), ids=WRONG)
def test_a_wrong_file_already_there_is_set_aside(place, monkeypatch, name, data):
    assert_comes(place, name)
    path = place.home / FILE if name == SAM else blob(place)
    path.write_bytes(data)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not fetch.have(name) and path.exists()  # looking changes nothing
    result = run(name)
    link = path if name == SAM else place.cache / "models--laion--tiny-clip" / "snapshots" / COMMIT / HEAVY
    assert_fails(result, name, f"{link} is not what it should be (size or hash), and HF_HUB_OFFLINE forbids downloads")
    assert path.read_bytes() == data  # nor does a try that can't come to anything
    monkeypatch.delenv("HF_HUB_OFFLINE")
    wrong = path.with_name(f"{path.name}.wrong")
    assert f"set aside as {wrong}" in assert_comes(place, name).stderr and wrong.read_bytes() == data


def test_what_was_set_aside_is_not_overwritten(place):
    for data in (b"mine", b"mine too"):
        place.home.mkdir(parents=True, exist_ok=True)
        (place.home / FILE).write_bytes(data)
        assert_comes(place, SAM)
    assert [(place.home / f"{FILE}.wrong{number}").read_bytes() for number in ("", "2")] == [b"mine", b"mine too"]


@pytest.fixture
def mine(tmp_path):
    """Somebody's own file, elsewhere."""
    path = tmp_path / "mine" / "my_own_sam.pth"
    path.parent.mkdir()
    path.write_bytes(b"weights of my own, trained for a month")
    yield path
    assert path.read_bytes() == b"weights of my own, trained for a month" and list(path.parent.iterdir()) == [path]


def linked(place, name, mine):
    """Put a link to that file where the weights of `name` should lie, as people do to save room."""
    if name == CLIP:
        assert_comes(place, CLIP)
        blob(place).unlink()
    place.home.mkdir(parents=True, exist_ok=True)
    link = place.home / FILE if name == SAM else blob(place)
    link.symlink_to(mine)
    return link


@BOTH
def test_a_link_to_somebodys_own_file_is_set_aside_itself(place, mine, name):
    link = linked(place, name, mine)
    result = assert_comes(place, name)
    wrong = link.with_name(f"{link.name}.wrong")
    assert wrong.is_symlink() and wrong.readlink() == mine and not link.is_symlink()
    assert f"leads to {mine}" in result.stderr and f"the link is set aside as {wrong}" in result.stderr


def test_a_cached_link_out_of_the_cache_is_set_aside_itself(place, mine):
    assert_comes(place, CLIP)
    link = fetch.find(CLIP) / HEAVY
    link.unlink()
    link.symlink_to(mine)
    assert_comes(place, CLIP)
    assert link.with_name(f"{link.name}.wrong").readlink() == mine


@BOTH
@pytest.mark.parametrize("lack", ["leave", "room", "address"])
def test_nothing_is_touched_before_a_download_may_begin(place, monkeypatch, mine, name, lack):
    link = linked(place, name, mine)
    if lack == "leave":
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    elif lack == "room":
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 10**9, 1000))
    else:
        monkeypatch.setenv("MASKEDIT_MIRROR" if name == SAM else "HF_ENDPOINT", "mirror.example")
    assert_fails(run(name), name, {"leave": "HF_HUB_OFFLINE forbids", "room": "0 MB to download",
                                   "address": "is no address"}[lack])
    assert link.is_symlink() and link.readlink() == mine


def test_a_dead_link_is_set_aside(place, tmp_path):
    place.home.mkdir(parents=True)
    (place.home / FILE).symlink_to(tmp_path / "unmounted" / FILE)
    assert_comes(place, SAM)
    assert (place.home / f"{FILE}.wrong").is_symlink()


def test_a_cache_on_another_disk_is_the_cache_still(place, tmp_path):
    """Its repository's folder is a link, to which the hub's own links are blind."""
    assert_comes(place, CLIP)
    own, roomy = place.cache / "models--laion--tiny-clip", tmp_path / "roomy"
    own.rename(roomy)
    own.symlink_to(roomy)
    blob(place).write_bytes(b"wrong")
    assert_comes(place, CLIP)
    assert blob(place).with_name(f"{sha256(WEIGHTS)}.wrong").read_bytes() == b"wrong"


def test_the_pinned_commit_comes_whatever_main_is_by_now(place):
    place.hub.main = {REPO: {**FILES, HEAVY: b"other weights" * 1000}}
    assert_comes(place, CLIP)
    assert fetch.find(CLIP).name == COMMIT
    asked = {part for _, path in place.hub.requests for part in path.split("/")}
    assert COMMIT in asked and not {"main", LATER} & asked


def test_a_commit_that_the_hub_lacks(place, monkeypatch):
    gone = checkpoints.Repository(REPO, 10, ("open_clip_config.json",), (), "0" * 40)
    monkeypatch.setitem(checkpoints.ASSETS, CLIP, gone)
    assert_fails(run(CLIP), CLIP, "the server answered 404")


def test_a_mirror_that_calls_other_weights_by_the_same_name(place):
    """It gives them a hash that is true of them, which the cache can't tell from right."""
    place.hub.repos = {REPO: {**FILES, HEAVY: WEIGHTS[::-1]}}
    result = run(CLIP)
    assert_fails(result, CLIP, "sent another file, not open_clip_model.safetensors")
    assert not fetch.have(CLIP)
    place.hub.repos = {REPO: FILES}
    assert_comes(place, CLIP)


def test_every_repository_is_pinned():
    """At a commit; weights are held against hashes known beforehand too. But InstructPix2Pix's hashes are published
    nowhere, of DINO's no commit either."""
    unknown = {"dino_vit_b_8", "dino_vit_s_16"}
    for name, asset in checkpoints.ASSETS.items():
        if isinstance(asset, checkpoints.Repository):
            assert re.fullmatch("[0-9a-f]{40}", asset.revision) or name in unknown and asset.revision == "main"
            heavy = {file for file in asset.files if file.endswith(".safetensors")}
            assert set(asset.sha256) == (set() if name in {"instruct_pix2pix", *unknown} else heavy)
            assert all(re.fullmatch("[0-9a-f]{64}", number) for number in asset.sha256.values())


def test_a_wrong_config_of_a_repository_is_noticed_too(place):
    assert_comes(place, CLIP)
    blob(place, FILES["open_clip_config.json"]).write_bytes(b"{}")
    assert not fetch.have(CLIP)
    assert_comes(place, CLIP)


def test_half_a_repository_is_not_here(place):
    assert_comes(place, CLIP)
    (fetch.find(CLIP) / HEAVY).unlink()
    blob(place).unlink()
    assert not fetch.have(CLIP)
    assert checkpoints.ASSETS[CLIP].left == len(WEIGHTS) - len(FILES["open_clip_config.json"])
    assert_comes(place, CLIP)


def test_files_that_repositories_share_in_the_cache(place):
    """The newer hub keeps them in one place for all repositories, under a hash of its own kind."""
    assert_comes(place, CLIP)
    shared = place.cache / "blobs" / "ab" / ("ab" * 32)
    shared.parent.mkdir(parents=True)
    blob(place).rename(shared)
    blob(place).symlink_to(os.path.relpath(shared, blob(place).parent))
    assert fetch.have(CLIP)
    shared.write_bytes(WRONG["flipped"])
    assert not fetch.have(CLIP)
    assert f"set aside as {shared}.wrong" in assert_comes(place, CLIP).stderr


def test_a_file_that_the_repository_lacks_is_named(place):
    place.hub.repos = {REPO: {"open_clip_config.json": FILES["open_clip_config.json"]}}
    assert_fails(run(CLIP), CLIP, f"did not send {HEAVY}")
    assert not fetch.have(CLIP) and not lying(place)


def test_only_what_is_needed_comes_and_no_token_goes(place):
    assert_comes(place, CLIP)
    folder = fetch.find(CLIP)
    assert folder.name == COMMIT
    assert {path.name for path in folder.rglob("*.*")} == {"open_clip_config.json", "open_clip_model.safetensors"}
    assert not place.hub.tokens


def test_a_set_says_first_how_much_and_where_to(place):
    result = run("full", SAM)
    assert result.exit_code == 0 and fetch.have("full") and fetch.missing(["full"]) == []
    assert result.stderr == (f"downloading 0 MB: {SAM} (0 MB) to {place.home}, {CLIP} (0 MB) to {place.cache}\n")
    assert result.stdout.splitlines() == [f"{fetch.find(name)}: here, and whole" for name in (SAM, CLIP)]
    answer = json.loads(run("full", "--json").stdout)
    assert answer == {"paths": [str(place.home / FILE), str(fetch.find(CLIP))]}
    assert fetch.fetch(["full"]) == [fetch.find(SAM), fetch.find(CLIP)]


def test_progress_bars_only_when_asked_for(place, capsys):
    fetch.fetch([SAM, CLIP], progress=True)
    assert f"{FILE}: 100%" in capsys.readouterr().err
    assert not huggingface_hub.utils.are_progress_bars_disabled()


@pytest.mark.parametrize("names, says", [((), "nothing is named"), (("sam",), "'sam' is unknown"),
                                         ((SAM, "all"), "'all' is unknown")])
def test_unknown_names_list_the_known(place, names, says):
    result = run(*names)
    assert_fails(result, says.split()[0], says)
    assert result.stderr.count("\n") == 1 and not place.hub.requests
    for name in fetch.NAMES:
        assert f"{name} (" in result.stderr
    with pytest.raises(KitError, match="unknown"):
        fetch.have("sam")


def test_looking_asks_nobody(place):
    assert not any(map(fetch.have, fetch.NAMES)) and fetch.missing(["full"]) == [SAM, CLIP]
    assert fetch.find(SAM) is None and not place.hub.requests and not place.home.exists()


@pytest.mark.parametrize("switch", ["1", "true", "ON"])
@BOTH
def test_offline_says_which_file_to_put_where(place, monkeypatch, name, switch):
    monkeypatch.setenv("HF_HUB_OFFLINE", switch)
    result = run(name)
    assert_fails(result, name, f"put {FILE}" if name == SAM else f"into {place.cache}")
    assert result.stderr.count("\n") == 1 and not place.hub.requests
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert_comes(place, name)


def test_offline_switch_that_was_on_when_python_started(place, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert_fails(run(CLIP), CLIP, "start Python again")


@pytest.mark.parametrize("name, variable", [(SAM, "MASKEDIT_MIRROR"), (CLIP, "HF_ENDPOINT")])
def test_a_mirror_that_is_no_address(place, monkeypatch, name, variable):
    monkeypatch.setenv(variable, "mirror.example")
    assert_fails(run(name), name, f"{variable} 'mirror.example' is no address; let it begin with https://")


def test_without_a_mirror_the_published_address_is_asked(monkeypatch):
    monkeypatch.delenv("MASKEDIT_MIRROR", raising=False)
    monkeypatch.delenv("HF_ENDPOINT", raising=False)
    assert checkpoints.ASSETS[SAM].address == f"https://dl.fbaipublicfiles.com/segment_anything/{FILE}"
    assert checkpoints.ASSETS[CLIP].address == "https://huggingface.co/laion/CLIP-ViT-B-32-laion2B-s34B-b79K"


COME = 65536  # of the half that a broken answer brings, whole chunks


def test_sams_download_goes_on_where_the_connection_broke(place):
    place.hub.moods = ["truncated", "whole"]
    assert_comes(place, SAM)
    assert place.hub.ranges == [None, f"bytes={COME}-"]


def test_another_run_goes_on_too(place, monkeypatch):
    monkeypatch.setattr(fetch, "TRIES", 1)
    place.hub.moods = ["truncated"]
    assert_fails(run(SAM), SAM, "0 MB have come, and the next try goes on from there")
    assert checkpoints.ASSETS[SAM].left == len(WEIGHTS) - COME
    place.hub.moods = ["whole"]
    assert_comes(place, SAM)
    assert place.hub.ranges == [None, f"bytes={COME}-"]
    assert not list(place.home.glob(".*part"))


def test_a_server_that_knows_no_ranges_begins_anew(place):
    place.hub.moods = ["truncated", "rangeless"]
    assert_comes(place, SAM)
    assert place.hub.ranges == [None, f"bytes={COME}-"]


@pytest.mark.parametrize("part, asked", [
    (b"of another file", ["bytes=15-", None]), (WEIGHTS[:-1] + b"?", [None]), (WEIGHTS + b"more", [None]),
    (WEIGHTS, [])], ids=["wrong", "wrong and complete", "too long", "complete"])
def test_what_was_left_is_held_against_the_hash(place, part, asked):
    place.home.mkdir(parents=True)
    (place.home / f".{FILE}.part").write_bytes(part)
    assert_comes(place, SAM)
    assert place.hub.ranges == asked and {path.name for path in place.home.iterdir()} == {FILE, "verified.json"}


def test_parts_of_killed_runs_are_taken_over_and_those_of_living_ones_stay(place):
    place.home.mkdir(parents=True)
    dead, shorter, living = (place.home / f".{FILE}.{number}.part" for number in (1, 2, 3))
    for part, size in ((dead, 1000), (shorter, 10), (living, 2000)):
        part.write_bytes(WEIGHTS[:size])
    for part in (dead, shorter):
        os.utime(part, (0, 0))
    assert_comes(place, SAM)
    assert place.hub.ranges == ["bytes=1000-"]
    assert not dead.exists() and not shorter.exists() and living.read_bytes() == WEIGHTS[:2000]


def test_from_the_hub_come_safetensors_only():
    for asset in checkpoints.ASSETS.values():
        files = asset.files + asset.also if isinstance(asset, checkpoints.Repository) else ()
        assert all(file.endswith((".safetensors", ".json", ".txt")) for file in files)
