"""What all tests share: tiny random models on disk, and one profile for property tests (the same examples
on every machine, no clock, no folder left behind)."""

import browser
import lacking
import pytest
from hypothesis import settings

settings.register_profile("kit", deadline=None, database=None, derandomize=True)
settings.load_profile("kit")


@pytest.fixture(scope="session")
def pocket(tmp_path_factory):
    """A folder for MASKEDIT_HOME, laid out as the pocket weights are: tiny random models (tests/tiny.py)."""
    import tiny

    folder = tmp_path_factory.mktemp("home")
    tiny.save_pocket(folder)
    return folder


@pytest.fixture(scope="module")
def machine():
    """A machine with what tests in a real browser need; elsewhere they are skipped, or fail where required."""
    if browser.lacks():
        lacking.skip(f"no browser tests: this machine lacks {browser.lacks()}", "MASKEDIT_REQUIRE_BROWSER")
