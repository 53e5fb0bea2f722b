"""Which machine was it? Seconds say nothing without it."""

import os
import platform
from pathlib import Path

from ..words import counted

BUSY = 0.5  # processes that want to run, on average over the last minute, of which the benchmark is none


def examine(device):
    """Look before the work begins.

    device : "cpu", "cuda" or "mps", on which the models are

    Returns
    -------
    dict of plain values: "cpu" name, "cores", "threads" that torch uses, "instructions" that speed matters for, "gpu"
    name or None, "system", "python", "torch", "diffusers", "load" (average of the last minute, None where the system
    doesn't tell) and "busy".
    """
    from importlib import metadata

    import torch

    from ...devices import native_bf16

    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    tells = {"AVX-512": torch.cpu._is_avx512_supported, "bf16 by AVX-512": torch.cpu._is_avx512_bf16_supported,
             "bf16 by AMX": torch.cpu._is_amx_tile_supported}
    return {
        "cpu": cpu_name(), "cores": cores(), "threads": torch.get_num_threads(),
        "instructions": [name for name, here in tells.items() if here()],
        "native_bf16": native_bf16(torch.device(device)), "device": device,
        "gpu": torch.cuda.get_device_name(0) if device == "cuda" else None, "system": platform.system(),
        "python": platform.python_version(), "torch": torch.__version__, "diffusers": metadata.version("diffusers"),
        "load": load, "busy": load is not None and load > BUSY}


def described(machine):
    """The machine in a line."""
    parts = [f"{machine['cpu']}, {counted(machine['cores'], 'core')}, {counted(machine['threads'], 'thread')}",
             ", ".join(machine["instructions"]) or "no AVX-512", *filter(None, [machine["gpu"]]),
             f"torch {machine['torch'].partition('+')[0]}, diffusers {machine['diffusers']}"]
    return "; ".join(parts)


def warning(machine):
    """That others were at work, or ""."""
    return (f"the machine was busy (load {machine['load']:.1f} before it began): its seconds are too many, and "
            "ratios uncertain; run it again when it is idle" if machine["busy"] else "")


def cores():
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def cpu_name():
    """The processor's own name where the system tells it."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8", errors="replace").splitlines() if listing.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()
