"""Loading without the collector in between: off in there, and whatever happens as it was afterwards."""

import gc

import pytest

from maskedit_helpers.kit import weights
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.loading import no_garbage_sought


@pytest.fixture(params=[True, False], ids=["on", "off"])
def sought(request):
    usual = gc.isenabled()
    (gc.enable if request.param else gc.disable)()
    yield request.param
    (gc.enable if usual else gc.disable)()


def test_off_while_something_loads_and_then_as_it_was(sought):
    @no_garbage_sought()
    def load():
        return gc.isenabled()

    assert load() is False and gc.isenabled() == sought
    with no_garbage_sought(), no_garbage_sought():  # a part that loads another
        pass
    assert gc.isenabled() == sought


def test_a_load_that_fails_leaves_it_as_it_was(sought):
    with pytest.raises(ImportError), no_garbage_sought():
        raise ImportError
    assert gc.isenabled() == sought


@pytest.mark.parametrize("part", ["sam", "editor", "clip", "detector"])
def test_the_kits_parts_are_loaded_so(monkeypatch, part):
    monkeypatch.setattr(weights, f"load_{part}", lambda choice: gc.isenabled())
    kit = Kit(weights.Choice("pocket", "cpu", "normal", "", ""))
    assert getattr(kit, part) is False and gc.isenabled()
