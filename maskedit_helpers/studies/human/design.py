"""Who sees what, and when: the order in which each rater is shown the edits of a study.

The edits are shown in rounds. A round shows every source once; over the rounds a source goes through its methods in
the order of a row of a Williams square, in which each method stands at each rank once and follows each other one
equally often. A square has a row for each method, so as many raters as there are methods make a block:

    rater t of a block, source of class c, rank k        method W[(t + c) mod m][k]

A source's class is its number mod m. Each round has a pattern that says which class stands at which place; the raters
of a block share it, and each fills it with the sources of the class in an order of their own. So over every block
each method stands at each place of the list once, and each source meets each method at each rank once, however the
raters' own seeds fall. Blocks alternate between the square and its mirror, which balances what follows what where m is
odd, and each block has patterns of its own. Repeats and attention items stand at places that are the same for all.

Source: Williams, "Experimental designs balanced for the estimation of residual effects of treatments", Australian
Journal of Scientific Research A 2, 1949.
"""

import random
from typing import NamedTuple

from ...errors import KitError

ATTENTION = ("untouched", "everywhere")  # the original itself; a picture changed all over
REPEATS = 0.1  # share of the edits that are shown a second time
FEWEST = 3  # sources: with fewer a repeat would stand next to its own source


class Showing(NamedTuple):
    """One page: the edit of a source by a method, or the source's attention item of that name, which has method -1;
    repeat is 1 where it was shown before."""

    source: int
    method: int
    repeat: int = 0
    attention: str = ""


def williams(m):
    """The m rows of a Williams square of m methods: a Latin square in which, for even m, each method directly follows
    each other one once; for odd m the square and its mirror (each row read backwards) do so together, twice."""
    first = [(k + 1) // 2 if k % 2 else (m - k // 2) % m for k in range(m)]  # 0, 1, m-1, 2, m-2, ...
    return [[(method + t) % m for method in first] for t in range(m)]


def rating_order(sources, methods, rater, seed=0, per_rater=None, repeats=REPEATS, attention=()):
    """What a rater is shown, in order.

    Parameters
    ----------
    sources : int >= 3, how many originals
    methods : int >= 1, how many edits each has
    rater : int >= 0, the number of the rater, in the order of arrival
    seed : int or str, the study's
    per_rater : int or None, how many different edits a rater rates; all if None. Over the raters, each source and each
        method then come equally often
    repeats : 0 to 0.5, share of these that are shown a second time, later and without a word
    attention : names out of ATTENTION; each adds one item

    Returns
    -------
    list of Showing; sources and methods are numbers from 0. No two of one source stand next to each other.

    Raises
    ------
    KitError
        Too few sources or methods, a part that is larger than the whole, a share or a name that is none.
    """
    every = sources * methods
    shown = every if per_rater is None else per_rater
    _check(sources, methods, rater, shown, every, repeats, attention)
    block, t = divmod(rater, methods)
    square = williams(methods)
    row = [tuple(reversed(one)) if block % 2 else tuple(one) for one in square]
    own = random.Random(f"{seed}, rater {rater}")
    order = []
    for k, (pattern, members) in enumerate(_rounds(sources, methods, shown, block, seed)):
        members = {c: own.sample(some, len(some)) for c, some in members.items()}
        order += [Showing(members[c].pop(), row[(t + c) % methods][k]) for c in pattern]
    return _with_extras(order, t, methods, f"{seed}, places", own, round(repeats * shown), attention)


def _rounds(sources, methods, shown, block, seed):
    """(class at each place, {class: its sources}) of each round of a block. The first round may have a part of the
    sources, a window that moves on from block to block; each later one has all."""
    names = random.Random(f"{seed}, sources").sample(range(sources), sources)  # a source's number in the design
    whole, rest = divmod(shown, sources)
    window = [(block * rest + i) % sources for i in range(rest)]
    shared, last = random.Random(f"{seed}, block {block}"), None
    for part in [window] * bool(rest) + [range(sources)] * whole:
        members = {}
        for number in part:
            members.setdefault(number % methods, []).append(names[number])
        pattern = shared.sample([number % methods for number in part], len(part))
        if pattern[0] == last:  # of another class is another source; methods > 1 here, or there is one round only
            other = next(i for i, c in enumerate(pattern) if c != last)
            pattern[0], pattern[other] = pattern[other], pattern[0]
        last = pattern[-1]
        yield pattern, members


def _with_extras(order, t, methods, seed, own, repeats, attention):
    """Repeats in the later half and attention items in between, at places that all raters of the study share."""
    length, shared = len(order), random.Random(seed)
    later = range(length // 2 + 1, length + 1)
    places = [(place, "") for place in shared.sample(later, min(repeats, len(later)))]
    inner = [place for place in range(2, length) if place not in dict(places)] or [length]
    names = [name for name in ATTENTION if name in attention]
    places += zip(shared.sample(inner, len(names)) if len(inner) >= len(names) else inner * len(names), names)
    out, used, asked = list(order), set(), 0
    for place, name in sorted(places):
        at = place + len(out) - length  # those that stand before it have moved it
        near = {one.source for one in out[max(0, at - 1):at + 1]}
        if name:
            free = sorted({one.source for one in order} - near)
            out.insert(at, Showing(own.choice(free), -1, 0, name))
            continue
        seen = [(i, one) for i, one in enumerate(out[:at]) if not (one.repeat or one.attention)
                and one.source not in near and (one.source, one.method) not in used]
        wanted = (t + asked) % methods
        asked += 1
        chosen = _remembered([pair for pair in seen if pair[1].method == wanted] or seen, at, own)
        if chosen is not None:
            used.add((chosen.source, chosen.method))
            out.insert(at, chosen._replace(repeat=1))
    return out


def _remembered(seen, at, own):
    """One of those seen, the longer ago the better: out of the older half."""
    return own.choice(seen[:len(seen) // 2 + 1])[1] if seen else None


def _check(sources, methods, rater, shown, every, repeats, attention):
    if sources < FEWEST:
        raise KitError(f"a study needs {FEWEST} sources at least, so that no two edits of one stand next to each "
                       f"other; there are {sources}")
    if methods < 1 or rater < 0:
        raise KitError(f"{methods} methods and rater number {rater}: give one method at least, and count from 0")
    if not FEWEST <= shown <= every:
        raise KitError(f"{shown} edits a rater: give {FEWEST} to {every}, which is all of them")
    if not 0 <= repeats <= 0.5:
        raise KitError(f"repeats is {repeats}; give a share from 0 to 0.5, such as {REPEATS}")
    if unknown := [name for name in attention if name not in ATTENTION]:
        raise KitError(f"no attention item is called {unknown[0]!r}; choose out of {', '.join(ATTENTION)}")
