"""`python -m maskedit_helpers` is `maskedit`."""

from .cli.app import main

main()
