"""What this machine is: versions of libraries, its GPU or its lack of one, its memory."""

import importlib.util
from importlib import metadata

from .devices import GB, free_memory, number_format, pick_device, total_memory


def machine():
    """Versions and GPU in one line, for the set-up cell of a notebook."""
    device = device_facts()
    gpu = "no CUDA GPU (the pocket models need none)"
    if device["name"].startswith("cuda"):
        gpu = f"{device['name']} with {device['total_gb']:.0f} GB"
    return f"torch {version('torch')}, diffusers {version('diffusers')}, {gpu}"


def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None if importlib.util.find_spec(name.replace("-", "_")) is None else "unknown"


def device_facts():
    name = pick_device()  # which is quicker at loading torch than a plain import
    import torch

    total, free = total_memory(name), free_memory(name)
    full_name = f"{name} ({torch.cuda.get_device_name(0)})" if name == "cuda" else name
    return {"name": full_name, "dtype": str(number_format(name)).removeprefix("torch."),
            "free_gb": None if free is None else round(free / GB, 1),
            "total_gb": None if total is None else round(total / GB, 1)}
