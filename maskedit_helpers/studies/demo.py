"""The three cases end to end: SAM's mask of one click, InstructPix2Pix's edit, two blends, the metrics.

The mask's border is snapped to the picture's edges; the soft blend also mixes the pixels on it, which in any picture
show a bit of both sides.
"""

from pathlib import Path

from ..errors import KitError
from ..metrics.measure import measure
from ..metrics.truth import mask_iou
from ..picturebook.cases import case_names, load_case
from ..pictures.blend import blend
from ..written import make_folder

# The soft blend's feather, as a share of the longer side: half a pixel for pocket. Out of dilate 0 to 2 and feather 0
# to 1 pixels this brought the whole picture nearest to the true edit on 60 held-out scenes: 33.9 dB where the plain
# blend has 33.6. A pixel of each, which pays with SAM's own border (32.5 for 31.5 dB), costs with this one (32.6).
SOFT = 0.5 / 128
WIDE = 14  # inches: six pictures side by side
TITLES = {"soft": "soft_edge", "truth": "true_edit"}  # in the figure, for names that say too little


def run_demo(kit, out, progress=True):
    """Run every case; write one figure of each, its pictures in a folder beside that, and demo.png with all figures.

    The folder of a case holds original.png, mask.png, baseline.png, blended.png, soft.png (the blend with a
    soft edge, see SOFT) and, where it is known, truth.png, all at the size at which the models work.

    Parameters
    ----------
    kit : Kit
    out : path
        Folder for the pictures; made if it is not there.
    progress : bool
        Show a progress bar.

    Returns
    -------
    (rows, figures) : dicts as `me.measure` gives them, with "case" and "result" ("baseline", "blended", "soft",
        and "oracle", the blend by the true mask, where there is one), measured against the true mask where there is
        one, and then with "mask_iou" (the mask that the result was blended by against the true one); and the paths of
        the figures. The pictures of out/dog.png lie in out/dog.

    Raises
    ------
    KitError
        No weights, a case that can't be read, or a folder that can't be written.
    """
    from tqdm import tqdm

    from ..figures.show import save_figure, show_rows
    from ..pictures.images import write_png

    models = kit.sam, kit.clip, kit.editor  # loaded first: without weights there should be no folder either
    cases = [load_case(name, models[-1].long_side) for name in case_names()]
    out = Path(out)
    for folder in (out, *(out / case.name for case in cases)):
        try:
            make_folder(folder)
        except OSError as error:
            raise KitError(f"{folder}: the folder could not be made ({error.strerror}); choose another") from error
    rows, figures, shown = [], [], {}
    for case in tqdm(cases, desc="cases", unit="case", disable=not progress):
        x0, M = case.image, kit.segment(case.image, points=[case.click])
        y = kit.edit(x0, case.instruction, anyway=True, progress=False)
        results = {"baseline": y, "blended": blend(x0, y, M), "soft": blend(x0, y, M, feather=SOFT * max(M.shape))}
        judge = M if case.mask is None else case.mask
        oracle = {} if case.mask is None else {"oracle": blend(x0, y, case.mask)}
        for result, picture in {**results, **oracle}.items():
            metrics = measure(x0, picture, judge, kit=kit, captions=case.captions, truth=case.truth)
            known = {"mask_iou": mask_iou(M, judge)} if oracle and result != "oracle" else {}
            rows.append({"case": case.name, "result": result, **known, **metrics})
        pictures = {"original": x0, "mask": M, **results, **({} if case.truth is None else {"truth": case.truth})}
        for name, picture in pictures.items():
            write_png(out / case.name / f"{name}.png", picture)
        shown[case.instruction] = {TITLES.get(name, name): picture for name, picture in pictures.items()}
        figures.append(out / f"{case.name}.png")
        row = {"": shown[case.instruction]}
        save_figure(show_rows(row, alt=_alt(case, row[""]), page=WIDE), figures[-1])
    figures.append(out / "demo.png")
    save_figure(show_rows(shown, page=WIDE), figures[-1])
    return rows, figures


def _alt(case, pictures):
    names = ", ".join(name.replace("_", " ") for name in pictures)
    return f"{case.captions[0]}; asked: {case.instruction}. From left to right: {names}."
