"""What the tests expect of a notebook beyond that it runs."""

import functools
import tempfile

import pytest


def pytest_collection_modifyitems(items):
    """Notebooks first, for they take longest. Of each every exercise's check must say "not yet", of its solution
    "right"; nothing it writes stays."""
    items.sort(key=lambda item: item.path.suffix != ".ipynb")
    for item in items:
        if item.path.suffix == ".ipynb":
            expected = "right" if item.path.parent.name == "solutions" else "not yet"
            item.runtest = functools.partial(_run_notebook, item.runtest, expected)


def _run_notebook(run, expected):
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("MASKEDIT_EXPECT", expected)
        patch.setenv("MASKEDIT_RESULTS", folder)
        run()
