"""Measure a folder of edits, whoever made them: checked first, then every metric for which all is there."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tqdm import tqdm

from ...pictures.images import read_image
from ..evaluate import PSNR_CAP
from .checks import check
from .edit import known
from .eyes import Eyes
from .layouts import layout_of
from .measures import MEASURES, measured
from .oddities import Oddities
from .table import scores, tables


@dataclass(frozen=True, repr=False)
class FolderMetrics:
    """What a folder's edits came to; shows itself as a table for each method.

    layout: its name. rows: a dict for each edit, with "picture", "method", "setting" and the metrics by their names, in
    their own units. scores: {method: {metric: {"mean", "low", "high", "n"}}}, undefined values left out, PSNRs capped
    at 60 dB. conventions: {metric: whose it is, and by what network}. left_out: {metric: why}. notes: what is odd.
    """

    layout: str
    rows: list
    scores: dict
    conventions: dict
    left_out: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)

    @property
    def tables(self):
        """{method: Table}"""
        return tables(self.scores, self.conventions)

    @property
    def remarks(self):
        """Notes and what is left out, in sentences."""
        reasons = {}
        for name, why in self.left_out.items():
            reasons.setdefault(why, []).append(f"{MEASURES[name].label} ({MEASURES[name].convention})")
        return [f"note: {note}" for note in self.notes] + [
            f"left out: {', '.join(names)}: {why}" for why, names in reasons.items()]

    def __repr__(self):
        return "\n\n".join([*map(repr, self.tables.values()), *(["\n".join(self.remarks)] if self.remarks else [])])

    def _repr_html_(self):
        from html import escape

        return "".join([*(table._repr_html_() for table in self.tables.values()),
                        *(f"<p>{escape(one)}</p>" for one in self.remarks)])


def measure_folder(folder, *, layout="auto", edits=None, size="auto", masks=None, common=False, progress=True):
    """All metrics of all edits in a folder, by the conventions of those who measure so.

    Parameters
    ----------
    folder : path
        PIE-Bench's or MagicBrush's with a folder of results for each method in edits/, or one's own; how each lies, the
        error says for a folder that lies otherwise.
    layout : "auto", "pie-bench", "magicbrush" or "plain"
    edits : list of str
        Which methods: NAME where its edits lie in the folder, NAME=FOLDER where they lie elsewhere; all that lie there
        if None.
    size : "auto", "pocket" or "full"
        Whose CLIP. "auto" takes that of each convention if its weights are here, or else, for drawn pictures, the
        pocket CLIP; tables say which it was.
    masks : "white", "black" or "transparent"
        What means edit in the masks of a folder of one's own, white if None; benchmarks say it themselves.
    common : bool
        Where edits are missing, measure the pictures that every method has.
    progress : bool, show progress bars

    Returns
    -------
    FolderMetrics; a metric whose weights are not here is left out, and it says so by name. Nothing is downloaded.

    Raises
    ------
    KitError
        Before the work: another layout, a method without all edits, pictures that can't be read or don't fit each
        other, a mask that selects nothing.
    """
    which, lies = layout_of(folder, layout)
    todo = lies.edits(Path(folder), edits, common, masks)
    eyes = Eyes(size, list({one.original: partial(read_image, one.original) for one in todo if one.original}.values()))
    check(todo, lies.fit, progress)
    chosen, left_out = _chosen(todo, eyes, lies.CAPTIONS)
    _read_captions(todo, chosen, eyes)
    rows, odd = [], Oddities()
    for edit in tqdm(todo, desc="measuring", unit="edit", disable=not progress):
        found = known(edit, lies.fit)
        rows.append({"picture": edit.name, "session": edit.session, "method": edit.method, "setting": edit.setting,
                     "heading": edit.heading, **measured(chosen, found, eyes)})
        odd.see(edit, found)
    notes = odd.notes
    if any(row.get(one.name, 0) > PSNR_CAP for row in rows for one in chosen if one.unit == "dB"):
        notes.append(f"a PSNR over {PSNR_CAP:.0f} dB, as of a background kept exactly, counts as that in the means")
    named = {one.name: ", ".join([one.convention, *(f"by {eyes.name(eye)}" for eye in one.eyes)]) for one in chosen}
    found = scores(rows)
    rows = [{name: value for name, value in row.items() if name not in ("session", "heading")} for row in rows]
    return FolderMetrics(which, rows, found, named, left_out, notes)


def _chosen(todo, eyes, captions):
    """([Measure], {name: why not}) of those that some edit has all the pictures and words for."""
    there = [{"answer", *(name for name, value in (("x0", one.original), ("y", one.original), ("M", one.mask),
                                                   ("mask", one.mask), ("target", one.target), ("truth", one.truth),
                                                   ("before", one.before), ("after", one.after)) if value)}
             for one in todo]
    chosen, left_out = [], {}
    for measure in MEASURES.values():
        if not any(set(measure.data) <= have for have in there):
            if any(set(measure.data) - {"before", "after"} <= have for have in there):
                left_out[measure.name] = f"there are no captions of {_words(measure)}; {captions} holds them"
            continue
        if lacks := next(filter(None, map(eyes.lacks, measure.eyes)), ""):
            left_out[measure.name] = lacks
        else:
            chosen.append(measure)
    return chosen, left_out


def _words(measure):
    return "the pictures before and after" if "before" in measure.data else "what should be seen"


def _read_captions(todo, chosen, eyes):
    """Have CLIP read all words, which it remembers: what is too long for it is said before the work."""
    for clip in dict.fromkeys(eye for one in chosen for eye in one.eyes if eye.startswith("clip")):
        for edit in todo:
            for words in filter(None, (edit.before, edit.after)):
                eyes[clip].text(words)
