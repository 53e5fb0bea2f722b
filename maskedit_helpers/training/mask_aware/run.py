"""One run: from pairs and the plain editor to the weights of a mask-aware one."""

from pathlib import Path

from ...conditioning.files import SETTINGS
from ...errors import KitError
from ...fingerprint import fingerprint
from ...picturebook.pairs import LEAK, drawing_code
from ...places import models_folder, work_folder
from ..budget import Budget
from ..dataset import PAIRS, load_dataset
from ..loop import begun, export, train
from ..signature import refuse_another
from ..team import check_device
from .built import built_dataset
from .jitter import LIGHT
from .part import IT, PENALTY, RANK, MaskAwarePart, check_recipe


def train_mask_aware(way, rank=RANK, *, penalty=PENALTY, target="pasted", jitter=LIGHT, it=IT, leak=LEAK, minutes=None,
                     steps=None, resume=False, device="auto", seed=0, pairs=PAIRS, batch=MaskAwarePart.batch_size,
                     begin=None, built=None, size="pocket", out=None):
    """Teach the editor to read a mask.

    Parameters
    ----------
    way, rank, penalty, target, jitter, it : see `part.MaskAwarePart`, where the penalty's weight is `lambda_`
    leak : float in [0, 1], how far the pairs spill
    minutes, steps, resume, device, seed, pairs : as for `train.train_part`
    batch : int, samples of a step
    begin : folder of mask-aware weights of the same rank to begin with, at half the learning rate; the plain editor's
        if not given
    built : folder of `maskedit pairs build`, to train on its pairs instead of `pairs` drawn ones
    size : "pocket" or "full", which editor; full needs built pairs and a GPU, see models/pocket/mask_aware/README.md
    out : folder for the weights, of a study, say, with the run's checkpoint in a folder `run` there; by default the
        way's in models/<size>/mask_aware, where `me.MaskAware` finds it by name

    Raises
    ------
    KitError : what can't be trained so, before anything is drawn; and as `loop.train`.

    Returns
    -------
    Path of the folder with the weights, for `me.MaskAware`.
    """
    from accelerate import PartialState

    check_recipe(way, rank, penalty, target, jitter, it)
    Budget.of(minutes, steps, None)
    check_device(device)
    if min(pairs, batch) < 1:
        raise KitError(f"{pairs} pairs in batches of {batch}: give 1 or more of both")
    if not 0 <= leak <= 1:
        raise KitError(f"leak is {leak}; give 0 (no edit spills) to 1 (every edit spills, and far)")
    if begin is not None and not (Path(begin) / SETTINGS).is_file():
        raise KitError(f"{begin} holds no mask-aware weights to begin with")
    if size not in ("pocket", "full"):
        raise KitError(f'size {size!r} is unknown; use "pocket" or "full"')
    if size == "full" and built is None:
        raise KitError("the full editor learns from photographs: build pairs with `maskedit pairs build`, and give "
                       "their folder (--built)")
    name = f"mask-aware-{way}"
    folder = Path(out) / "run" if out else work_folder() / size.replace("pocket", "") / name
    settings = {**_of_pairs(built, pairs, leak), "size": size, "rank": rank, "penalty": penalty, "target": target,
                "jitter": jitter, "it": it, "begin": begin and str(begin)}
    if state := begun(name, folder, resume):
        refuse_another(folder / "checkpoint.pt", state, settings | {"seed": seed})
    import torch

    from ...kit.weights import choose, load_editor, long_side

    dataset = built_dataset(built, long_side(size)) if built else None  # what is wrong with them is said first
    pipe = load_editor(choose(size)).pipe.to(torch.float32)  # halves can't be trained
    torch.manual_seed(seed)  # of the fresh layers
    part = MaskAwarePart(dataset or load_dataset(pairs, work_folder(), leak), pipe, work_folder(), way, rank, penalty,
                         target, jitter, it, begin)
    part.batch_size = batch
    part.lr /= 1 if begin is None else 2
    train(part, folder, minutes=minutes, steps=steps, resume=resume, device=device, seed=seed,
          settings=settings | {"editor": fingerprint(pipe.unet)})
    weights = Path(out or models_folder() / size / "mask_aware" / way)
    if PartialState().is_main_process:
        export(part, folder, weights)
    return weights


def _of_pairs(built, pairs, leak):
    """What a run hangs on, as far as its pairs go."""
    return {"built": str(built)} if built else {"pairs": pairs, "leak": leak, "drawing code": drawing_code()}
