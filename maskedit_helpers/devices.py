"""What the machine offers: a device, a number format that it is fast and safe in, and how much memory it has.

GPUs from compute capability 8.0 on compute in bfloat16, older ones (a T4 has 7.5) only pretend to, so they get
float16. CPUs and Apple's GPUs get float32.
"""

import os
from contextlib import contextmanager

from .errors import KitError
from .loading import no_garbage_sought

GB = 2**30
FULL, LOW = 10 * GB, 5 * GB  # GPU memory from which the full models run as they are, or piece by piece


@no_garbage_sought()  # it is the first to load torch
def pick_device(device="auto"):
    """ "auto" -> "cuda" where there is a CUDA GPU, then "mps" on a Mac, otherwise "cpu"; any other name stands."""
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def number_format(device):
    """The torch dtype for the full editor on a device."""
    import torch

    if device != "cuda":
        return torch.float32
    # torch.cuda.is_bf16_supported() says yes to a T4, which emulates it.
    return torch.bfloat16 if torch.cuda.get_device_capability() >= (8, 0) else torch.float16


def native_bf16(device):
    """Does a torch.device compute in bfloat16 by itself?

    CPUs with AMX tiles multiply bf16 matrices five to ten times faster than float32 ones, with AVX-512's bf16
    instructions about twice as fast; others, and GPUs that only emulate bf16 (a T4), are slower with it.
    """
    import torch

    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())


def total_memory(device):
    """Bytes of a CUDA GPU's memory, None for other devices."""
    import torch

    return torch.cuda.get_device_properties(0).total_memory if device == "cuda" else None


def free_memory(device):
    """Bytes free on a CUDA GPU, or of the machine's own memory (None where the system doesn't tell)."""
    import torch

    if device == "cuda":
        return torch.cuda.mem_get_info()[0]
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


@contextmanager
def memory_guard(what, advice):
    """One line instead of a traceback when `what` does not fit into memory; `advice` names the setting to change."""
    import torch

    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        raise KitError(f"{what}: out of memory; {advice}") from error
    except RuntimeError as error:  # a CPU's allocator and Apple's GPU have no error class of their own
        if not any(sign in str(error) for sign in ("not enough memory", "out of memory", "can't allocate memory")):
            raise
        raise KitError(f"{what}: out of memory; {advice}") from error
