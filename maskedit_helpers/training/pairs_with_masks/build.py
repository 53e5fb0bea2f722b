"""Building pairs with masks: by all cores, or by several processes that share the shards; cut off, it goes on."""

import shutil
import time
from collections import deque
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ...downloads.checkpoints import amount
from ...errors import KitError
from ...picturebook.pairs import LEAK
from ...pictures.images import write_file
from .alone import alone, team
from .card import write_card
from .filtering import default_preset
from .making import makers, workers_for
from .origin import models_named, origin
from .settings import Settings, begin, ways
from .shards import shard_path, shard_paths, write_shard
from .source import open_source
from .summary import summary

SHARD = 100  # pairs
CHUNK = 20  # pairs that a worker makes at a time, a few seconds' work: what was begun is waited for at Ctrl-C
COMPLETE = "complete.json"


def build_pairs(folder, count=None, source="drawn", *, masks="click", preset=None, first=0, leak=LEAK, split=None,
                layout=None, size=None, border="snap", dilate=0, fill=False, shard=SHARD, models="auto", kit=None,
                workers=None, progress=True):
    """Build pairs with masks: source -> mask -> post-processing -> filter -> shards.

    Cut off, even by kill -9, the same call goes on where it stopped, to the same end. Started by `torchrun` or
    `accelerate launch`, the processes share the shards by their rank. Pairs that are dropped stay in the shards too,
    with the reason.

    Parameters
    ----------
    folder : path of the build; made if it is not there
    count : int, optional
        How many pairs; 1000 drawn ones, or all of a set, if not given.
    source : str
        "drawn"; the name of a set of `datasets`, streamed; or a path of a parquet file, of a folder with such, or of a
        set that `save_to_disk` wrote. Layouts that are known: see `layouts`.
    masks : "click", "box", "words" or "own", or several with commas, which take turns
        Where the masks are from. A click and a box point at the target where it is known (drawn pairs), or at the set's
        own mask; SAM makes the mask of them. "own" takes the set's mask as it is.
    preset : str, optional
        Which filter: a name of `filtering.PRESETS`. If not given, "pocket" for drawn pairs and pocket models, "ip2p"
        for full ones; "none" for other sets and pocket models, whose CLIP knows drawn scenes only.
    first : int
        The first seed of drawn pairs; of a set, how many rows are left out at its beginning.
    leak : float in [0, 1], of drawn pairs
    split, layout : str, optional
        Of a set: which split; its layout by name, otherwise known by its columns.
    size : int, optional
        Pixels of the longer side, to which larger pictures are scaled. Drawn pairs have 128 if not given.
    border : "snap" or "sam", as for `kit.segment`
    dilate : pixels; fill : bool, whether holes of the masks are filled
    shard : int, pairs of a shard
    models : "auto", "pocket" or "full"; kit : Kit, in place of what they name, for work in this process alone
    workers : int, optional
        Processes, each with one thread; 0 works in this one. One a core if not given, but 0 for a few pairs, with a
        `kit`, or as one of several processes.
    progress : bool, whether a bar is shown

    Returns
    -------
    dict, see `summary.summary`; also "seconds", "made", the pairs that this call made, and "done", whether it is all
    there, which of several processes the last one sees.

    Raises
    ------
    KitError
        Before the work: whatever is unknown, missing, or can't go together; a folder that holds another build; no room
        on the disk. While it goes on: a disk that refuses. What is whole by then stays.
    KeyboardInterrupt
        Ctrl-C; what is whole by then stays too.
    """
    start, folder, (rank, processes) = time.monotonic(), Path(folder), team()
    models = models_named(models, kit)
    preset = preset or default_preset(models, str(source))
    settings = Settings(str(source), split, layout or "", count, first, float(leak), size, ways(masks), border,
                        float(dilate), bool(fill), preset, shard, models, "").checked()
    opened = open_source(source, count, first, leak, split, layout, size)
    _check_ways(settings.masks, opened, source)
    if "words" in settings.masks and models == "pocket" and opened.name != "drawn":
        _check_world(opened, kit)
    settings = replace(settings, layout=opened.name, count=opened.count, origin=origin(models, kit))
    _check_room(folder, opened, shard)
    begin(folder, settings)
    with alone(folder, rank, processes):
        made = 0
        if not (folder / COMPLETE).is_file():
            workers = workers_for(workers, opened.count, kit, processes)
            made = _Build(folder, opened, settings, rank, processes, progress).go(workers, kit)
        if done := (folder / COMPLETE).is_file():
            write_card(folder)
    return {**summary(folder), "made": made, "done": done, "seconds": time.monotonic() - start}


def _check_ways(chosen, source, name):
    if "own" in chosen and not source.masks:
        raise KitError(f"{name} has no masks of its own; use masks click, box or words" if source.target else
                       f"{name} has no masks of its own, and nothing says where to click; use masks words")
    for way in {"click", "box"} & {*chosen}:
        if not (source.target or source.masks):
            raise KitError(f"masks {way}: nothing in {name} says where to point; use masks words")


def _check_world(source, kit):
    """Pocket models find nothing in photographs by words, and would say so of none of them."""
    from ...kit.kit import Kit
    from ...kit.weights import choose

    first = next((source.sample(task) for task in islice(source.rows(), 1)), None)
    if first and not first.fault and (kit or Kit(choose("pocket"))).domain(first.before) == "photograph":
        raise KitError("these look like photographs, in which the pocket models find nothing by words; use the full "
                       "models (--size full), or the set's own masks (--masks own)")


def _check_room(folder, source, shard):
    if source.count is None:
        return
    missing = max(0, source.count - shard * len(shard_paths(folder)))
    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if (free := shutil.disk_usage(there).free) < (need := missing * source.bytes_of_a_row()):
        raise KitError(f"{missing} pairs may take {amount(need)}, but only {amount(free)} are free in {there}; free "
                       "some room there, build fewer, or name a folder on a roomier disk")


class _Build:
    """What one process does: the shards of its rank that are not there yet."""

    def __init__(self, folder, source, settings, rank, processes, progress):
        self.folder, self.source, self.settings, self.progress = folder, source, settings, progress
        self.rank, self.processes = rank, processes
        self.rows = []  # of the shard under way

    def go(self, workers, kit):
        """Make them; returns how many pairs."""
        from tqdm import tqdm

        made, waiting = 0, deque()
        handed = self.source.to_hand_over()
        whole = self.settings.shard * len(shard_paths(self.folder))
        with tqdm(total=self.source.count, initial=min(whole, self.source.count or whole), desc="building pairs",
                  unit="pair", disable=not self.progress) as bar:
            try:
                with makers(workers, self.settings.models, kit, handed, self.settings) as hand_out:
                    for number, first, tasks, last in self._chunks():
                        waiting.append((number, last, hand_out(tasks, first)))
                        while len(waiting) > 2 * workers:
                            made += self._take(*waiting.popleft(), bar)
                    while waiting:
                        made += self._take(*waiting.popleft(), bar)
            except KeyboardInterrupt:
                pairs = self.settings.shard * len(shard_paths(self.folder))
                raise KeyboardInterrupt(f"stopped; {pairs} pairs are whole in {self.folder}, and the same command goes "
                                        "on") from None
            except BrokenProcessPool:
                raise KitError("the system ended a worker process, for want of memory perhaps; give fewer workers: the "
                               "same command goes on from what is whole") from None
        self._complete()
        return made

    def _chunks(self):
        """(number of the shard, of its first pair, tasks, is it the shard's last chunk?) of all that is to be done."""
        size, self.total = self.settings.shard, 0
        tasks = iter(self.source.rows())
        number = 0
        while shard := list(islice(tasks, size)):
            self.total += len(shard)
            if number % self.processes == self.rank and not shard_path(self.folder, number).exists():
                for at in range(0, len(shard), CHUNK):
                    yield number, number * size + at, shard[at:at + CHUNK], at + CHUNK >= len(shard)
            number += 1

    def _take(self, number, last, answer, bar):
        rows = answer.result()
        self.rows += rows
        bar.update(len(rows))
        if last:
            write_shard(self.folder, number, self.rows)
            self.rows = []
        return len(rows)

    def _complete(self):
        """If this is the last of the processes to end: say that nothing is missing."""
        shards = -(-self.total // self.settings.shard)
        if all(shard_path(self.folder, number).exists() for number in range(shards)):
            write_file(self.folder / COMPLETE, f'{{"pairs": {self.total}}}\n'.encode(), ".json")
