"""What the tests in a real browser share."""

import browser
import pytest


@pytest.fixture(scope="module")
def lab(machine, tmp_path_factory):
    server = browser.Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def seen():
    """What the page asked for, and what it complained of."""
    return browser.Seen()
