"""From nothing to the pocket weights: which part needs what, where it works and where its result lands."""
import json
from pathlib import Path

from ..conditioning.ways import WAYS
from ..errors import KitError
from ..fingerprint import fingerprint
from ..picturebook.pairs import LEAK, drawing_code
from ..places import pocket_folder, work_folder
from .budget import Budget
from .dataset import PAIRS, load_dataset
from .loop import begun, export, train
from .mask_aware.run import train_mask_aware
from .signature import refuse_another
from .team import check_device

# Order matters: the editor works in the VAE's latents, CLIP reads with the editor's tokenizer, fast and the mask-aware
# editors begin as the plain one.
SHARES = {"vae": 0.07, "editor": 0.30, "sam": 0.21, "clip": 0.07, "fast": 0.15}  # of the minutes, for "all"
AWARE = 0.05  # the share of each way of a mask-aware editor
# The pocket weights of a part's modules, of those that are kept.
WEIGHTS = {"vae": {"vae": "editor/vae/diffusion_pytorch_model.safetensors"},
           "editor": {"unet": "editor/unet/diffusion_pytorch_model.safetensors",
                      "text_encoder": "editor/text_encoder/model.safetensors"},
           "sam": {"sam": "sam/model.safetensors"}, "clip": {"clip": "clip/model.safetensors"},
           "fast": {"unet": "fast/diffusion_pytorch_model.safetensors"}}


def train_part(name, minutes=None, steps=None, resume=False, device="auto", seed=0, warm=False, pairs=PAIRS):
    """Train one part, or "all" of them in order, and put the weights into models/pocket.

    Parameters
    ----------
    name : "vae", "editor", "sam", "clip", "fast" or "all"
    minutes, steps : budget, for "all" the minutes of all parts together; by default each part's own
    resume : go on from the checkpoint in models/training, with the settings that it was begun with
    warm : begin from the weights in models/pocket instead of from nothing
    pairs : how many drawn pairs to train on

    Raises
    ------
    KitError : an unknown part, one whose VAE is missing, and as `loop.train`; before anything is drawn, where that
        can be known by then.
    """
    if name != "all" and name not in SHARES:
        raise KitError(f"there is no part {name!r}; train one of {', '.join(SHARES)}, mask-aware or all")
    Budget.of(minutes, steps, None)
    check_device(device)
    if pairs < 1:
        raise KitError(f"{pairs} pairs: give 1 or more")
    if not 0 <= seed < 2 ** 63:
        raise KitError(f"seed {seed}: give a number from 0 to 2^63 - 1")
    settings = {"pairs": pairs, "leak": LEAK, "drawing code": drawing_code(), "warm": warm}
    for part in SHARES if name == "all" else [name]:
        _check_begin(part, resume, settings | {"seed": seed})
    if name == "editor":
        _vae_folder()
    if name == "fast":
        _weights("editor")
    if name != "all":
        return _train_one(name, minutes, steps, resume, device, seed, settings)
    for part, share in SHARES.items():
        _train_one(part, minutes and minutes * share, steps, resume, device, seed, settings)
    for way in WAYS:
        train_mask_aware(way, minutes=minutes and minutes * AWARE, steps=steps, resume=resume, device=device, seed=seed,
                         pairs=pairs)


def _check_begin(name, resume, settings):
    """Refuse a run that can't begin, or go on, before minutes of drawing."""
    folder = work_folder() / name
    if state := begun(name, folder, resume):
        refuse_another(folder / "checkpoint.pt", state, settings)
    if settings["warm"]:
        _weights(name)


def _train_one(name, minutes, steps, resume, device, seed, settings):
    import torch
    from accelerate import PartialState

    torch.manual_seed(seed)  # of the fresh weights; the loop seeds each step itself
    part = make_part(name, load_dataset(settings["pairs"], work_folder()))  # of several processes one draws
    if warm := settings["warm"]:
        start_from_weights(part)
    if carried := warm and name == "vae":  # by an editor that is there already, and works in its latents
        part.keep_latents()
    if name == "editor":
        settings = settings | {"vae": fingerprint(part.pipe.vae)}
    if name == "fast":
        settings = settings | {"teacher": fingerprint(part.pipe.unet)}
    folder = work_folder() / name
    train(part, folder, minutes=minutes, steps=steps, resume=resume, device=device, seed=seed, settings=settings)
    if PartialState().is_main_process:
        export(part, folder, pocket_folder() / "editor" / "vae" if carried else result_folder(name))
        if name == "editor":
            (pocket_folder() / "pocket.json").write_text(json.dumps({"editor": part.settings}, indent=2) + "\n")


def result_folder(name):
    """Where the kit loads a part from. The VAE waits beside its checkpoint: the editor carries it on."""
    return work_folder() / "vae" / "weights" if name == "vae" else pocket_folder() / name


def make_part(name, dataset):
    """The part `name` for the training loop."""
    if name == "vae":
        from .vae import VAEPart

        return VAEPart(dataset)
    if name == "sam":
        from .sam import SamPart

        return SamPart(dataset)
    from ..picturebook.grammar import words
    from .editor import MAX_TOKENS, EditorPart
    from .vocabulary import build_tokenizer

    tokenizer = build_tokenizer(words(), MAX_TOKENS)
    if name == "clip":
        from .clip import ClipPart

        return ClipPart(dataset, tokenizer)
    if name == "editor":
        return EditorPart(dataset, _trained_vae(), tokenizer, work_folder())
    from ..kit.weights import choose, load_editor
    from .fast import FastPart

    return FastPart(dataset, load_editor(choose("pocket")).pipe, work_folder())


def start_from_weights(part):
    """Load the pocket weights into a part's modules; what is not kept with them (SAM's reader) stays fresh."""
    from safetensors.torch import load_file

    for name, file in _weights(part.name).items():
        part.modules()[name].load_state_dict(load_file(file))


def _weights(name):
    """{module: file} of the part `name`; KitError if one is not there."""
    files = {module: pocket_folder() / file for module, file in WEIGHTS[name].items()}
    for file in files.values():
        if not file.is_file():
            raise KitError(f"no weights: {file} is not there to begin from; train {name} first")
    return files


def _trained_vae():
    from diffusers import AutoencoderKL

    return AutoencoderKL.from_pretrained(_vae_folder())


def _vae_folder():
    for folder in (result_folder("vae"), pocket_folder() / "editor" / "vae"):
        if (Path(folder) / "config.json").is_file():
            return folder
    raise KitError("the editor needs a trained VAE: run `maskedit train vae` first")
