"""From nothing to the pocket weights: which part needs what, where it works and where its result lands."""
import json
from pathlib import Path

from ..errors import KitError
from ..places import models_folder, pocket_folder
from .dataset import load_dataset
from .loop import export, train

PAIRS = 24_000  # seven minutes to draw on two cores, 3.5 GB on the disk
# Order matters: the editor works in the VAE's latents, CLIP reads with the editor's tokenizer.
SHARES = {"vae": 0.11, "editor": 0.46, "sam": 0.32, "clip": 0.11}  # of the minutes, for "all"


def train_part(name, minutes=None, steps=None, resume=False, device="auto", seed=0, warm=False, pairs=PAIRS):
    """Train one part, or "all" of them in order, and put the weights into models/pocket.

    Parameters
    ----------
    name : "vae", "editor", "sam", "clip" or "all"
    minutes, steps : budget, for "all" the minutes of all parts together; by default each part's own
    resume : go on from the checkpoint in models/training
    warm : begin from the weights in models/pocket instead of from nothing
    pairs : how many drawn pairs to train on

    Raises
    ------
    KitError : an unknown part, one whose VAE is missing, and as `loop.train`.
    """
    if name != "all" and name not in SHARES:
        raise KitError(f"there is no part {name!r}; train one of {', '.join(SHARES)} or all")
    if name != "all":
        return _train_one(name, minutes, steps, resume, device, seed, warm, pairs)
    for part, share in SHARES.items():
        _train_one(part, minutes and minutes * share, steps, resume, device, seed, warm, pairs)


def _train_one(name, minutes, steps, resume, device, seed, warm, pairs):
    import torch
    from accelerate import PartialState

    torch.manual_seed(seed)  # of the fresh weights; the loop seeds each step itself
    with PartialState(cpu=device == "cpu").main_process_first():  # one process draws and encodes, all use it
        part = make_part(name, load_dataset(pairs, work_folder()))
    if warm:
        start_from_weights(part)
    if carried := warm and name == "vae":  # by an editor that is there already, and works in its latents
        part.keep_latents()
    folder = work_folder() / name
    train(part, folder, minutes=minutes, steps=steps, resume=resume, device=device, seed=seed)
    if PartialState().is_main_process:
        export(part, folder, pocket_folder() / "editor" / "vae" if carried else result_folder(name))
        if name == "editor":
            (pocket_folder() / "pocket.json").write_text(json.dumps({"editor": part.settings}, indent=2) + "\n")


def work_folder():
    """Pairs, checkpoints, logs and previews; nothing in it is needed once the weights are exported."""
    return models_folder() / "training"


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
    from .editor import MAX_TOKENS, EditorPart
    from .grammar import words
    from .vocabulary import build_tokenizer

    tokenizer = build_tokenizer(words(), MAX_TOKENS)
    if name == "clip":
        from .clip import ClipPart

        return ClipPart(dataset, tokenizer)
    return EditorPart(dataset, _trained_vae(), tokenizer, work_folder())


def start_from_weights(part):
    """Load the pocket weights into a part's modules; what is not kept with them (SAM's reader) stays fresh."""
    from safetensors.torch import load_file

    home = pocket_folder()
    files = {"vae": home / "editor/vae/diffusion_pytorch_model.safetensors",
             "unet": home / "editor/unet/diffusion_pytorch_model.safetensors",
             "text_encoder": home / "editor/text_encoder/model.safetensors",
             "sam": home / "sam/model.safetensors", "clip": home / "clip/model.safetensors"}
    for name, module in part.modules().items():
        if name not in files:
            continue
        if not files[name].is_file():
            raise KitError(f"no weights: {files[name]} is not there to begin from; leave out --warm")
        module.load_state_dict(load_file(files[name]))


def _trained_vae():
    from diffusers import AutoencoderKL

    for folder in (result_folder("vae"), pocket_folder() / "editor" / "vae"):
        if (Path(folder) / "config.json").is_file():
            return AutoencoderKL.from_pretrained(folder)
    raise KitError("the editor needs a trained VAE: run `maskedit train vae` first")
