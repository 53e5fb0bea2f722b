"""A fingerprint changes with what it is of, with nothing else, and refuses what it can't read."""
from dataclasses import dataclass

import pytest
import torch

from maskedit_helpers.fingerprint import fingerprint
from maskedit_helpers.picturebook import pairs, shapes


@dataclass
class Setting:
    scale: float
    steps: int = 20


DIFFERENT = [
    (1,), (1.0,), ("1",), (b"1",), (True,), (None,), (1, 2), ([1, 2],), ([[1], 2],), ([1, [2]],), ({"a": 1, "b": 2},),
    ({"a": 2, "b": 1},), (["a", "b"],), (["ab"],), (Setting(1.0),), (Setting(1.0, 21),), (shapes,), (pairs,),
]


def test_no_two_of_these_are_alike():
    assert len({fingerprint(*things) for things in DIFFERENT}) == len(DIFFERENT)


def test_the_same_is_the_same():
    assert fingerprint({"a": 1, "b": Setting(0.5)}) == fingerprint({"b": Setting(0.5), "a": 1})


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_every_bit_of_the_weights_counts(dtype):
    layers = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).to(dtype)
    seen = {fingerprint(layers)}
    with torch.no_grad():
        layers[0].weight.neg_()  # the same sum of magnitudes
        seen.add(fingerprint(layers))
        layers[0].weight.copy_(layers[0].weight.flip(0))  # the same set of numbers
        seen.add(fingerprint(layers))
        layers[1].running_mean += 1  # a buffer
        seen.add(fingerprint(layers))
    assert len(seen) == 4 and fingerprint(layers) in seen


def test_what_is_in_no_checkpoint_counts_too():
    """SAM's mean colour is such a buffer."""
    layer = torch.nn.Linear(2, 2)
    layer.register_buffer("mean", torch.zeros(3), persistent=False)
    before = fingerprint(layer)
    layer.mean += 1
    assert "mean" not in layer.state_dict() and fingerprint(layer) != before


def test_code_is_the_same_however_its_lines_end(monkeypatch, tmp_path):
    before = fingerprint(shapes)
    (other := tmp_path / "shapes.py").write_bytes(open(shapes.__file__, "rb").read().replace(b"\n", b"\r\n"))
    monkeypatch.setattr(shapes, "__file__", str(other))
    assert fingerprint(shapes) == before


def test_what_prints_an_address_is_refused():
    with pytest.raises(TypeError, match="object"):
        fingerprint(object())


def test_the_drawing_code_is_all_of_it(monkeypatch, tmp_path):
    """Changing any file that a pair's pixels or words come from changes the fingerprint of the drawing code."""
    before, seen = pairs.drawing_code(), set()
    for module in (pairs, pairs.canvas, pairs.drawings, pairs.finishes, pairs.grammar, pairs.scenes, pairs.shapes):
        other = tmp_path / f"{module.__name__}.py"
        other.write_bytes(open(module.__file__, "rb").read() + b"\n# another\n")
        with monkeypatch.context() as patch:
            patch.setattr(module, "__file__", str(other))
            seen.add(pairs.drawing_code())
    assert len(seen) == 7 and before not in seen
