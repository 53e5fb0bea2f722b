"""What a build's rows come from besides its settings: models and code. With others the rows would be others."""

import importlib

from ...fingerprint import fingerprint
from ...kit.pocket import pocket_part
from ...kit.weights import choose
from ...picturebook.pairs import drawing_code

CODE = ("masks.border", "masks.clip", "masks.grabcut", "masks.grounding", "masks.sam", "masks.scissors",
        "masks.segment", "metrics.clip", "metrics.pixels", "metrics.truth", "pictures.blend", "pictures.images",
        "pictures.pixels", "training.pairs_with_masks.drawn", "training.pairs_with_masks.filtering",
        "training.pairs_with_masks.layouts", "training.pairs_with_masks.masking", "training.pairs_with_masks.rows",
        "training.pairs_with_masks.scoring", "training.pairs_with_masks.shards")


PARTS = ("sam", "clip")


def models_named(models, kit=None):
    """ "pocket" or "full", whichever `models` chooses or the kit is; KitError for an unknown word, or where pocket's
    weights are missing."""
    size = (choose(models) if kit is None else kit.choice).size
    if size == "pocket":
        for part in PARTS:
            pocket_part(part, "model.safetensors")
    return size


def origin(models, kit=None):
    """Fingerprint of the code that makes rows and of the models: pocket's bytes, full's names."""
    if models == "pocket":
        which = [(pocket_part(part, name) / name).read_bytes() for part in PARTS
                 for name in ("config.json", "model.safetensors")]
    else:
        choice = choose(models) if kit is None else kit.choice
        which = [choice.sam, choice.clip]
    root = __name__.split(".")[0]
    return fingerprint(models, which, drawing_code(), *(importlib.import_module(f"{root}.{name}") for name in CODE))
