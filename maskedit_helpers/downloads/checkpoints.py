"""The published checkpoints: what there is, where it comes from, where it lies, and whether it is whole.

SAM's checkpoints come from Meta's host into models/full, and a download that broke off is gone on with (resume.py); so
do LPIPS's, from theirs. InstructPix2Pix, CLIP, GroundingDINO and DINO are repositories on the Hugging Face hub, each at
one commit for good where one is known, and lie in its cache, where any other program finds them too. When a file counts
as whole: whole.py.
"""

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import KitError
from ..places import models_folder
from . import resume
from .quiet import hub_in_silence
from .wheels import ENGLISH
from .whole import as_named, aside, set_aside, whole

SAM_HOST = "https://dl.fbaipublicfiles.com/segment_anything"
HUB = "https://huggingface.co"
TIMEOUT = 30.0  # seconds without a byte after which Meta's host counts as stalled; the hub has its own
FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True)
class Checkpoint:
    """One file on a host, Meta's if no other is named. size: bytes, exact. there: what it is called on that host."""

    file: str
    size: int
    sha256: str
    source: str = SAM_HOST
    there: str = ""
    home = "MASKEDIT_HOME"  # the variable that says where it is kept
    host = "MASKEDIT_MIRROR"  # the variable that says where it comes from

    @property
    def folder(self):
        return models_folder() / "full"

    @property
    def address(self):
        return f"{_address(self.host, self.source)}/{self.there or self.file}"

    @property
    def kept(self):
        """Bytes that an earlier try has left, with which the next goes on."""
        return min(self.size, resume.kept(self.folder / self.file))

    @property
    def left(self):
        """Bytes still to come."""
        return self.size - self.kept

    @property
    def by_hand(self):
        return f"put {self.file} ({amount(self.size)}, {self.address}) into {self.folder}"

    def find(self):
        path = self.folder / self.file
        return path if whole(path, self.sha256, self.size) else None

    def wrong(self):
        """What lies in its place and is not it; a link that leads nowhere too."""
        path = self.folder / self.file
        return [path] if os.path.lexists(path) and not self.find() else []

    def set_aside(self, path):
        """Rename that, a link itself, and say so in one line."""
        return set_aside(path)

    def download(self, progress):
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / self.file
        part = resume.claim(path)
        resumed = part.exists()
        try:
            resume.go_on(self.address, part, self.size, progress, TIMEOUT)
            with open(part, "rb") as file:
                page = file.read(512).lstrip().lower().startswith((b"<!doctype", b"<html"))
            if part.stat().st_size < self.size and not page:
                raise EOFError("the answer was cut off")  # not every server says how long its answer is
            if whole(part, self.sha256, self.size):  # remembers the hash by the time stamp, which stays
                os.replace(part, path)
                return
            if resumed and not page:
                part.unlink()
                raise EOFError("what an earlier try had left of it does not fit the rest")
            os.replace(part, wrong := aside(path))
            what = "a web page, perhaps the log-in page of this network" if page else "another file"
            raise KitError(f"{self.address} sent {what}, not {self.file}; it is set aside as {wrong}, delete it "
                           f"and try again, or set {self.host} to another address")
        except OSError as error:
            if error.errno in FULL_DISK:
                part.unlink(missing_ok=True)  # gigabytes that nobody sees
            raise
        finally:
            resume.release(path, part)


@dataclass(frozen=True)
class Repository:
    """Some files of a repository on the Hugging Face hub.

    size: bytes, about. also: taken where it is there. revision: the commit, so that the same files come whatever the
    repository's owner does later. sha256: {file: hash} of those that are known beforehand; the others, and these too,
    are held against the name that the hub gives them, which is their hash.
    """

    repo: str
    size: int
    files: tuple
    also: tuple = ()
    revision: str = "main"
    sha256: dict = field(default_factory=dict)
    home = "HF_HOME"
    host = "HF_ENDPOINT"
    kept = 0  # the hub's client begins each file anew

    @property
    def folder(self):
        from huggingface_hub import constants

        return Path(constants.HF_HUB_CACHE)

    @property
    def address(self):
        return f"{_address(self.host, HUB)}/{self.repo}"

    @property
    def left(self):
        return max(0, self.size - sum(path.stat().st_size for file, path in self._cached().items()
                                      if self._right(file, path)))

    @property
    def by_hand(self):
        return (f"copy models--{self.repo.replace('/', '--')} ({amount(self.size)}) from the Hugging Face cache of a "
                f"machine that has it into {self.folder}")

    def find(self):
        found = self._cached()
        if not set(self.files) <= set(found) or self.wrong():
            return None
        return found[self.files[0]].parents[self.files[0].count("/")]

    def wrong(self):
        return [path for file, path in self._cached().items() if not self._right(file, path)]

    def set_aside(self, path):
        """Rename a wrong file and say so in one line: what the hub's cache keeps behind its links, and no file that
        somebody has linked there."""
        own = self.folder / f"models--{self.repo.replace('/', '--')}"  # may itself be a link to a roomier disk
        return set_aside(path, (self.folder.resolve(), own.resolve()))

    def download(self, progress):
        from huggingface_hub import snapshot_download

        with hub_in_silence(progress):
            folder = Path(snapshot_download(
                self.repo, revision=self.revision, allow_patterns=[*self.files, *self.also], token=False,
                endpoint=_address(self.host, "") or None))  # by hand: the hub reads the variable once, when imported
        if lacking := [file for file in self.files if not (folder / file).is_file()]:
            raise KitError(f"{self.address} did not send {lacking[0]}; try again later, or {self.by_hand}")
        if wrong := self.wrong():
            names, said = " and ".join(path.name for path in wrong), "; ".join(map(self.set_aside, wrong))
            raise KitError(f"{self.address} sent another file, not {names}: {said}; delete it and try again, or set "
                           f"{self.host} to another address")

    def _cached(self):
        from huggingface_hub import try_to_load_from_cache

        found = {file: try_to_load_from_cache(self.repo, file, revision=self.revision)
                 for file in (*self.files, *self.also)}
        return {file: Path(path) for file, path in found.items() if isinstance(path, str)}

    def _right(self, file, path):
        return (file not in self.sha256 or whole(path, self.sha256[file])) and as_named(path)


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
    # Its hashes we have found published nowhere, so its files are held against the hub's names for them alone.
    "instruct_pix2pix": Repository("timbrooks/instruct-pix2pix", 5_490_000_000, (
        "model_index.json", "scheduler/scheduler_config.json", "feature_extractor/preprocessor_config.json",
        "unet/config.json", f"unet/{_UNET}", "vae/config.json", f"vae/{_UNET}",
        "text_encoder/config.json", f"text_encoder/{_MODEL}", "safety_checker/config.json", f"safety_checker/{_MODEL}",
        "tokenizer/vocab.json", "tokenizer/merges.txt", "tokenizer/tokenizer_config.json"),
        ("tokenizer/special_tokens_map.json",), "31519b5cb02a7fd89b906d88731cd4d6a7bbf88d"),
    "clip_vit_b_32": Repository(
        "laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 606_000_000, _OPEN_CLIP, (),
        "1a25a446712ba5ee05982a381eed697ef9b435cf",
        {_OPEN_CLIP[1]: "ac4f8c4b88af6d963118cbf40ad93176d092abbedfcb752601ae1866352656e6"}),
    "clip_vit_l_14": Repository(  # OpenAI's own
        "timm/vit_large_patch14_clip_224.openai", 1_711_000_000, _OPEN_CLIP, (),
        "18d0535469bb561bf468d76c1d73aa35156c922b",
        {_OPEN_CLIP[1]: "9ce2e8a8ebfff3793d7d375ad6d3c35cb9aebf3de7ace0fc7308accab7cd207e"}),
    "grounding_dino_tiny": Repository("IDEA-Research/grounding-dino-tiny", 690_000_000, (
        "config.json", _MODEL, "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json"),
        ("vocab.txt", "special_tokens_map.json", "added_tokens.json"), "a2bb814dd30d776dcf7e30523b00659f4f141c71",
        {_MODEL: "1a2412ef99bd74bcd3c2a246fa1e48581f8889a1300c9051974741314fc042f3"}),
    # What others measure with. Of DINO's repositories we have found no commit or hash published, so their files are
    # held against the hub's names for them alone.
    "clip_vit_b_32_openai": Repository(
        "timm/vit_base_patch32_clip_224.openai", 605_000_000, _OPEN_CLIP, (),
        "a6f597a30f7b82c51704746581f9a4e41421e878",
        {_OPEN_CLIP[1]: "e6d1bd7789aa45192b3bf90570a789b478bae1b74ebcce7eddd908e83a2b7c31"}),
    "squeezenet1_1": Checkpoint("squeezenet1_1-b8a52dc0.pth", 4_958_839,
                                "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
                                "https://download.pytorch.org/models"),
    "lpips_squeeze": Checkpoint("lpips_squeeze.pth", 10_811,
                                "4a5350f23600cb79923ce65bb07cbf57dca461329894153e05a1346bd531cf76",
                                "https://github.com/richzhang/PerceptualSimilarity/raw/master/lpips/weights/v0.1",
                                "squeeze.pth"),
    "dino_vit_b_8": Repository("timm/vit_base_patch8_224.dino", 343_000_000, ("config.json", _MODEL)),
    "dino_vit_s_16": Repository("timm/vit_small_patch16_224.dino", 87_000_000, ("config.json", _MODEL)),
    "english": ENGLISH,
}
SETS = {
    "full": ("sam_vit_h", "instruct_pix2pix", "clip_vit_b_32"),  # what me.load("full") needs
    "lpips": ("squeezenet1_1", "lpips_squeeze"),
    "dino": ("dino_vit_b_8", "dino_vit_s_16"),
    "papers": ("clip_vit_l_14", "clip_vit_b_32_openai", "squeezenet1_1", "lpips_squeeze", "dino_vit_b_8",
               "dino_vit_s_16"),  # all that `maskedit measure --folder` can use
}
NAMES = (*ASSETS, *SETS)


def _address(variable, default):
    """The address in that variable, if it is set."""
    address = (os.environ.get(variable) or default).rstrip("/")
    if address and not address.startswith(("http://", "https://")):
        raise KitError(f"{variable} {address!r} is no address; let it begin with https://")
    return address


def amount(size):
    """ 2564550879 -> "2.6 GB" """
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
