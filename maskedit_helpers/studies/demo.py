"""The three cases end to end: SAM's mask of one click, InstructPix2Pix's edit, the blend, the metrics."""

from pathlib import Path

from ..errors import KitError
from ..metrics.measure import measure
from ..metrics.truth import mask_iou
from ..picturebook.cases import case_names, load_case
from ..pictures.blend import blend


def run_demo(kit, out, progress=True):
    """Run every case, write one figure of each and demo.png with all of them.

    Parameters
    ----------
    kit : Kit
    out : path
        Folder for the pictures; made if it is not there.
    progress : bool
        Show a progress bar.

    Returns
    -------
    (rows, paths) : dicts as `me.measure` gives them, with "case" and "result" ("baseline" or "blended"), measured
        against the true mask where there is one, and then with "sam_iou" (SAM's mask against the true one); and the
        files written.

    Raises
    ------
    KitError
        No weights, a case that can't be read, or a folder that can't be written.
    """
    from tqdm import tqdm

    from ..pictures.show import save_figure, show_row, show_rows

    models = kit.sam, kit.clip, kit.editor  # loaded first: without weights there should be no folder either
    cases = [load_case(name, models[-1].long_side) for name in case_names()]
    out = Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise KitError(f"{out}: the folder could not be made ({error.strerror}); choose another") from error
    rows, paths, shown = [], [], {}
    for case in tqdm(cases, desc="cases", unit="case", disable=not progress):
        x0, M = case.image, kit.segment(case.image, points=[case.click])
        y = kit.edit(x0, case.instruction, progress=False)
        y_tilde = blend(x0, y, M)
        judge = M if case.mask is None else case.mask
        for result, picture in (("baseline", y), ("blended", y_tilde)):
            metrics = measure(x0, picture, judge, kit=kit, captions=case.captions, truth=case.truth)
            known = {} if case.mask is None else {"sam_iou": mask_iou(M, judge)}  # against itself it would be 1
            rows.append({"case": case.name, "result": result, **known, **metrics})
        pictures = {"original": x0, "SAM_mask": M, "baseline": y, "blended": y_tilde}
        if case.truth is not None:
            pictures["true_edit"] = case.truth
        shown[case.instruction] = pictures
        paths.append(out / f"{case.name}.png")
        save_figure(show_row(alt=_alt(case, pictures), **pictures), paths[-1])
    paths.append(out / "demo.png")
    save_figure(show_rows(shown), paths[-1])
    return rows, paths


def _alt(case, pictures):
    names = ", ".join(name.replace("_", " ") for name in pictures)
    return f"{case.captions[0]}; asked: {case.instruction}. From left to right: {names}."
