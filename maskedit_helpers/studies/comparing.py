"""Is one setting better than another? Each scene is its own control: differences in pairs, not of two means.

How much better, with an interval, comes first; a p only says that the difference is not that of the scenes and
trainings that happened to be drawn, and who looks at many of them finds some by chance: Holm's are corrected for that.
"""
import numpy as np

from ..errors import KitError
from ..metrics.metric import metric as row_of
from .intervals import crossed_mean

UNTRAINED = (None, -1)  # what stands for its seed where nothing was trained


def compare_in_pairs(rows, factor, baseline, metric, by=(), *, scene="scene", seed="train_seed", within=("edit_seed",)):
    """What each level of a factor gains on the baseline, in pairs on the same scene.

    Parameters
    ----------
    rows : list of dict, or a DataFrame: settings, `scene`, metrics. None and nan are what was not measured
    factor : name of the setting to compare
    baseline : its level with which all others are compared
    metric : name, or several
    by : names of settings for each of whose levels it is asked by itself
    scene, seed : names of the columns that say which scene, and which training; an editor that was not trained for
        this has none there, None or -1, and is paired with each training
    within : names of settings that repeat the same scene; such repeats are paired each with its own, then averaged

    Returns
    -------
    list of dict, one for each level, metric and combination of `by`: those settings, the factor's level, "baseline",
    "metric", "n" scenes and "seeds" in pairs; "difference", the mean of level - baseline in the metric's own unit, with
    "low" and "high", its 95 % interval (`intervals.crossed_mean`); "effect", Cohen's d_z, the mean difference in
    standard deviations of the scenes' differences; "p" that so large a difference comes by chance, and "p_holm", the
    same corrected for all comparisons of this call. None for what so few pairs don't tell.

    Raises
    ------
    KitError
        A column or a baseline that is not there; two rows for one place in a pair, which some other setting tells
        apart.

    Source: Cohen, "Statistical power analysis", 1988, 2.3.5 for d_z; Holm, Scand. J. Statist. 6, 1979.
    """
    by, metrics = names_of(by), names_of(metric)
    pairs = paired(rows, factor, baseline, metrics, by, scene=scene, seed=seed, within=within)
    found = [{**dict(zip((*by, factor), which)), "baseline": baseline, "metric": name,
              **_told(by_seed_and_scene(group, name, scene, seed))}
             for which, group in grouped(pairs, (*by, factor)) for name in metrics]
    for row, p in zip(found, holm([row["p"] for row in found])):
        row["p_holm"] = p
    return found


def paired(rows, factor, baseline, metrics, by=(), *, scene="scene", seed="train_seed", within=("edit_seed",)):
    """The differences themselves: rows of all other levels with a partner, whose metrics are less those of the
    partner, None where one of the two has none. Arguments and errors as of `compare_in_pairs`."""
    rows, by, metrics = listed(rows), names_of(by), names_of(metrics)
    _check(rows, factor, baseline, metrics, by, scene)
    found = []
    for _, group in grouped(rows, by):
        levels = {level: _placed(part, scene, seed, within, factor) for (level,), part in grouped(group, (factor,))}
        base = levels.pop(baseline, {})
        for places in levels.values():
            for place, row in places.items():
                for other, training in _partners(place, places, base):
                    found.append({**row, seed: training, **{name: _less(row, other, name) for name in metrics}})
    return found


def holm(chances):
    """p corrected for their number: of all true nulls none is rejected at level a with a chance of 1 - a.

    chances : p in [0, 1], or None, which counts for nothing

    Returns a list in the same order. Source: Holm, "A simple sequentially rejective multiple test procedure", 1979.
    """
    known = [p for p in chances if p is not None]
    order = np.argsort(known, kind="stable")
    stepped = np.minimum(1, np.maximum.accumulate(np.sort(known) * np.arange(len(known), 0, -1)))
    corrected = np.empty(len(known))
    corrected[order] = stepped
    left = iter(corrected.tolist())
    return [None if p is None else next(left) for p in chances]


def listed(rows):
    """Rows as a list of dict, whatever holds them; nan is None."""
    rows = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    return [{name: None if value != value else value for name, value in row.items()} for row in rows]


def grouped(rows, names):
    """[(levels of those settings, the rows that have them)], in the order in which they come."""
    groups = {}
    for row in rows:
        groups.setdefault(tuple(row.get(name) for name in names), []).append(row)
    return list(groups.items())


def by_seed_and_scene(rows, name, scene="scene", seed="train_seed"):
    """A metric as an array (K, N) for `crossed_mean`; rows of the same scene and training are averaged."""
    cells = {}
    for row in rows:
        if row.get(name) is not None:
            cells.setdefault((row.get(seed), row[scene]), []).append(float(row[name]))
    return _array({place: np.mean(values) for place, values in cells.items()})


def _array(cells):
    """{(seed, scene): value} as an array (K, N), nan where there is none."""
    seeds, scenes = (sorted({place[i] for place in cells}, key=str) for i in (0, 1))  # whatever order they come in
    values = np.full((len(seeds), len(scenes)), np.nan)
    for (seed, scene), value in cells.items():
        values[seeds.index(seed), scenes.index(scene)] = value
    return values


def _placed(rows, scene, seed, within, factor):
    """{(training, scene, repeat): row}"""
    places = {}
    for row in rows:
        place = row.get(seed), row[scene], tuple(row.get(name) for name in within)
        if place in places:
            differ = [name for name, value in row.items() if row_of(name).function is None and value !=
                      places[place].get(name) and isinstance(value, (str, int)) and name not in (scene, seed)]
            raise KitError(f"two rows of scene {row[scene]} with {factor} = {row[factor]!r}; take one of them, or name "
                           f"in by= what tells them apart{': ' + ' or '.join(differ) if differ else ''}")
        places[place] = row
    return places


def _partners(place, places, base):
    """[(row of the baseline, of which training the pair is)]"""
    training, *where = place
    if place in base:
        return [(base[place], training)]
    alone = next((base[one, *where] for one in UNTRAINED if (one, *where) in base), None)
    if alone:
        return [(alone, training)]
    if all(one in UNTRAINED for one, *_ in places):  # a pair with each training of the baseline
        return [(row, one) for (one, *at), row in base.items() if at == where]
    return []


def _less(row, other, name):
    return None if row.get(name) is None or other.get(name) is None else float(row[name]) - float(other[name])


def _told(differences):
    from scipy.stats import t

    told = crossed_mean(differences)
    effect = p = None
    if told["n"] > 1:
        rounding = 1e-9 * abs(told["mean"])
        spread = float(np.nanmean(differences, axis=0).std(ddof=1))
        effect = told["mean"] / spread if spread > rounding else None
        p = float(2 * t.sf(abs(told["mean"]) / told["error"], told["freedom"])) if told["error"] > rounding else \
            float(told["mean"] == 0)
    return {"n": told["n"], "seeds": told["seeds"], "difference": told["mean"], "low": told["low"],
            "high": told["high"], "effect": effect, "p": p}


def _check(rows, factor, baseline, metrics, by, scene):
    if not rows:
        raise KitError("no rows to compare; measure some first")
    known = {name for row in rows for name in row}
    for name in (factor, *metrics, *by, scene):
        if name not in known:
            raise KitError(f"the rows have no column {name!r}; use one of {', '.join(sorted(known))}")
    levels = list(dict.fromkeys(row.get(factor) for row in rows))
    if baseline not in levels:
        raise KitError(f"no row has {factor} = {baseline!r}; use one of {', '.join(map(repr, levels))}")


def names_of(names):
    """One name, or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)
