"""The verbs on the command line: `maskedit COMMAND`. Thin: each command reads its words and calls the verb.

Results go to stdout, everything else (progress, notes, errors) to stderr. With --json stdout holds one JSON
object and nothing else; an infinite metric (a PSNR of equal pictures) is the string "inf" there, an undefined
one null. A mistake that a person can mend is one line and exit code 2.
"""

from . import edits, masks, scores, bench, sweep, studies, study, report, pairs, training, models, clean  # noqa: F401, I001  each adds its commands, which --help lists in this order
from .group import app


def main():
    """Entry point of the `maskedit` command."""
    app(prog_name="maskedit")
