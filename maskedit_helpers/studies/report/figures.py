"""The report's figures: those of the kit's pages, drawn anew at a column's width, as vector PDF and as PNG."""

import io
from contextlib import contextmanager
from dataclasses import dataclass

from ...errors import KitError
from ...pictures.images import read_image, read_mask, write_file
from ..sweep.drawing import figures_of
from ..sweep.points import lines_of
from ..sweep.words import models_of, sentence, told
from .marks import safe

SHOWN = ("original", "mask", "baseline", "blended", "truth")
DOTS = 300  # of the PNG, an inch
CASES = 0.72  # of the page's width: three rows of pictures are high
# matplotlib's own Times and a font with more letters, so that words take the same room on every machine; in a PDF they
# stay letters.
STYLE = {"font.serif": ["STIXGeneral", "DejaVu Serif"], "mathtext.fontset": "stix", "axes.labelsize": 7,
         "pdf.fonttype": 42, "axes.linewidth": 0.6, "figure.autolayout": False}


@dataclass(frozen=True)
class Drawn:
    """A figure's files are figures/NAME.pdf and .png. wide : over both columns? caption : in the report's markup."""

    name: str
    caption: str
    alt: str
    wide: bool


def figures(found, folder, tell):
    """Draw all that there is something for.

    Parameters
    ----------
    found : gather.Found
    folder : Path, where the files go
    tell : function that is called with what is being drawn

    Returns
    -------
    {name: Drawn}
    """
    made = {}
    for name, wide, caption, draw in _wanted(found):
        tell(f"figure {name}")
        with in_print(wide) as page:
            figure = draw(page)
            for ending in ("pdf", "png"):
                write_file(folder / f"{name}.{ending}", _bytes(figure, ending), f".{ending}")
        made[name] = Drawn(name, caption, " ".join(figure.alt.split()), wide)
    return made


@contextmanager
def in_print(wide):
    """CVPR's sizes of letters, in inches the width of a column or of both: `with in_print(False) as page`."""
    import matplotlib
    from tueplots import bundles

    style = bundles.cvpr2024(column="full" if wide else "half", usetex=False) | STYLE
    page = style.pop("figure.figsize")[0]
    with matplotlib.rc_context({name: value for name, value in style.items() if "layout" not in name}):
        yield page


def _bytes(figure, ending):
    data = io.BytesIO()
    told = {"Subject": figure.alt, "CreationDate": None} if ending == "pdf" else {"Description": figure.alt}
    figure.savefig(data, format=ending, dpi=DOTS, metadata=told)
    return data.getvalue()


def _wanted(found):
    """(name, over both columns?, caption, function of the width in inches that draws it)"""
    if found.pictures:
        yield ("cases", True, "The cases of the demo: original, mask of one click, the edit as it is (baseline), "
               "blended by the mask, and the true edit where it is known.", lambda page: _cases(found.pictures, page))
    if found.controls:
        yield from _controls(*found.controls)
    for name, study in found.studies.items():
        for drawing in figures_of(study.spec):
            try:
                yield _of_study(name, study, drawing)
            except KitError as error:  # as of rows that are not all there yet
                found.missing.append((f"figure {safe(drawing.name)} of the study `{name}`", safe(error)))
    if found.bench:
        from ..bench.figure import bench_figure

        yield ("bench", False, "Seconds of an edit against its quality, a point for each editor: {} models on {}, {} "
               "held-out scenes.".format(*(found.bench[what] for what in ("models", "device", "scenes"))),
               lambda page: bench_figure(found.bench, page))
    if found.ratings:
        from ..ratings.bars import answers_figure, titled

        yield ("ratings", True, f"What people answered ({safe(titled(found.ratings))}). Intervals of 95 % are over "
               "raters and sources.", lambda page: answers_figure(found.ratings, found.ratings["questions"], page))


def _cases(pictures, page):
    from ...figures.show import show_rows

    names = [name for name in SHOWN if all(name in there for there in pictures.values())]
    rows = {case: {name: read_mask(there[name]) if name == "mask" else read_image(there[name]) for name in names}
            for case, there in pictures.items()}
    said = ", ".join(names)
    return show_rows(rows, page=CASES * page, low=0.5, size=8, alt=(
        f"A row of pictures for each case, {', '.join(rows)}; in each from left to right: {said}."))


def _controls(run, rows):
    from ..scoreboard import controls_figure, means

    sources = list(dict.fromkeys(row["source"] for row in rows))
    scenes, of = len({row["scene"] for row in rows}), run["models"]
    yield ("controls", False, "The controls' frontier: how right the edit is against how much of the background is "
           f"kept before the pixel blend. {of.capitalize()} models, {scenes} scenes, means with 95 % intervals.",
           lambda page: controls_figure(means(rows, run["controls"], sources), of, scenes, page))


def _of_study(name, study, drawing):
    from ..sweep.figure import draw

    lines = lines_of(drawing, study.rows, study.spec)
    about = told(drawing, lines, models_of(study.rows, study.spec))
    named = max((len({point.words for points in lines.values() for point in points}), *map(len, lines.values())))
    wide = len(drawing.y) > 2 or drawing.kind == "bars" and named > 9
    return (f"{name}_{drawing.name}", wide, f"{safe(sentence(drawing.title))} {about[0].upper()}{about[1:]}.",
            lambda page: draw(drawing, study.rows, study.spec, page))
