"""The cells that take a photograph where full models are: run with a stand-in for them, and passed over on pocket."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import maskedit_helpers as me

FOLDER = Path(__file__).parents[2] / "notebooks"
LESSONS = [path for path in sorted(FOLDER.glob("0[0-6]_*.ipynb")) if '"id": "photograph"' in path.read_text()]


class Full:
    """Answers as the full models do, in form; an edit is the picture's negative."""

    size, long_side = "full", 64
    editor = SimpleNamespace(s_T=7.5, s_I=1.5)

    def segment(self, image, points, box):
        mask = np.zeros(image.shape[:2], np.float32)
        mask[box[1]:box[3], box[0]:box[2]] = 1
        return mask

    def edit(self, image, instruction, **options):
        return [255 - picture for picture in image] if isinstance(image, list) else 255 - image

    def ground(self, image, instruction):
        return self.segment(image, None, (8, 8, 40, 40)), "the motorcycle", "a report"


def cell(path):
    return next("".join(cell["source"]) for cell in json.loads(path.read_text())["cells"] if cell["id"] == "photograph")


def test_the_lessons_that_have_one():
    assert [path.stem[:2] for path in LESSONS] == ["00", "02", "03", "05", "06"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem[:2])
def test_full_models_get_a_photograph_and_pocket_a_way_out(path, capsys):
    shown = []
    soft = {"hard": {}, "feather 1": dict(feather=1)}  # of lesson 03
    exec(cell(path), {"me": me, "kit": Full(), "display": shown.append, "soft": soft})
    figure = shown[-1]
    assert figure.alt.startswith("A photograph of") and len(figure.axes) >= 3
    pictures = [axis.get_images()[0].get_array() for axis in figure.axes if axis.get_images()]
    assert len({np.asarray(picture).tobytes() for picture in pictures}) >= 2
    exec(cell(path), {"me": me, "kit": SimpleNamespace(size="pocket")})
    assert "see 11, Your own photo" in capsys.readouterr().out
