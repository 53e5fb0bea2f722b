"""What the tests in a real browser share."""

import os
import warnings

import browser
import pytest


@pytest.fixture(scope="module")
def machine():
    """A machine that has what these tests need; elsewhere they are skipped, or fail where they are required."""
    if browser.lacks():
        told = f"no browser tests: this machine lacks {browser.lacks()}"
        if os.environ.get("MASKEDIT_REQUIRE_BROWSER") == "1":
            pytest.fail(told)
        warnings.warn(told)
        pytest.skip(told)


@pytest.fixture(scope="module")
def lab(machine, tmp_path_factory):
    server = browser.Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def seen():
    """What the page asked for, and what it complained of."""
    return browser.Seen()
