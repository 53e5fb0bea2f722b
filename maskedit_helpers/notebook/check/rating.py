"""Checks of notebook 10 a human study: a balanced order, differences in pairs, alpha, how many raters are enough."""

import numpy as np

from .answers import number
from .functions import hold
from .verdict import NotYet, exercise


@exercise
def balanced_orders(orders):
    """The reader's own orders(methods), a list of as many orders of the methods 0, 1, 2, ... as there are methods."""
    if not callable(orders):
        raise NotYet("Hand in the function itself, by its name and without brackets.")
    for methods in (2, 3, 4, 5):
        given = orders(methods)
        if given is None:
            raise NotYet("The function gives nothing back: let it end with a line that begins with `return`.")
        rows = [[number(method) for method in order] for order in given]
        if len(rows) != methods:
            raise NotYet(f"For {methods} methods {methods} raters are asked, and there are {len(rows)} orders.")
        if any(sorted(row) != list(range(methods)) for row in rows):
            raise NotYet(f"Each rater sees each of the methods 0 to {methods - 1} once; one of {rows} doesn't.")
        for place, column in enumerate(zip(*rows)):
            if len(set(column)) < methods:
                often = max(column, key=column.count)
                raise NotYet(f"With {methods} methods, method {often:.0f} stands {column.count(often)} times at place "
                             f"{place + 1}; once is right.")
    return "Each method once at each place: whoever tires at the end, tires of all of them alike."


def paired(first, second):
    return np.nanmean(first - second)


PAIRED_MISTAKES = {
    "That is the difference of two means, over answers that not everybody gave to both: subtract first.":
        lambda first, second: np.nanmean(first) - np.nanmean(second),
    "It is the wrong way round: first - second.": lambda first, second: paired(second, first),
    "Where an answer is missing it counts as 0 now; leave those out.":
        (lambda first, second: np.nan_to_num(first - second).mean(),
         lambda first, second: (np.nan_to_num(first) - np.nan_to_num(second)).mean()),
    "nan spreads: np.nanmean leaves missing ones out.": lambda first, second: (first - second).mean(),
    "That is a sum; take the mean.": lambda first, second: np.nansum(first - second),
    "The sign belongs to it: no absolute values.": lambda first, second: np.nanmean(np.abs(first - second)),
    "Raters with few answers count as much as others now: one mean over all differences.":
        lambda first, second: np.nanmean(np.nanmean(first - second, axis=1)),
    "Sources with few answers count as much as others now: one mean over all differences.":
        lambda first, second: np.nanmean(np.nanmean(first - second, axis=0)),
    "That is the median; the mean is asked for.": lambda first, second: np.nanmedian(first - second),
}


def agree_or_nan(mine, other):
    """As `functions.agree`, and nan agrees with nan: a mistake may well give it."""
    return mine.size == other.size == 1 and bool(np.allclose(mine.squeeze(), other.squeeze(), atol=1e-3,
                                                             equal_nan=True))


@exercise
def paired_function(difference):
    """The reader's own difference(first, second) of float (raters, sources) with nan."""
    rng, inputs = np.random.default_rng(0), []
    for raters, sources in ((5, 4), (6, 7), (3, 8)):
        level = rng.integers(1, 4, (raters, 1))
        both = [np.clip(level + rng.integers(0, 2 + k, (raters, sources)), 1, 5).astype(float) for k in (1, 0)]
        for some in both:
            some[rng.random(some.shape) < 0.3] = np.nan
        inputs.append(tuple(both))
    hold(difference, paired, inputs, PAIRED_MISTAKES,
         "The mean of first - second over the cells that both have answered.", agree_or_nan)
    return "In a pair, the rater's severity and the picture's difficulty go out."


def alpha(ratings):
    return 1 - ratings.var(axis=0, ddof=1).mean() / ratings.var(ddof=1)


ALPHA_MISTAKES = {
    "An answer paired with itself differs by nothing: count twos of *different* answers only, n (n - 1) of them.":
        (lambda ratings: 1 - ratings.var(axis=0).mean() / ratings.var(),
         lambda ratings: 1 - ratings.var(axis=0).mean() / ratings.var(ddof=1)),
    "D_e counts an answer with itself still: all twos of different answers.":
        lambda ratings: 1 - ratings.var(axis=0, ddof=1).mean() / ratings.var(),
    "The axes are exchanged: an item is a column.":
        lambda ratings: 1 - ratings.var(axis=1, ddof=1).mean() / ratings.var(ddof=1),
    "That is D_o / D_e; alpha is 1 minus it.": lambda ratings: 1 - alpha(ratings),
    "Squared differences, not their sizes.": lambda ratings: 1 - _sizes(ratings.T) / _sizes(ratings.reshape(1, -1)),
    "Those are standard deviations; without the root.":
        lambda ratings: 1 - ratings.std(axis=0, ddof=1).mean() / ratings.std(ddof=1),
    "That is equal or not, alpha of the nominal level; here it is squared differences.":
        lambda ratings: 1 - _unequal(ratings.T) / _unequal(ratings.reshape(1, -1)),
}


def _twos(rows):
    """Differences of all twos of different places of each row."""
    far = rows[:, :, None] - rows[:, None]
    return far[:, ~np.eye(rows.shape[1], dtype=bool)]


def _sizes(rows):
    return np.abs(_twos(rows)).mean()


def _unequal(rows):
    return (_twos(rows) != 0).mean()


@exercise
def alpha_of_answers(own):
    """The reader's own alpha(ratings), interval level, of (raters, items) without gaps."""
    rng, inputs = np.random.default_rng(2), []
    for raters, items in ((3, 6), (5, 4), (4, 12)):
        quality = rng.normal(3, 1.2, items)
        inputs.append((np.clip(np.rint(quality + rng.normal(0, 0.8, (raters, items))), 1, 5),))
    hold(own, alpha, inputs, ALPHA_MISTAKES,
         "1 - D_o / D_e: squared differences of two answers to one item, against those of any two answers.")
    return "How much nearer two answers lie for being about the same item."


SCATTER, WIDTH, SURE = 0.57, 0.4, 0.8  # of the raters' own means; of the interval; in this share of the studies


def narrow_enough(raters, scatter=SCATTER, width=WIDTH):
    """The share of studies whose 95 % interval, by Student's t, is at most so wide: by chi square, exactly."""
    from scipy.stats import chi2, t

    most = (width * np.sqrt(raters) / (2 * t.ppf(0.975, raters - 1) * scatter))**2
    return float(chi2.cdf((raters - 1) * most, raters - 1))


@exercise
def enough_raters(raters):
    """The fewest raters for an interval of at most WIDTH in SURE of the studies."""
    given = number(raters)
    if given != int(given) or given < 2:
        raise NotYet("Hand in a whole number of raters, 2 or more.")
    share = narrow_enough(int(given))
    fewest = next(n for n in range(2, 1000) if narrow_enough(n) >= SURE)
    if given < fewest - 1:  # who draws studies may be one off
        half = " The usual width isn't the one that can be relied on." if 0.4 < share < 0.6 else ""
        raise NotYet(f"With {given:.0f} raters {share:.0%} of the studies are narrow enough, and {SURE:.0%} are asked "
                     f"for.{half}")
    if given > fewest + 1:
        raise NotYet(f"That's enough ({share:.0%} of the studies), and fewer do.")
    return f"{fewest} by the formula. In half of the studies fewer would do, but you have one study only."
