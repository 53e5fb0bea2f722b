"""Pocket or full: which models are used, where their weights lie, on what device they run. Decided here only.

pocket: small models of the libraries' own classes, in models/pocket, trained by this project on drawn scenes.
full:   the published checkpoints, for photographs and a GPU; `fetch` gets them and knows where they lie.
"""

import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from ..devices import FULL, GB, LOW, memory_guard, number_format, pick_device, total_memory
from ..downloads import fetch as fetching
from ..errors import KitError
from ..loading import loading
from ..places import models_folder
from .pocket import TRAIN, load_student, pocket_part, pocket_settings

SIZES = ("auto", "pocket", "full")
MEMORIES = ("auto", "normal", "low")
FULL_LONG_SIDE = 512  # what InstructPix2Pix was trained at
FULL_SAM = ("vit_h", "vit_l", "vit_b")  # largest first
FULL_CLIP = ("vit_b_32", "vit_l_14")  # the second is what papers measure with


@dataclass(frozen=True)
class Choice:
    """size: "pocket" or "full". device: "cpu", "cuda" or "mps". memory: "normal" or "low".

    sam, clip: which checkpoints, by their names in `fetch`; nothing to pocket. why: one line for the reader.
    """

    size: str
    device: str
    memory: str
    sam: str
    why: str
    clip: str = "clip_vit_b_32"


def choose(size="auto", memory="auto", sam="auto", fetch=False, clip="vit_b_32"):
    """Decide the size of the models, their device, and how they use its memory. See `kit.load`.

    Raises KitError if one of the words is unknown; `size` is also read from MASKEDIT_SIZE.
    """
    asked = (os.environ.get("MASKEDIT_SIZE") or "auto") if size == "auto" else size
    _known("MASKEDIT_SIZE" if size == "auto" else "size", asked, SIZES)
    _known("memory", memory, MEMORIES)
    _known("sam", sam, ("auto", *FULL_SAM))
    _known("clip", clip, FULL_CLIP)
    device = pick_device()
    size, reason = _auto(device, sam, fetch, clip) if asked == "auto" else (asked, "as asked")
    if size == "pocket":
        device = "cuda" if device == "cuda" else "cpu"  # so small that a Mac's GPU gains nothing
        return Choice("pocket", device, "normal", "", f"pocket models on {device} ({reason})")
    total = total_memory(device)
    if memory == "auto":
        memory = "low" if total is not None and total < FULL else "normal"
    how = ", moved to the GPU piece by piece to save its memory" if memory == "low" else ""
    how += f", CLIP {clip}" if clip != FULL_CLIP[0] else ""
    why = f"full models on {device} ({reason}{how})"
    return Choice("full", device, memory, _sam_name(sam), why, f"clip_{clip}")


def _known(what, word, words):
    if word not in words:
        raise KitError(f"{what} {word!r} is unknown; use one of {', '.join(words)}")


def _auto(device, sam, fetch, clip):
    """("full" or "pocket", why)"""
    if device != "cuda":
        return "pocket", "no CUDA GPU, which the full models need"
    total = total_memory(device)
    if total < LOW:
        return "pocket", f"the GPU has {total / GB:.0f} GB, and the full models need {LOW // GB}"
    missing = fetching.missing([_sam_name(sam), "instruct_pix2pix", f"clip_{clip}"])
    if missing and not fetch:
        return "pocket", f"a GPU is here, but not {', '.join(missing)}: `maskedit fetch {' '.join(missing)}` gets them"
    return "full", "a CUDA GPU is here, and all full weights" + (" will be fetched" if missing else "")


def _sam_name(sam):
    """The name of `fetch`; for "auto" the largest that lies here, or else the largest there is."""
    names = [f"sam_{size}" for size in FULL_SAM] if sam == "auto" else [f"sam_{sam}"]
    return next(filter(fetching.have, names), names[0])


def long_side(size):
    """Pixels of the longer side at which the editor of that size works."""
    return FULL_LONG_SIDE if size == "full" else pocket_settings()["long_side"]


def domain_limit(choice):
    """How foreign a picture may look to the editor, see domain.py; None for full, and for weights that bring none."""
    return pocket_settings()["domain_limit"] if choice.size == "pocket" else None


def load_editor(choice):
    """editor.Editor of the chosen size."""
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline as Pipeline

    from ..editing.editor import Editor

    if choice.size == "full":
        (folder,) = fetching.fetch(["instruct_pix2pix"])
        with loading(folder, AGAIN.format("instruct_pix2pix")), memory_guard("InstructPix2Pix", FREE):
            pipe = Pipeline.from_pretrained(folder, local_files_only=True).to(number_format(choice.device))
            _place(pipe, choice)
        return Editor(pipe, FULL_LONG_SIDE, slow=choice.device == "cpu", learned=_learned("full"))
    folder = pocket_part("editor", "model_index.json")
    with loading(folder, TRAIN):
        settings = pocket_settings()
        pipe = Pipeline.from_pretrained(folder, local_files_only=True)
        pipe.to(choice.device, torch.float32)  # the file holds half floats, in which a CPU is slow
        return Editor(pipe, settings["long_side"], settings["s_T"], settings["s_I"], plan="fast",
                      student=partial(load_student, choice.device), learned=_learned("pocket"))


def _learned(size):
    """(way, U-Net) -> `load_learned`, each once, from where the weights of that size lie now."""
    return cache(partial(load_learned, models_folder() / size / "mask_aware"))


def load_learned(home, way, unet):
    """What a mask-aware editor learnt beside the U-Net: `conditioning.learned.Learned`.

    way : its folder, or the name of one in the folder `home`
    """
    from ..conditioning.files import SETTINGS, load

    folder = next((place for place in (home / way, Path(way)) if (place / SETTINGS).is_file()), None)
    if folder is None:
        raise KitError(f"there is no mask-aware editor {way!r} for the {home.parent.name} models; train one, "
                       "`maskedit train mask-aware --out FOLDER`, and give its folder")
    with loading(folder, "train it again: maskedit train mask-aware"):
        return load(folder, unet)


def load_sam(choice):
    """sam.Segmenter of the chosen size."""
    from ..masks.sam import Segmenter

    if choice.size == "full":
        (path,) = fetching.fetch([choice.sam])
        with loading(path, AGAIN.format(choice.sam)), memory_guard("SAM", FREE):
            return Segmenter(_full_sam(choice.sam, path), choice.device)
    from safetensors.torch import load_file

    from .networks import build_sam

    folder = pocket_part("sam", "model.safetensors")
    with loading(folder, TRAIN):
        sam = build_sam(json.loads((folder / "config.json").read_text()))
        sam.load_state_dict(load_file(folder / "model.safetensors"))
    return Segmenter(sam, choice.device)


def load_clip(choice):
    """clip.Clip of the chosen size."""
    import open_clip

    from ..masks.clip import Clip

    if choice.size == "full":
        (folder,) = fetching.fetch([choice.clip])
        with loading(folder, AGAIN.format(choice.clip)), memory_guard("CLIP", FREE):
            name = f"local-dir:{folder}"
            model, _, preprocess = open_clip.create_model_and_transforms(name)
            return Clip(model, preprocess, open_clip.get_tokenizer(name), choice.device)
    folder = pocket_part("clip", "model.safetensors")
    words = pocket_part("editor/tokenizer", "tokenizer_config.json")
    with loading(folder, TRAIN):
        name = _register_clip(json.loads((folder / "config.json").read_text()), words)
        model, _, preprocess = open_clip.create_model_and_transforms(
            name, pretrained=str(folder / "model.safetensors"))
        return Clip(model, preprocess, open_clip.get_tokenizer(name), choice.device)


def load_detector(choice):
    """detector.Detector; there is none of pocket's size."""
    if choice.size != "full":
        raise KitError("pocket has no detector: it grounds with SAM's own proposals, ranked by CLIP, through "
                       "kit.ground(image, instruction); me.load(\"full\") has GroundingDINO")
    import torch
    from transformers import AutoModelForZeroShotObjectDetection, AutoProcessor

    from ..masks.detector import Detector

    (folder,) = fetching.fetch(["grounding_dino_tiny"])
    with loading(folder, AGAIN.format("grounding_dino_tiny")), memory_guard("GroundingDINO", FREE):
        model = AutoModelForZeroShotObjectDetection.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, dtype=torch.float32)
        return Detector(model, AutoProcessor.from_pretrained(folder, local_files_only=True), choice.device)


AGAIN = "get it again: maskedit fetch {}"
FREE = "close what else uses it, or take less: me.load(\"full\", memory=\"low\", sam=\"vit_b\")"


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


def _full_sam(name, path):
    import torch
    from segment_anything import sam_model_registry

    # SAM's own loader puts tensors where they were saved, a GPU, and unpickles whatever the file holds.
    state = torch.load(path, map_location="cpu", weights_only=True)
    sam = sam_model_registry[name.removeprefix("sam_")]()
    sam.load_state_dict(state)
    return sam


def _place(pipe, choice):
    """The pipeline on its device: all of it, or where memory is short each model only while it works."""
    if choice.memory == "normal":
        pipe.to(choice.device)
        return
    pipe.enable_attention_slicing()
    pipe.vae.enable_slicing()
    pipe.vae.enable_tiling()
    if choice.device != "cpu":  # a CPU has nowhere else to keep them
        pipe.enable_model_cpu_offload(device=choice.device)
