"""MagicBrush as it lies: sessions of one to three turns, each with a mask and an answer, and methods' pictures beside.

Zhang, Mo, Chen, Sun, Su, "MagicBrush", NeurIPS 2023. Its masks are transparent where the edit is. Single-turn are all
turns, each made from the answer before it; multi-turn is what the last turn leaves of a method's own chain.
"""

import json
import re

import numpy as np
from PIL import Image

from ...errors import KitError
from ...training.pairs_with_masks.layouts import transparent
from .edit import Edit, Mask
from .methods import complete, methods, picture_at

CAPTIONS = "local_captions.json"
OTHERWISE = ("local_descriptions.json", "global_descriptions.json", "global_description.json")  # what else it is called
PLACES = ("edits",)
SINGLE, MULTI = "single-turn", "multi-turn"
TREE = """MagicBrush (magicbrush)
  images/139306/139306-input.png
  images/139306/139306-mask1.png                       transparent where the first turn edits
  images/139306/139306-output1.png                     its answer; -mask2, -output2 of a second turn
  local_captions.json                                  {"139306": {"139306-output1.png": "a caption"}}, if there is one
  edits/METHOD/139306/139306_1.png                     the first turn
  edits/METHOD/139306/139306_inde_2.png                the second, made from output1
  edits/METHOD/139306/139306_iter_2.png                the second, made from the method's own first"""


def fits(folder):
    return _root(folder) is not None


def edits(folder, asked=None, common=False, masks=None):
    """An Edit for each turn and method, and one for what each session ends with; see `run.measure_folder`.

    Where sessions of several turns have no iter_ pictures, there is no multi-turn setting.
    """
    if masks is not None:
        raise KitError(f"masks {masks!r}: MagicBrush itself says what its masks mean; leave it out")
    root = _root(folder)
    captions = _captions(root)
    results = methods(folder, PLACES, asked)
    turns = [turn for session in sorted((root / "images").iterdir()) if session.is_dir()
             for turn in _turns(session, captions)]
    found = complete({turn.name: {method: picture_at(place / turn.session / _independent(turn))
                                  for method, place in results.items()} for turn in turns}, common, folder)
    single = [turn.by(method=method, edited=path, setting=SINGLE)
              for turn in turns if turn.name in found for method, path in found[turn.name].items()]
    last = {turn.session: turn for turn in turns if turn.name in found}
    ends = {name: {method: picture_at(place / name / _iterated(turn)) for method, place in results.items()}
            for name, turn in last.items()}
    if any(None in paths.values() for paths in ends.values()):
        return single
    return single + [last[name].by(name=name, method=method, edited=path, setting=MULTI, original=None, mask=None,
                                   before="") for name, paths in ends.items() for method, path in paths.items()]


def fit(picture, shape, name):
    """As its evaluation does: resized to the other's size, whatever the aspect, by Pillow's default, bicubic."""
    if picture.shape == tuple(shape):
        return picture
    return np.array(Image.fromarray(picture).resize((shape[1], shape[0])))


def _root(folder):
    return next((root for root in (folder, folder / "test", folder / "dev")
                 if next(iter(root.glob("images/*/*-input.*")), None)), None)


def _turns(session, captions):
    """The turns of a session's folder, methods still unknown."""
    files = {path.stem: path for path in sorted(session.iterdir())}
    words = captions.get(session.name, captions)  # by session, or all in one
    before, said = files.get(f"{session.name}-input"), ""
    count = sum(bool(re.fullmatch(rf"{re.escape(session.name)}-output\d+", stem)) for stem in files)
    if before is None or not count:
        raise KitError(f"{session}: a session has {session.name}-input.png and at least -mask1.png and -output1.png")
    for number in range(1, count + 1):
        mask, answer = (files.get(f"{session.name}-{what}{number}") for what in ("mask", "output"))
        if mask is None or answer is None:
            raise KitError(f"{session}: turn {number} has no {'mask' if mask is None else 'output'}{number}")
        after = words.get(answer.name, "")
        yield Edit(f"{session.name}-{number}", "", answer, before, Mask(mask, _see, f"mask {mask}"), answer,
                   before=said, after=after if isinstance(after, str) else "", session=session.name)
        before, said = answer, after


def _see(path):
    try:
        return transparent(path.read_bytes())
    except OSError as error:
        raise KitError(f"mask {path}: cannot be read ({error})") from error
    except KitError as error:
        raise KitError(f"mask {path}: {error}") from error


def _independent(turn):
    number = turn.name.rpartition("-")[2]
    return f"{turn.session}_1.png" if number == "1" else f"{turn.session}_inde_{number}.png"


def _iterated(turn):
    number = turn.name.rpartition("-")[2]
    return f"{turn.session}_1.png" if number == "1" else f"{turn.session}_iter_{number}.png"


def _captions(root):
    path = next((root / name for name in (CAPTIONS, *OTHERWISE) if (root / name).is_file()), None)
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise KitError(f"{path}: could not be read ({str(error)[:120]})") from error
    if not isinstance(found, dict):
        raise KitError(f'{path}: captions lie as {{"139306": {{"139306-output1.png": "a caption"}}}}')
    return found
