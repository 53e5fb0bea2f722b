"""A small book, built once."""

import sys

import pytest
import small_book

sys.path.append(str(small_book.ROOT / "docs/book"))


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """(the project's folder, exit code, all that was said)"""
    root = small_book.project(tmp_path_factory.mktemp("book"))
    return root, *small_book.built(root)


@pytest.fixture(scope="session")
def site(book):
    root, code, said = book
    assert code == 0, said
    return root / "docs/_build/html"
