"""A small human study for tests, its server as people start it, and a visitor who speaks HTTP without being helped."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from urllib.parse import urlencode

import numpy as np
import tiny

from maskedit_helpers.studies.human.answers import Answers
from maskedit_helpers.studies.human.folder import new_study

METHODS = ("plain", "blend", "other")
PATIENCE = 60  # seconds; only a very busy machine needs them


def sources(n=4, methods=METHODS, size=(48, 64)):
    """Pictures of which no two are alike; the later a method, the worse its picture compresses."""
    M = np.zeros(size, np.float32)
    M[12:30, 20:44] = 1
    found = {}
    for k in range(n):
        x0 = tiny.picture(*size, seed=k)
        noise = np.random.default_rng(k).integers(0, 256, x0.shape, np.uint8)
        edits = {method: x0 // (j + 2) * (j + 1) + noise // (64 >> j) for j, method in enumerate(methods)}
        found[f"source-{k}"] = {"original": x0, "mask": M, "instruction": f"make it number {k}", "edits": edits}
    return found


def study(folder, n=4, seed=1, **more):
    return new_study(folder, sources(n), seed=seed, **more)


def token(made, number=0):
    """The link's word of a rater of that number, who is made, with those before, if need be."""
    answers = Answers(made)
    while len(answers.raters()) <= number:
        answers.add_rater()
    return answers.token(number)


def kept(made, columns="rater, item, showing, question, answer"):
    """What the file says, asked without the kit."""
    base = sqlite3.connect(made.folder / "answers.sqlite3")
    try:
        return base.execute(f"SELECT {columns} FROM answer").fetchall()
    finally:
        base.close()


class Serving:
    """`maskedit study serve` on a port of its own."""

    def __init__(self, *studies, words=()):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._command = [sys.executable, "-m", "maskedit_helpers", "study", "serve",
                         *(str(one.folder) for one in studies), "--port", str(self.port), *words]
        self._process, self.told = None, ""
        self.start()

    def start(self):
        env = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(self._command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            try:
                self.ask("GET", "/rate.css")
                return
            except OSError:
                time.sleep(0.02)
        self._process.kill()
        raise RuntimeError(f"the server did not start:\n{self._process.communicate()[0].decode()}")

    def kill(self):
        """As a power cut does it."""
        os.kill(self._process.pid, signal.SIGKILL)
        self.told += self._process.communicate()[0].decode()

    def close(self):
        """As Ctrl-C does it; all that it printed."""
        self._process.send_signal(signal.SIGINT)
        try:
            self.told += self._process.communicate(timeout=PATIENCE)[0].decode()
        finally:
            self._process.kill()
        return self.told

    def ask(self, method, path, form=None, headers=(), body=None):
        """(status, headers, body) of one request; the path goes out as it stands."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            headers = dict(headers)
            if form is not None:
                body = urlencode(form)
            if body is not None:
                headers.setdefault("Content-Type", "application/x-www-form-urlencoded")
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


def text(body):
    """A page's words without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body.decode()))


def told(folder):
    return json.loads((folder / "study.json").read_text())
