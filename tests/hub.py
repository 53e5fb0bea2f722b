"""A small server in place of the hosts of the real checkpoints: Meta's, and the Hugging Face hub.

Of the hub it speaks what `snapshot_download` asks: a repository's revision, its list of files, each file's HEAD
and GET, all of them at the revision that is asked for. It can be told to behave as badly as real ones do.
"""

import hashlib
import json
import socket
import struct
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "c0ffee" * 6 + "c0de"
LATER = "decaf" * 8
HEAVY = (".pth", ".safetensors")  # large files, which the hub keeps in git-lfs


class Hub:
    """Serve `files` ({"name.pth": bytes}, at `url`/name.pth) and `repos` ({"owner/name": {"path": bytes}}).

    `repos` is what lies at COMMIT, which is also "main". `main` holds repositories of the same form that have gone on
    to the commit LATER, which is their "main" from then on.

    moods: what happens to the next requests, one each; the last one stays. "404" and "503" strike every request,
    the others only the bodies of heavy files:
    whole; truncated: half of what the header says, at each try; unsized: the same, with no length in the header;
    flipped: one bit; page: a web page, status 200; cut: the connection breaks after half of it; stalled: no byte;
    rangeless: whole, from the beginning whatever part is asked for.

    `ranges`: what part of a heavy file each request asked for, as its header says it, None for all.
    """

    def __init__(self, files=None, repos=None):
        self.files, self.repos = files or {}, repos or {}
        self.main = {}
        self.moods, self.requests, self.tokens, self.ranges = ["whole"], [], [], []
        self.closing, self.lock = threading.Event(), threading.Lock()

    def __enter__(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": self}))
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()

    def mood(self):
        with self.lock:
            return self.moods.pop(0) if len(self.moods) > 1 else self.moods[0]


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        path = self.path.split("?")[0].lstrip("/")
        heavy = path.endswith(HEAVY) and self.command == "GET"
        strikes = heavy or self.hub.moods[0] in ("404", "503")
        self.hub.requests.append((self.command, path))
        self.hub.tokens += filter(None, [self.headers["Authorization"]])
        self.hub.ranges += [self.headers["Range"]] * heavy
        mood = self.hub.mood() if strikes else "whole"
        body, commit = self.find(path)
        if mood in ("404", "503") or body is None:
            return self.answer(int(mood) if mood != "whole" else 404, b"<html>an error page</html>")
        if mood == "page":
            return self.answer(200, b"<!DOCTYPE html><html>Please log in to this network</html>")
        start = 0 if mood == "rangeless" else int((self.headers["Range"] or "bytes=0-")[6:].split("-")[0])
        half = len(body) // 2
        if mood == "flipped":
            body = body[:half] + bytes([body[half] ^ 1]) + body[half + 1:]
        headers = {"Content-Length": str(len(body) - start), "X-Repo-Commit": commit, "ETag": f'"{git_hash(body)}"'}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        if path.endswith(HEAVY):
            headers["X-Linked-Etag"], headers["X-Linked-Size"] = f'"{sha256(body)}"', str(len(body))
        if mood == "unsized":
            del headers["Content-Length"]
        end = {"truncated": half, "unsized": half, "cut": half, "stalled": start}.get(mood, len(body))
        self.answer(206 if start else 200, body[start:end], headers)
        if mood == "stalled":
            self.wfile.flush()
            self.hub.closing.wait(5)
        if mood == "cut":  # a reset, not a polite end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def find(self, path):
        """The answer's body and the commit that it is of; (None, None) where there is none."""
        if path in self.hub.files:
            return self.hub.files[path], COMMIT
        for repo in self.hub.repos:
            for start in (f"{repo}/resolve/", f"api/models/{repo}/revision/", f"api/models/{repo}/tree/"):
                if path.startswith(start):
                    revision, _, file = path.removeprefix(start).partition("/")
                    return self.of_repository(repo, start, revision, file)
        return None, None

    def of_repository(self, repo, start, revision, file):
        later = repo in self.hub.main
        commit = {"main": LATER if later else COMMIT, COMMIT: COMMIT, LATER: LATER if later else None}.get(revision)
        if commit is None:
            return None, None
        files = (self.hub.main if commit == LATER else self.hub.repos)[repo]
        if start.endswith("/resolve/"):
            return files.get(file), commit
        if start.endswith("/revision/"):
            listed = {"id": repo, "sha": commit, "siblings": [{"rfilename": name} for name in files]}
        else:
            listed = [entry(name, data) for name, data in files.items()]
        return json.dumps(listed).encode(), commit

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)


def let_stand_in(monkeypatch, *names):
    """Take these repositories from a Hub's COMMIT, and any weights for theirs: stand-ins have other hashes."""
    from maskedit_helpers.downloads.checkpoints import ASSETS

    for name in names:
        monkeypatch.setitem(ASSETS, name, replace(ASSETS[name], revision=COMMIT, sha256={}))


def entry(file, data):
    """A line of a repository's list of files."""
    lfs = {"lfs": {"oid": sha256(data), "size": len(data), "pointerSize": 130}} if file.endswith(HEAVY) else {}
    return {"type": "file", "path": file, "size": len(data), "oid": git_hash(data), **lfs}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def git_hash(data):
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
