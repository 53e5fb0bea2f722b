"""Pocket or full: which models are used, where their weights lie, on what device they run. Decided here only.

pocket: small models of the libraries' own classes, in models/pocket, trained by this project on drawn scenes.
full:   the published checkpoints, for photographs and a GPU: SAM's in models/full, InstructPix2Pix and CLIP
        in the Hugging Face cache.
"""

import json
import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import KitError

SIZES = ("auto", "pocket", "full")
FULL_EDITOR = "timbrooks/instruct-pix2pix"
FULL_LONG_SIDE = 512  # what InstructPix2Pix was trained at
FULL_CLIP = ("ViT-B-32", "laion2b_s34b_b79k")
FULL_CLIP_REPO = "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"
FULL_SAM = {"vit_h": "sam_vit_h_4b8939.pth", "vit_l": "sam_vit_l_0b3195.pth", "vit_b": "sam_vit_b_01ec64.pth"}


@dataclass(frozen=True)
class Choice:
    """size: "pocket" or "full". device: "cpu" or "cuda". why: one line for the reader."""

    size: str
    device: str
    why: str


def models_folder():
    """The folder of all weights: `models` in MASKEDIT_HOME if that is set, otherwise in this project."""
    home = os.environ.get("MASKEDIT_HOME") or Path(__file__).resolve().parents[1]
    return Path(home).expanduser() / "models"


def pocket_folder():
    return models_folder() / "pocket"


def pick_device(device="auto"):
    """ "auto" -> "cuda" where there is a CUDA GPU, otherwise "cpu"; any other name stands."""
    import torch

    return ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device


def choose(size="auto"):
    """Decide the size of the models and their device.

    Raises KitError if `size` (or MASKEDIT_SIZE) is none of auto, pocket, full.
    """
    asked = (os.environ.get("MASKEDIT_SIZE") or "auto") if size == "auto" else size
    if asked not in SIZES:
        raise KitError(f"{'MASKEDIT_SIZE' if size == 'auto' else 'size'} {asked!r} is unknown; "
                       f"use one of {', '.join(SIZES)}")
    device = pick_device()
    missing = _missing_full() if asked == "auto" and device == "cuda" else []
    if asked != "auto":
        size, reason = asked, "as asked"
    elif device != "cuda":
        size, reason = "pocket", "no CUDA GPU, which the full models need"
    elif missing:
        size, reason = "pocket", f"the full weights are not all here: {', '.join(missing)}"
    else:
        size, reason = "full", "a CUDA GPU and all full weights are here"
    return Choice(size, device, f"{size} models on {device} ({reason})")


def long_side(size):
    """Pixels of the longer side at which the editor of that size works."""
    return FULL_LONG_SIDE if size == "full" else _pocket_settings()["long_side"]


def load_editor(choice):
    """editor.Editor of the chosen size."""
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline as Pipeline

    from .editor import Editor

    if choice.size == "full":
        with _loading(f"InstructPix2Pix ({FULL_EDITOR})", "check the connection to the Hugging Face hub"):
            pipe = Pipeline.from_pretrained(FULL_EDITOR)
            pipe.to(choice.device, torch.float16 if choice.device == "cuda" else torch.float32)
        return Editor(pipe, FULL_LONG_SIDE)
    folder = _pocket_part("editor", "model_index.json")
    with _loading(folder, TRAIN):
        settings = _pocket_settings()
        pipe = Pipeline.from_pretrained(folder, local_files_only=True)
        pipe.to(choice.device, torch.float32)  # the file holds half floats, in which a CPU is slow
        return Editor(pipe, settings["long_side"], settings["s_T"], settings["s_I"])


def load_sam(choice):
    """sam.Segmenter of the chosen size."""
    from .sam import Segmenter

    if choice.size == "full":
        return Segmenter(_full_sam(), choice.device)
    from safetensors.torch import load_file

    from .pocket.networks import build_sam

    folder = _pocket_part("sam", "model.safetensors")
    with _loading(folder, TRAIN):
        sam = build_sam(json.loads((folder / "config.json").read_text()))
        sam.load_state_dict(load_file(folder / "model.safetensors"))
    return Segmenter(sam, choice.device)


def load_clip(choice):
    """clip.Clip of the chosen size."""
    import open_clip

    from .clip import Clip

    if choice.size == "full":
        name, pretrained = FULL_CLIP
        with _loading(f"CLIP ({name}, {pretrained})", "check the connection to the Hugging Face hub"):
            model, _, preprocess = open_clip.create_model_and_transforms(name, pretrained=pretrained)
            return Clip(model, preprocess, open_clip.get_tokenizer(name), choice.device)
    folder = _pocket_part("clip", "model.safetensors")
    words = _pocket_part("editor/tokenizer", "tokenizer_config.json")
    with _loading(folder, TRAIN):
        name = _register_clip(json.loads((folder / "config.json").read_text()), words)
        model, _, preprocess = open_clip.create_model_and_transforms(
            name, pretrained=str(folder / "model.safetensors"))
        return Clip(model, preprocess, open_clip.get_tokenizer(name), choice.device)


TRAIN = "run `maskedit train all`, or set MASKEDIT_HOME to the folder that holds models/"


def _pocket_settings():
    path = pocket_folder() / "pocket.json"
    if not path.is_file():
        raise KitError(f"no weights: {path} is not there; {TRAIN}")
    return json.loads(path.read_text())["editor"]


def _pocket_part(part, file):
    folder = pocket_folder() / part
    if not (folder / file).is_file():
        raise KitError(f"no weights: {folder / file} is not there; {TRAIN}")
    return folder


def _register_clip(config, tokenizer):
    """Tell open_clip of our model; CLIP reads the same words as the editor, so it shares its tokenizer."""
    import open_clip

    name = "maskedit-pocket"
    config["text_cfg"]["hf_tokenizer_name"] = str(tokenizer)
    with tempfile.TemporaryDirectory() as folder:  # open_clip reads configs from files only, and once
        path = Path(folder) / f"{name}.json"
        path.write_text(json.dumps(config))
        open_clip.add_model_config(path)
    return name


def _full_sam():
    import torch
    from segment_anything import sam_model_registry

    folder = models_folder() / "full"
    name = next((name for name, file in FULL_SAM.items() if (folder / file).is_file()), None)
    if name is None:
        raise KitError(f"no weights: {folder} holds no SAM checkpoint; put {FULL_SAM['vit_h']} there, "
                       "from Segment Anything's model list (or vit_l, vit_b)")
    path = folder / FULL_SAM[name]
    with _loading(path, "delete it and get it again: it is not complete, or no SAM checkpoint"):
        # SAM's own loader puts tensors where they were saved, a GPU, and unpickles whatever the file holds.
        state = torch.load(path, map_location="cpu", weights_only=True)
        sam = sam_model_registry[name]()
        sam.load_state_dict(state)
    return sam


def _missing_full():
    """What of the full weights does not lie here yet, by name; looks, downloads nothing."""
    from huggingface_hub import try_to_load_from_cache

    missing = []
    if not any((models_folder() / "full" / file).is_file() for file in FULL_SAM.values()):
        missing.append("SAM")
    index = try_to_load_from_cache(FULL_EDITOR, "model_index.json")
    if not isinstance(index, str) or not all(
            any(path.suffix in (".safetensors", ".bin") for path in (Path(index).parent / part).glob("*"))
            for part in ("unet", "vae", "text_encoder")):
        missing.append("InstructPix2Pix")
    if not any(isinstance(try_to_load_from_cache(FULL_CLIP_REPO, file), str)
               for file in ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")):
        missing.append("CLIP")
    return missing


@contextmanager
def _loading(what, remedy):
    """Load in silence; whatever a library raises over a bad or missing file becomes one line that says so."""
    from diffusers.utils import logging as diffusers_log
    from transformers.utils import logging as transformers_log

    logs = {log: log.get_verbosity() for log in (diffusers_log, transformers_log)}
    for log in logs:
        log.disable_progress_bar()
        log.set_verbosity_error()
    try:
        yield
    except KitError:
        raise
    except Exception as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise KitError(f"{what} could not be loaded ({reason[0][:160]}); {remedy}") from error
    finally:
        for log, verbosity in logs.items():
            log.enable_progress_bar()
            log.set_verbosity(verbosity)
