"""The networks with which others measure, where their weights are here; each remembers what it saw last.

Nothing is downloaded: what is not here is left out, with the line that brings it. The pocket CLIP stands in for theirs,
but among drawn pictures only, which are all that it knows, and is called what it is.
"""

import os
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import cached_property

from ...devices import pick_device
from ...downloads import fetch
from ...errors import KitError

SIZES = ("auto", "pocket", "full")
ASSETS = {"clip_l": "clip_vit_l_14", "clip_b": "clip_vit_b_32_openai", "lpips": "lpips", "dino_b": "dino_vit_b_8",
          "dino_s": "dino_vit_s_16"}
NAMES = {"clip_l": "CLIP ViT-L/14", "clip_b": "CLIP ViT-B/32", "lpips": "SqueezeNet", "dino_b": "DINO ViT-B/8",
         "dino_s": "DINO ViT-S/16"}
POCKET = "the pocket CLIP"
LOOKED_AT = 9  # originals whose kind is judged; most of them decide
KEPT = 6  # pictures remembered: what all methods share, and the edit


class Remembered:
    """A function of a picture that looks at each of the last few once."""

    def __init__(self, look):
        self.look, self.seen = look, OrderedDict()

    def __call__(self, picture):
        key = picture.shape, picture.tobytes()
        if key not in self.seen:
            self.seen[key] = self.look(picture)
        self.seen.move_to_end(key)
        while len(self.seen) > KEPT:
            self.seen.popitem(last=False)
        return self.seen[key]


class ClipEye:
    """image, text: features (D,) of length 1, by a `masks.clip.Clip`."""

    def __init__(self, clip):
        self.image = Remembered(lambda picture: clip.images([picture])[0])
        self.text = lambda words: clip.texts([words])[0]


class DinoEye:
    """keys_alike, token: as of a `dino.Dino`."""

    def __init__(self, dino):
        self.keys_alike, self.token = Remembered(dino.keys_alike), Remembered(dino.token)


@dataclass
class Eyes:
    """Whose weights are here. size: see `run.measure_folder`. originals: the pictures before their edits, as functions
    that read them."""

    size: str
    originals: list

    def __post_init__(self):
        if self.size == "auto":
            self.size = os.environ.get("MASKEDIT_SIZE") or "auto"
        if self.size not in SIZES:
            raise KitError(f"size {self.size!r} is unknown; use one of {', '.join(SIZES)}")
        self._open = {}
        self._here = {eye: fetch.have(asset) for eye, asset in ASSETS.items()}

    def lacks(self, eye):
        """Why there is no such eye, and what brings it; "" where there is."""
        absent = f"the weights of {NAMES[eye]} are not here; `maskedit fetch {ASSETS[eye]}` gets them"
        if not self._is_pocket(eye):
            return "" if self._here[eye] else absent
        try:
            if self._drawn:
                return ""
        except KitError as error:  # no pocket models here
            return str(error)
        ignorant = f"these look like photographs, of which {POCKET} knows nothing"
        return f"{ignorant}; leave out --size pocket" if self.size == "pocket" else f"{ignorant}, and {absent}"

    def name(self, eye):
        """What the eye is called that looks in its place."""
        return POCKET if self._is_pocket(eye) else NAMES[eye]

    def __getitem__(self, eye):
        """The eye, its weights loaded when it is first asked for."""
        which = POCKET if self._is_pocket(eye) else eye
        if which not in self._open:
            self._open[which] = self._opened(eye)
        return self._open[which]

    def _opened(self, eye):
        from . import dino, lpips

        if self._is_pocket(eye):
            return ClipEye(self._pocket.clip)
        found, device = fetch.fetch([ASSETS[eye]], progress=False), pick_device()
        if eye == "lpips":
            return lpips.load(*found, device)
        if eye in ("dino_b", "dino_s"):
            return DinoEye(dino.load(*found, {"dino_b": dino.BASE, "dino_s": dino.SMALL}[eye], device))
        from ...kit.weights import choose, load_clip

        return ClipEye(load_clip(replace(choose("full"), device=device, clip=ASSETS[eye])))

    def _is_pocket(self, eye):
        return eye in ("clip_l", "clip_b") and (self.size == "pocket" or self.size == "auto" and not self._here[eye])

    @cached_property
    def _pocket(self):
        from ...kit.kit import Kit
        from ...kit.weights import choose

        return Kit(choose("pocket"))

    @cached_property
    def _drawn(self):
        """Are most of the originals of the world that the pocket models know? True where nobody can say."""
        step = max(1, len(self.originals) // LOOKED_AT)
        kinds = [self._pocket.domain(picture()) for picture in self.originals[::step][:LOOKED_AT]]
        return sum(kind == "photograph" for kind in kinds) <= len(kinds) / 2
