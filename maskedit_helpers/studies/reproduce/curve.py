"""`maskedit reproduce curve`: InstructPix2Pix's trade-off between what is kept and what is changed, measured again."""

from dataclasses import replace
from pathlib import Path

from ...errors import KitError
from ...pictures.images import write_file
from ...places import HOME, results_folder
from ...written import make_folder
from ..sweep.figure import study_figure
from ..sweep.png import save_small
from ..sweep.run import sweep
from ..sweep.spec import read_spec
from ..sweep.table import study_table
from .deviations import deviations

STUDY = HOME / "data" / "studies" / "curve.toml"
AS_PUBLISHED = {"scheduler": "", "steps": 100, "plan": "exact"}  # on full; 5000 pictures are hours on any GPU
S_T = [7.5]


def curve_spec(models="pocket", *, scenes=None, pairs=None, clip="vit_l_14", s_T=None, steps=None, scheduler=None):
    """The study of the curve: that of pocket as kept, or the same as the paper has it, for the full models.

    Raises KitError for the full models without pairs.
    """
    spec = read_spec(STUDY)
    fixed, factors = dict(spec.fixed), dict(spec.factors)
    if models == "full":
        if not pairs:
            raise KitError("the full models edit photographs: --pairs names a folder of pairs with captions, for "
                           "example of `maskedit pairs build pairs/ip2p --source "
                           "timbrooks/instructpix2pix-clip-filtered --masks words --side 512`")
        fixed |= AS_PUBLISHED | {"models": "full", "clip": clip}
        factors["s_T"] = S_T
    given = {"scenes": scenes, "pairs": pairs and str(Path(pairs).resolve()), "steps": steps, "scheduler": scheduler}
    fixed |= {name: value for name, value in given.items() if value is not None}
    if s_T:
        factors["s_T"] = [float(level) for level in s_T]
    return replace(spec, fixed=fixed, factors=factors, scenes=fixed.get("scenes", spec.scenes))


def reproduce_curve(models="pocket", out=None, *, workers=1, rows=None, progress=True, **options):
    """Measure the curve, or what is missing of it, and write its figure and its page.

    Parameters
    ----------
    models : "pocket" or "full"
    out : path, the folder of curve.png and curve.md; `reproduce` in the folder of results if not given
    workers : int, processes here
    rows : path, the folder of rows; that of the kept study for pocket as it is kept, otherwise `rows` in `out`
    **options : of `curve_spec`

    Returns
    -------
    {"figure", "page"} : Path; "alt" and "table" : str; "rows" : list of dict.

    Raises
    ------
    KitError
        As `curve_spec` and `sweep.run.sweep`.
    """
    spec = curve_spec(models, **options)
    out = Path(out) if out else results_folder() / "reproduce"
    make_folder(out)
    kept = spec == read_spec(STUDY)
    measured = sweep(spec, workers, rows=rows or (None if kept else out / "rows"), progress=progress)
    figure = study_figure(spec, rows=measured)
    table = study_table(spec, form="markdown", rows=measured)
    places = {"figure": out / "curve.png", "page": out / "curve.md"}
    save_small(figure, places["figure"])
    page = f"# {spec.title}\n\n![{figure.alt}](curve.png)\n\n{deviations(measured)}\n\n{table}\n"
    write_file(places["page"], page.encode(), ".md")
    return {**places, "alt": figure.alt, "table": table, "rows": measured}
