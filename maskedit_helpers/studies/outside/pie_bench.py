"""PIE-Bench as it lies: mapping_file.json with captions and run-length masks, a tree of pictures, one more a method.

Ju, Zeng, Bian, Liu, Xu, "PnP Inversion: Boosting Diffusion-based Editing with 3 Lines of Code", ICLR 2024. Its masks
are 1 where the edit is, and its evaluation sets their outermost pixels to 1 too.
"""

import json

import numpy as np

from ...errors import KitError
from .edit import Edit, Mask
from .methods import complete, methods, picture_at

SIDE = 512  # pixels; its masks say positions in pictures of that size
MAP, PICTURES, PLACES = "mapping_file.json", "annotation_images", ("edits", "output")
CAPTIONS = MAP
TREE = f"""PIE-Bench (pie-bench); its own two may also lie in data/
  {MAP}                                    captions, and masks as runs: start, length, start, length ...
  {PICTURES}/0_random_140/000000000000.jpg
  edits/METHOD/0_random_140/000000000000.jpg           or output/METHOD/{PICTURES}/0_random_140/..."""


def fits(folder):
    return _root(folder) is not None


def edits(folder, asked=None, common=False, masks=None):
    """An Edit for each picture and method; see `run.measure_folder`."""
    if masks is not None:
        raise KitError(f"masks {masks!r}: PIE-Bench itself says what its masks mean; leave it out")
    root = _root(folder)
    entries = _entries(root / MAP)
    roots = {name: place / PICTURES if (place / PICTURES).is_dir() else place
             for name, place in methods(folder, PLACES, asked).items()}
    found = complete({name: {method: picture_at(place / entry["image_path"]) for method, place in roots.items()}
                      for name, entry in entries.items()}, common, folder)
    return [_edit(root, name, entries[name]).by(method=method, edited=path)
            for name, paths in found.items() for method, path in paths.items()]


def fit(picture, shape, name):
    """Its code writes strips, of which the last picture is the edit: of what is not square the last 512 pixels."""
    if picture.shape[0] != picture.shape[1]:
        picture = picture[-SIDE:, -SIDE:]
    if picture.shape != tuple(shape):
        raise KitError(f"{name}: {picture.shape[1]}x{picture.shape[0]} pixels, and its original has {shape[1]}x"
                       f"{shape[0]}; PIE-Bench compares pictures of one size")
    return picture


def decoded(runs, side=SIDE):
    """bool (side, side): the mask that runs of True, (start, length) after each other, row by row, stand for.

    A run that would leave the picture ends with it, and the outermost pixels are True, both as in the benchmark's own
    evaluation. Raises ValueError for anything but pairs of whole numbers inside the picture.
    """
    runs = np.asarray(runs, dtype=object).ravel()
    if len(runs) % 2 or not all(type(number) is int for number in runs):
        raise ValueError("a mask is pairs of whole numbers, start and length")
    flat = np.zeros(side * side, bool)
    for start, length in zip(runs[::2], runs[1::2]):
        if not 0 <= start < flat.size or length < 0:
            raise ValueError(f"a run of {length} from {start} does not lie in {side}x{side} pixels")
        flat[start:start + length] = True
    mask = flat.reshape(side, side)
    mask[[0, -1]] = mask[:, [0, -1]] = True
    return mask


def _root(folder):
    return next((root for root in (folder, folder / "data") if (root / MAP).is_file()), None)


def _entries(path):
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        for name, entry in entries.items():
            if not all(isinstance(entry[which], str) for which in ("image_path", "original_prompt", "editing_prompt")):
                raise ValueError(f"{name}: its path and prompts are no words")
            decoded(entry["mask"])
    except OSError as error:
        raise KitError(f"{path}: could not be read ({error.strerror})") from error
    except KeyError as error:
        raise KitError(f"{path}: {name} has no {error}; this is not PIE-Bench's file") from None
    except (ValueError, AttributeError, TypeError) as error:
        raise KitError(f"{path}: this is not PIE-Bench's file ({str(error)[:120]})") from None
    if not entries:
        raise KitError(f"{path}: it names no pictures")
    return entries


def _edit(root, name, entry):
    before, after = (entry[which].replace("[", "").replace("]", "") for which in ("original_prompt", "editing_prompt"))
    original = root / PICTURES / entry["image_path"]
    return Edit(name, "", original, original, Mask(entry["mask"], decoded, f"{MAP}, mask of {name}"), before=before,
                after=after, session=name)
