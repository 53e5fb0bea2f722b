"""Pairs looked at by people: who accepted which, kept in a small file, and how far two of them agree.

One line of JSON an answer, {"pair": name, "vetter": name, "accept": true, false, or null where it was taken back}; of
several answers of one vetter to one pair the last line counts. Lines are only added, each in one piece, so that several
vetters can share a file and one who is interrupted loses nothing.
"""

import json
import math
import os
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from ..errors import KitError

FILE = "vetting.jsonl"  # in a folder of pairs


class Agreement(NamedTuple):
    """pairs: int, how many both have answered. equal: the share of these with equal answers, 0 to 1. kappa: Cohen's,
    at most 1; 0 is what chance alone gives. nan where it says nothing: no pairs, or both always gave one answer."""

    pairs: int
    equal: float
    kappa: float


def agreement(first, second):
    """How far two vetters agree, over the pairs that both have answered.

    Two who accept nearly everything agree often even if neither looks. Cohen's kappa takes that out:
    (p_o - p_e) / (1 - p_e), of the share p_o of equal answers and the share p_e that two would have by chance who give
    each answer as often as these two do.

    Parameters
    ----------
    first, second : {pair: answer}, or two lists of answers in one order; answers may be any words or numbers

    Returns
    -------
    Agreement

    Raises
    ------
    KitError
        Two lists of different length, or one list and one dict.

    Source: Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and Psychological Measurement, 1960.
    """
    if not (isinstance(first, dict) and isinstance(second, dict)):
        if isinstance(first, dict) or isinstance(second, dict) or len(first) != len(second):
            raise KitError("agreement needs two dicts {pair: answer}, or two lists of the same length")
        first, second = dict(enumerate(first)), dict(enumerate(second))
    both = [pair for pair in first if pair in second]
    first, second, n = [first[pair] for pair in both], [second[pair] for pair in both], len(both)
    if not n:
        return Agreement(0, math.nan, math.nan)
    equal = sum(a == b for a, b in zip(first, second))
    often, other = Counter(first), Counter(second)
    chance = sum(often[answer] * other[answer] for answer in often)  # whole numbers: n * n times p_e
    return Agreement(n, equal / n, math.nan if chance == n * n else (n * equal - chance) / (n * n - chance))


def read_vetting(file):
    """What the vetters of a file answered.

    Parameters
    ----------
    file : path of a file as above, or of a folder of pairs with vetting.jsonl in it

    Returns
    -------
    {vetter: {pair: bool}}, both in the order in which they last answered; {} if there is no such file yet. A line that
    is broken, as a crash may leave the last one, is passed over.

    Raises
    ------
    KitError
        The system does not let it be read.
    """
    path = vetting_file(file)
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []
    except OSError as error:
        raise KitError(f"{path}: could not be read ({error.strerror})") from error
    found = {}
    for pair, vetter, accept in filter(None, map(_answer, lines)):
        answers = found.setdefault(vetter, {})
        answers.pop(pair, None)  # a later answer stands later
        if accept is not None:
            answers[pair] = accept
    return {vetter: answers for vetter, answers in found.items() if answers}


def _answer(line):
    """(pair, vetter, accept) of a line, or None."""
    try:
        said = json.loads(line)
        pair, vetter, accept = said["pair"], said["vetter"], said["accept"]
    except (ValueError, TypeError, KeyError):
        return None
    right = isinstance(pair, str) and isinstance(vetter, str) and (accept is None or isinstance(accept, bool))
    return (pair, vetter, accept) if right else None


def add_answer(file, pair, vetter, accept):
    """Add one answer to a file, which is made if it is not there.

    Parameters
    ----------
    file : as for `read_vetting`
    pair, vetter : str
    accept : bool, or None to take the latest answer back

    Raises
    ------
    KitError
        The folder is missing, or the system refuses (disk full, read-only).
    """
    path = vetting_file(file)
    if not path.parent.is_dir():
        raise KitError(f"{path}: there is no folder {path.parent}; make it first")
    line = json.dumps({"pair": pair, "vetter": vetter, "accept": accept}, ensure_ascii=False) + "\n"
    try:
        with open(path, "ab+", buffering=0) as out:
            if out.tell() and (out.seek(-1, os.SEEK_END), out.read(1))[1] != b"\n":
                line = "\n" + line  # a crash left half a line
            out.write(line.encode())
            os.fsync(out.fileno())
    except OSError as error:
        raise KitError(f"{path}: could not be written ({error.strerror}); free some room there or choose "
                       "another place") from error


def vetting_file(file):
    """The file itself, or the one in a folder of pairs."""
    path = Path(file)
    return path / FILE if path.is_dir() else path


def vetted(file, pairs):
    """What a data card says of a subset that people looked at, as lines of Markdown.

    Parameters
    ----------
    file : as for `read_vetting`
    pairs : names of the pairs in the subset; answers to others do not count

    Returns
    -------
    list of str: one line for each vetter, one for each two of them; none if nobody has answered yet.
    """
    names = set(pairs)
    found = {vetter: {pair: accept for pair, accept in answers.items() if pair in names}
             for vetter, answers in read_vetting(file).items()}
    found = {vetter: answers for vetter, answers in found.items() if answers}
    lines = [f"- {vetter} looked at {len(answers)} of {len(names)} pairs ({len(answers) / len(names):.0%}) and "
             f"accepted {sum(answers.values())} of these" for vetter, answers in found.items()]
    people = list(found)
    for i, one in enumerate(people):
        for other in people[i + 1:]:
            both = agreement(found[one], found[other])
            if both.pairs:
                kappa = "not defined" if math.isnan(both.kappa) else f"{both.kappa:.2f}"
                lines.append(f"- {one} and {other} agree on {both.equal:.0%} of {_pairs(both.pairs)} that both "
                             f"looked at (Cohen's kappa {kappa})")
    return lines


def _pairs(n):
    return f"{n} pair{'' if n == 1 else 's'}"
