"""spaCy's small English model, which is a Python package: one wheel of spaCy's own releases, and pip installs it.

It is fetched by hash and not by name: on PyPI stand others under such names. The hash of this release is the one that
the lock files of many public repositories record.
"""

import hashlib
import importlib
import importlib.util
import os
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ..errors import KitError
from ..language.english import MODEL

RELEASES = "https://github.com/explosion/spacy-models/releases/download"
TIMEOUT = 30.0  # seconds without a byte


@dataclass(frozen=True)
class Wheel:
    """One wheel, of the same face as `checkpoints.Checkpoint`. size: bytes, exact. needs: the start of spaCy's
    version.
    """

    version: str
    size: int
    sha256: str
    needs: str
    home = "PYTHONUSERBASE"  # where pip installs when it may not write to the environment
    host = "MASKEDIT_WHEELS"
    kept = 0  # bytes of a broken download: these few megabytes begin anew

    @property
    def file(self):
        return f"{MODEL}-{self.version}-py3-none-any.whl"

    @property
    def folder(self):
        return Path(sysconfig.get_path("purelib"))

    @property
    def address(self):
        from .checkpoints import _address

        return f"{_address(self.host, RELEASES)}/{MODEL}-{self.version}/{self.file}"

    @property
    def left(self):
        return self.size

    @property
    def by_hand(self):
        return f"install {self.file} ({self.address}) with pip"

    def find(self):
        importlib.invalidate_caches()
        found = importlib.util.find_spec(MODEL)
        return Path(found.origin).parent if found and found.origin else None

    def wrong(self):
        return []

    def check(self):
        """Refuse before the download what could not be used after it."""
        try:
            here = metadata.version("spacy")
        except metadata.PackageNotFoundError:
            raise KitError("english: this is a model for spaCy, which is not installed; run `make venv`, or "
                           f"`pip install 'spacy=={self.needs}.*'`, and fetch it again") from None
        if not f"{here}.".startswith(f"{self.needs}."):
            raise KitError(f"english: this model is for spaCy {self.needs}, and {here} is installed; "
                           f"`python -m spacy download {MODEL}` takes the one for it")
        if importlib.util.find_spec("pip") is None:
            raise KitError(f"english: pip installs it, and this Python has none; run `python -m ensurepip`, or "
                           f"{self.by_hand}")

    def download(self, progress):
        from pooch import HTTPDownloader
        from tqdm import tqdm

        with tempfile.TemporaryDirectory() as folder:
            wheel = Path(folder) / self.file
            bar = tqdm(total=self.size, desc=self.file, unit="B", unit_scale=True, disable=not progress)
            with open(wheel, "wb") as file, bar:
                HTTPDownloader(bar, chunk_size=1 << 18, timeout=TIMEOUT)(self.address, file, None)
            data = wheel.read_bytes()
            if hashlib.sha256(data).hexdigest() != self.sha256:
                if len(data) < self.size and not data.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
                    raise EOFError("the answer was cut off")
                raise KitError(f"{self.address} sent another file, not {self.file}; nothing was installed, try again "
                               f"or set {self.host} to another address")
            print(f"installing {self.file} with pip", file=sys.stderr)
            asked = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index",
                     "--disable-pip-version-check", wheel]
            done = subprocess.run(asked, capture_output=True, text=True, env={**os.environ, "PIP_NO_INPUT": "1"})
        if done.returncode or self.find() is None:
            says = (done.stderr.strip().splitlines() or ["it is not found afterwards"])[-1]
            raise KitError(f"pip could not install {self.file}: {says[:160]}")


ENGLISH = Wheel("3.8.0", 12_806_118, "1932429db727d4bff3deed6b34cfc05df17794f4a52eeb26cf8928f7c1a0fb85", "3.8")
