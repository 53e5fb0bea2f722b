"""What all tests share: tiny random models on disk, and one profile for property tests (the same examples
on every machine, no clock, no folder left behind)."""

import functools
import tempfile

import pytest
from hypothesis import settings

settings.register_profile("kit", deadline=None, database=None, derandomize=True)
settings.load_profile("kit")


def pytest_collection_modifyitems(items):
    """In a notebook every exercise's check must say "not yet", in its solution "right"; nothing it writes stays."""
    for item in items:
        if item.path.suffix == ".ipynb":
            expected = "right" if item.path.parent.name == "solutions" else "not yet"
            item.runtest = functools.partial(_run_notebook, item.runtest, expected)


def _run_notebook(run, expected):
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("MASKEDIT_EXPECT", expected)
        patch.setenv("MASKEDIT_RESULTS", folder)
        run()


@pytest.fixture(scope="session")
def pocket(tmp_path_factory):
    """A folder for MASKEDIT_HOME, laid out as the pocket weights are: tiny random models (tests/tiny.py)."""
    import tiny

    folder = tmp_path_factory.mktemp("home")
    tiny.save_pocket(folder)
    return folder
