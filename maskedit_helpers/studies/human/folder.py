"""A study's folder: what `new_study` writes, and `open_study` reads.

    study.json         items, methods, questions, the seed of the order and the secret of the links; not for raters
    pictures/          under names that say nothing, all of one time
    answers.sqlite3    raters and what they answered, see answers.py

The folder is written aside and renamed when it is whole, and never changed afterwards, but for the answers.
"""

import base64
import hashlib
import hmac
import json
import os
import random
import secrets
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from ...errors import KitError
from .design import ATTENTION, REPEATS, rating_order
from .pictures import size_of, source_pictures
from .questions import read_questions
from .sources import read_sources

FILE, FORM = "study.json", 1
SAME_TIME = 1_600_000_000  # seconds; of every picture's file, so that none tells when its method was run
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


@dataclass(frozen=True)
class Study:
    """A study as it lies in `folder`; `told` is its study.json.

    An item is an edit that is rated: {"item": its opaque id, "source", "method", "attention", "instruction", and the
    pictures "original", "outlined" and "edited", file names; "size", [width, height] of each}.
    """

    folder: Path
    told: dict

    @property
    def name(self):
        return self.told["study"]

    @property
    def code(self):
        return self.told["code"]

    @property
    def questions(self):
        return self.told["questions"]["questions"]

    @property
    def texts(self):
        return self.told["questions"]["texts"]

    @cached_property
    def items(self):
        """{id: item}"""
        return {one["item"]: one for one in self.told["items"]}

    @cached_property
    def _ids(self):
        return {(one["source"], one["method"] or one["attention"]): one["item"] for one in self.told["items"]}

    def order(self, number):
        """[(item's id, repeat)] of the rater of that number, from 0."""
        sources, methods = self.told["sources"], self.told["methods"]
        shown = rating_order(len(sources), len(methods), number, self.told["seed"], **self.told["design"])
        return [(self._ids[sources[one.source], one.attention or methods[one.method]], one.repeat) for one in shown]

    def picture(self, name):
        """Bytes of a picture; `name` is one that the study's items name, nobody else's word."""
        try:
            return (self.folder / "pictures" / name).read_bytes()
        except OSError as error:
            raise KitError(f"{self.folder}: the picture {name} is gone ({error.strerror})") from error

    def word(self, purpose, length):
        """Letters that nobody can know who hasn't the study's secret; the same for the same purpose."""
        digest = hmac.new(self.told["secret"].encode(), purpose.encode(), hashlib.sha256).digest()
        return base64.b32encode(digest).decode().lower()[:length]


def new_study(folder, sources, questions=None, *, name=None, per_rater=None, repeats=REPEATS, attention=(), seed=None):
    """Make a study: pictures under names that tell nothing, questions, and the order in which each rater sees them.

    Parameters
    ----------
    folder : path, which must not be there yet
    sources : {name: {"original": picture, "mask": mask, "instruction": str, "edits": {method: picture}}}, with the same
        methods for each; or the path of a folder that `read_sources` reads
    questions : path of a TOML file, see `read_questions`; two questions in English if None
    name : str, what the study is called in the exported answers; the folder's name if None
    per_rater, repeats, attention : see `rating_order`
    seed : int or str, of the order and the names; of chance if None. Links and codes are always of chance.

    Returns
    -------
    Study

    Raises
    ------
    KitError
        The folder is there already or can't be written; a source that lacks something; what `rating_order` refuses.
    """
    folder = Path(folder)
    if folder.exists():
        raise KitError(f"{folder}: is there already; a study is never overwritten, so choose another name")
    if not folder.parent.is_dir():
        raise KitError(f"{folder}: there is no folder {folder.parent}; make it first")
    sources = sources if isinstance(sources, dict) else read_sources(sources)
    methods = _methods(sources)
    asked = read_questions(questions)
    seed = secrets.token_hex(8) if seed is None else seed
    design = {"per_rater": per_rater, "repeats": repeats,
              "attention": [one for one in ATTENTION if one in attention] or list(attention)}
    rating_order(len(sources), len(methods), 0, seed, **design)  # refuses what can't be
    items, files = _items(sources, methods, design["attention"], random.Random(f"{seed}, names"))
    told = {"form": FORM, "study": name or folder.resolve().name, "seed": seed, "secret": secrets.token_hex(16),
            "code": "".join(secrets.choice(LETTERS) for _ in range(8)), "sources": list(sources), "methods": methods,
            "design": design, "items": items, "questions": asked}
    _write(folder, told, files)
    return open_study(folder)


def open_study(folder):
    """The Study of a folder, or the one given. Raises KitError where there is none."""
    if isinstance(folder, Study):
        return folder
    path = Path(folder) / FILE
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KitError(f"{folder}: is no study, it has no {FILE} that can be read ({error.strerror}); "
                       "`maskedit study new` makes one") from error
    except ValueError as error:
        raise KitError(f"{path}: is broken; make the study anew") from error
    if not isinstance(told, dict) or told.get("form") != FORM:
        raise KitError(f"{path}: is of another version of the kit")
    return Study(Path(folder), told)


def _methods(sources):
    """The methods, which all sources share."""
    if not sources:
        raise KitError("there are no sources; give at least three")
    for name, source in sources.items():
        if missing := [key for key in ("original", "mask", "instruction", "edits") if source.get(key) is None]:
            raise KitError(f"{name} has no {', no '.join(missing)}")
        if not isinstance(source["instruction"], str) or not source["instruction"].strip():
            raise KitError(f"{name}: what was asked is empty; give its instruction")
    methods = list(dict.fromkeys(method for source in sources.values() for method in source["edits"]))
    if not methods:
        raise KitError("there are no edits; give each source one by each method")
    for name, source in sources.items():
        if missing := [one for one in methods if source["edits"].get(one) is None]:
            raise KitError(f"{name} has no edit by {missing[0]}; each source needs one by each method")
    if clash := set(methods) & set(ATTENTION):
        raise KitError(f"a method is called {clash.pop()!r}, as an attention item is; choose another name")
    return methods


def _items(sources, methods, attention, rng):
    """(items, {file name: bytes}), the items in an order that says nothing."""
    def opaque():
        return f"{rng.getrandbits(64):016x}"

    items, files = [], {}
    for name, source in sources.items():
        data = source_pictures(name, source)
        named = {key: f"{opaque()}.png" for key in data
                 if key not in ATTENTION or key in attention}
        files |= {file: data[key] for key, file in named.items()}
        shared = {"source": name, "instruction": source["instruction"].strip(), "original": named["original"],
                  "outlined": named["outlined"], "size": size_of(data["original"])}
        items += [{"item": opaque(), **shared, "method": method, "attention": "", "edited": named["edit", method]}
                  for method in methods]
        items += [{"item": opaque(), **shared, "method": "", "attention": one, "edited": named[one]}
                  for one in attention]
    return sorted(items, key=lambda one: one["item"]), files


def _write(folder, told, files):
    aside = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    try:
        aside.mkdir(mode=0o700)
        (aside / "pictures").mkdir()
        for name in sorted(files):
            path = aside / "pictures" / name
            path.write_bytes(files[name])
            os.utime(path, (SAME_TIME, SAME_TIME))
        text = json.dumps(told, indent=1, ensure_ascii=False)
        with open(os.open(aside / FILE, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(aside, folder)
    except OSError as error:
        raise KitError(f"{folder}: could not be written ({error.strerror}); free some room there or choose another "
                       "place") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
