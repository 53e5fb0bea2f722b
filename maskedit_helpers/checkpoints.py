"""The published checkpoints: what there is, where it comes from, where it lies, and whether it is whole.

SAM's checkpoints come from Meta's host (through pooch) into models/full; InstructPix2Pix, CLIP and GroundingDINO are
repositories on the Hugging Face hub and lie in its cache, where any other program finds them too. A file counts as
here when its size and hash are right, not before: half downloads and flipped bits have been loaded without a word.
"""

import hashlib
import json
import os
import re
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import KitError
from .places import models_folder
from .wheels import ENGLISH

SAM_HOST = "https://dl.fbaipublicfiles.com/segment_anything"
HUB = "https://huggingface.co"
TIMEOUT = 30.0  # seconds without a byte after which Meta's host counts as stalled; the hub has its own
STALE = 86400.0  # seconds after which a part of a download that nobody goes on with may go


@dataclass(frozen=True)
class Checkpoint:
    """One file on Meta's host. size: bytes, exact."""

    file: str
    size: int
    sha256: str
    home = "MASKEDIT_HOME"  # the variable that says where it is kept
    host = "MASKEDIT_MIRROR"  # the variable that says where it comes from

    @property
    def folder(self):
        return models_folder() / "full"

    @property
    def address(self):
        return f"{_address(self.host, SAM_HOST)}/{self.file}"

    @property
    def left(self):
        """Bytes still to come."""
        return self.size

    @property
    def by_hand(self):
        return f"put {self.file} ({amount(self.size)}, {self.address}) into {self.folder}"

    def find(self):
        path = self.folder / self.file
        return path if _whole(path, self.sha256, self.size) else None

    def wrong(self):
        path = self.folder / self.file
        return [path] if path.is_file() and not self.find() else []

    def download(self, progress):
        from pooch import HTTPDownloader
        from tqdm import tqdm

        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob(f".{self.file}.*.part"):  # of a run that was killed: gigabytes nobody sees
            if time.time() - old.stat().st_mtime > STALE:
                old.unlink()
        path, part = self.folder / self.file, self.folder / f".{self.file}.{os.getpid()}.part"
        try:
            bar = tqdm(total=self.size, desc=self.file, unit="B", unit_scale=True, disable=not progress)
            with open(part, "wb") as file, bar:
                HTTPDownloader(bar, chunk_size=1 << 20, timeout=TIMEOUT)(self.address, file, None)
                file.flush()
                os.fsync(file.fileno())  # a full disk may speak up only here
            with open(part, "rb") as file:
                page = file.read(512).lstrip().lower().startswith((b"<!doctype", b"<html"))
            if part.stat().st_size < self.size and not page:
                raise EOFError("the answer was cut off")  # not every server says how long its answer is
            if not _whole(part, self.sha256, self.size):  # remembers the hash by the time stamp, which stays
                os.replace(part, wrong := aside(path))
                what = "a web page, perhaps the log-in page of this network" if page else "another file"
                raise KitError(f"{self.address} sent {what}, not {self.file}; it is set aside as {wrong}, delete it "
                               f"and try again, or set {self.host} to another address")
            os.replace(part, path)
        finally:
            with suppress(OSError):
                part.unlink()


@dataclass(frozen=True)
class Repository:
    """Some files of a repository on the Hugging Face hub. size: bytes, about. also: taken where it is there."""

    repo: str
    size: int
    files: tuple
    also: tuple = ()
    home = "HF_HOME"
    host = "HF_ENDPOINT"

    @property
    def folder(self):
        from huggingface_hub import constants

        return Path(constants.HF_HUB_CACHE)

    @property
    def address(self):
        return f"{_address(self.host, HUB)}/{self.repo}"

    @property
    def left(self):
        return max(0, self.size - sum(path.stat().st_size for path in self._cached().values()))

    @property
    def by_hand(self):
        return (f"copy models--{self.repo.replace('/', '--')} ({amount(self.size)}) from the Hugging Face cache of a "
                f"machine that has it into {self.folder}")

    def find(self):
        found = self._cached()
        if not set(self.files) <= set(found) or not all(map(_as_named, found.values())):
            return None
        return found[self.files[0]].parents[self.files[0].count("/")]

    def wrong(self):
        return [path for path in self._cached().values() if not _as_named(path)]

    def download(self, progress):
        from huggingface_hub import snapshot_download

        with _hub_in_silence(progress):
            folder = Path(snapshot_download(
                self.repo, allow_patterns=[*self.files, *self.also], token=False,
                endpoint=_address(self.host, "") or None))  # by hand: the hub reads the variable once, when imported
        if lacking := [file for file in self.files if not (folder / file).is_file()]:
            raise KitError(f"{self.address} did not send {lacking[0]}; try again later, or {self.by_hand}")
        if wrong := self.wrong():
            kept = " and ".join(str(set_aside(path)) for path in wrong)
            raise KitError(f"{self.address} sent another file, not {' and '.join(path.name for path in wrong)}; it is "
                           f"set aside as {kept}, delete it and try again, or set {self.host} to another address")

    def _cached(self):
        from huggingface_hub import try_to_load_from_cache

        found = {file: try_to_load_from_cache(self.repo, file) for file in (*self.files, *self.also)}
        return {file: Path(path) for file, path in found.items() if isinstance(path, str)}


_UNET, _MODEL = "diffusion_pytorch_model.safetensors", "model.safetensors"
_OPEN_CLIP = ("open_clip_config.json", "open_clip_model.safetensors")
ASSETS = {
    "sam_vit_b": Checkpoint("sam_vit_b_01ec64.pth", 375_042_383,
                            "ec2df62732614e57411cdcf32a23ffdf28910380d03139ee0f4fcbe91eb8c912"),
    "sam_vit_l": Checkpoint("sam_vit_l_0b3195.pth", 1_249_524_607,
                            "3adcc4315b642a4d2101128f611684e8734c41232a17c648ed1693702a49a622"),
    "sam_vit_h": Checkpoint("sam_vit_h_4b8939.pth", 2_564_550_879,
                            "a7bf3b02f3ebf1267aba913ff637d9a2d5c33d3173bb679e46d9f338c26f262e"),
    # The repository holds all weights twice more, as .bin and as one 7.7 GB file, and no half-precision variant.
    "instruct_pix2pix": Repository("timbrooks/instruct-pix2pix", 5_490_000_000, (
        "model_index.json", "scheduler/scheduler_config.json", "feature_extractor/preprocessor_config.json",
        "unet/config.json", f"unet/{_UNET}", "vae/config.json", f"vae/{_UNET}",
        "text_encoder/config.json", f"text_encoder/{_MODEL}", "safety_checker/config.json", f"safety_checker/{_MODEL}",
        "tokenizer/vocab.json", "tokenizer/merges.txt", "tokenizer/tokenizer_config.json"),
        ("tokenizer/special_tokens_map.json",)),
    "clip_vit_b_32": Repository("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 606_000_000, _OPEN_CLIP),
    "clip_vit_l_14": Repository("timm/vit_large_patch14_clip_224.openai", 1_711_000_000, _OPEN_CLIP),  # OpenAI's own
    "grounding_dino_tiny": Repository("IDEA-Research/grounding-dino-tiny", 690_000_000, (
        "config.json", _MODEL, "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"),
        ("vocab.txt", "special_tokens_map.json", "added_tokens.json")),
    "english": ENGLISH,
}
SETS = {"full": ("sam_vit_h", "instruct_pix2pix", "clip_vit_b_32")}  # what me.load("full") needs
NAMES = (*ASSETS, *SETS)


def _whole(path, sha256, size=None):
    """Has the file that hash (and size)? Hashed once: 2.5 GB take seconds, so a note of the size and time of
    change that were found right, models/full/verified.json, answers from then on; whoever writes to the file
    changes its time."""
    from .images import write_file

    try:
        status = path.stat()
    except OSError:
        return False
    if size not in (None, status.st_size):
        return False
    book, stamp = models_folder() / "full" / "verified.json", [status.st_size, status.st_mtime_ns]
    try:
        notes = dict(json.loads(book.read_text()))
    except (OSError, ValueError, TypeError):
        notes = {}
    if notes.get(sha256) == stamp:
        return True
    with open(path, "rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            return False
    with suppress(OSError, KitError):  # without the note, in a folder that is read only, it is hashed again
        book.parent.mkdir(parents=True, exist_ok=True)
        write_file(book, json.dumps({**notes, sha256: stamp}, indent=1).encode(), ".json")
    return True


def _as_named(path):
    """Is a file of the hub's cache what it should be? It is a link to a file that is called by its hash, as git or
    git-lfs takes it. Where links can't be made (some Windows), the hub's own check of the size must do."""
    name = Path(os.readlink(path)).name if path.is_symlink() else ""  # one step: further links have other names
    if re.fullmatch("[0-9a-f]{64}", name):
        return _whole(path, name)
    if re.fullmatch("[0-9a-f]{40}", name):
        data = path.read_bytes()
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest() == name
    return True


def aside(path):
    return path.with_name(f"{path.name}.wrong")


def set_aside(path):
    """Take a wrong file out of the way; of a link, the file behind it, which leaves the link dead."""
    real = path.resolve()
    os.replace(real, aside(real))
    return aside(real)


def _address(variable, default):
    """The address in that variable, if it is set."""
    address = (os.environ.get(variable) or default).rstrip("/")
    if address and not address.startswith(("http://", "https://")):
        raise KitError(f"{variable} {address!r} is no address; let it begin with https://")
    return address


def amount(size):
    """ 2564550879 -> "2.6 GB" """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


@contextmanager
def _hub_in_silence(progress):
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars, logging

    level, bars = logging.get_verbosity(), progress or not are_progress_bars_disabled()
    logging.set_verbosity_error()
    if not progress:
        disable_progress_bars()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars and not progress:
            enable_progress_bars()
