"""What there is to report: demo, scoreboards, sweeps and ratings that are here, and the names of those that are not."""

import json
import warnings
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ...errors import KitError
from ...places import HOME, results_folder
from ..mask_aware import mask_aware_rows
from ..measured import control_rows, read_rows
from ..sweep.kept import study_rows
from ..sweep.spec import Spec, read_spec
from ..sweep.table import study_tables
from .marks import safe

DATA = HOME / "data"


@dataclass(frozen=True)
class Study:
    """A sweep: its file, its rows, and how many of its cells have any."""

    spec: Spec
    rows: list
    cells: int

    @cached_property
    def told(self):
        """Its tables as numbers, `study_tables`."""
        return study_tables(self.spec, self.rows)


@dataclass
class Found:
    """All that a report is made of; None and {} where there is nothing.

    demo : Path, the folder of the demo's pictures, {case: {name: Path}} in `pictures`
    cases, scores : {"run", "rows"} and {"run", "scores"} of the scoreboard, as `pages.measured` keeps them
    controls, mask_aware : (run, rows), as `measured.read_rows` and `mask_aware_rows` give them
    bench : what `bench.bench` returns
    studies : {name: Study}
    ratings : what `analyse_ratings` returns
    missing : [(what, what to do)]
    files : [Path] of all that was read
    """

    pictures: dict = field(default_factory=dict)
    cases: dict | None = None
    scores: dict | None = None
    controls: tuple | None = None
    mask_aware: tuple | None = None
    bench: dict | None = None
    studies: dict = field(default_factory=dict)
    ratings: dict | None = None
    missing: list = field(default_factory=list)
    files: list = field(default_factory=list)

    def __bool__(self):
        return any((self.pictures, self.cases, self.scores, self.controls, self.mask_aware, self.bench, self.studies,
                    self.ratings))


def gather(demo=None, data=None, ratings=None, studies=()):
    """Read what is there.

    Parameters
    ----------
    demo : path, as `maskedit demo` writes it; `demo` in the folder of results if not given
    data : path, with scoreboard_pocket.json, controls_pocket.jsonl, mask_aware_pocket.jsonl, bench_pocket.json and the
        folder studies; the kit's own if not given
    ratings : what `read_ratings` takes, or None
    studies : paths of further studies' files

    Returns
    -------
    Found

    Raises
    ------
    KitError
        A folder or file that was named and is not there; one of those files that holds something else.
    """
    found = Found()
    _demo(found, demo)
    data = _named_folder(data, DATA)
    board = _json(found, data / "scoreboard_pocket.json", "the scoreboard", "make scoreboard") or {}
    found.cases, found.scores = board.get("demo"), board.get("evaluate")
    found.controls = _rows(found, data / "controls_pocket.jsonl", "the controls' scoreboard",
                           "maskedit evaluate --controls all --rows {}", control_rows)
    found.mask_aware = _rows(found, data / "mask_aware_pocket.jsonl", "the mask-aware editors",
                             "maskedit evaluate --controls blend,mask-aware --plan fast --rows {}", mask_aware_rows)
    found.bench = _json(found, data / "bench_pocket.json", "the benchmark", "make bench")
    for path in (*sorted((data / "studies").glob("*.toml")), *map(Path, studies)):
        _study(found, path)
    if ratings is None:
        found.missing.append(("a human study", "`maskedit study new` begins one; then `maskedit report --ratings` and "
                              "its folder, or its answers as CSV"))
    else:
        from ..ratings.analyse import analyse_ratings

        found.ratings = analyse_ratings(ratings)
        found.files += [path for path in ([Path(ratings)] if isinstance(ratings, (str, Path)) else [])
                        if path.is_file()]
    return found


def _demo(found, demo):
    from ...picturebook.cases import case_names

    folder = _named_folder(demo, results_folder() / "demo")
    for case in dict.fromkeys((*case_names(), *sorted(path.name for path in folder.glob("*") if path.is_dir()))):
        there = {path.stem: path for path in sorted((folder / case).glob("*.png"))}
        if {"original", "mask", "baseline", "blended"} <= there.keys():
            found.pictures[case] = there
            found.files += there.values()
    if not found.pictures:
        found.missing.append(("the demo's pictures", f"`maskedit demo` writes them to {_short(folder)}"))


def _named_folder(given, usual):
    if given is not None and not Path(given).is_dir():
        raise KitError(f"{given}: there is no such folder; name another one")
    return Path(usual if given is None else given)


def _json(found, path, what, how):
    if not path.is_file():
        found.missing.append((what, f"`{how}` measures it"))
        return None
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(said, dict):
            raise ValueError
    except (OSError, ValueError) as error:
        raise KitError(f"{path} is not as the kit wrote it; `{how}` makes it anew") from error
    found.files.append(path)
    return said


def _rows(found, path, what, how, read):
    run, rows = read_rows(path) if path.is_file() else (None, [])
    if not rows:
        found.missing.append((what, f"`{how.format(_short(path))}` measures them"))
        return None
    found.files.append(path)
    return run, read(path)


def _study(found, path):
    spec = read_spec(path)
    sweep = f"`maskedit sweep run {_short(path)}` measures"
    if not any(spec.folder.glob("*.parquet")):
        found.missing.append((f"the study `{spec.name}` ({safe(spec.title)})", f"it has no rows; {sweep} them"))
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        rows = study_rows(spec)
    there, wanted = _cells(spec, rows), len(spec.cells())
    if told or there < wanted:
        found.missing.append((f"{wanted - there} of {wanted} cells of the study `{spec.name}`", f"{sweep} them"))
    found.studies[spec.name] = Study(spec, rows, there)
    found.files += sorted(spec.folder.glob("*.parquet"))


def _cells(spec, rows):
    """How many of a study's cells have rows."""
    names = spec.varied()
    return len({tuple(row.get(name) for name in names) for row in rows})


def _short(path):
    """A path from the project's folder, where it lies in it."""
    path = Path(path).resolve()
    return path.relative_to(HOME).as_posix() if HOME in path.parents else str(path)
