"""What a machine lacks for some tests: they are skipped with a plain line, or fail where they are required."""

import os
import warnings

import pytest


def skip(told, required):
    """Skip the test, saying why; fail instead where the environment variable `required` is 1, as in .ci/run."""
    if os.environ.get(required) == "1":
        pytest.fail(told)
    warnings.warn(told)
    pytest.skip(told)
