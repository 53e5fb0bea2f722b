"""`python -m maskedit_helpers` is `maskedit`."""

from .cli import main

main()
