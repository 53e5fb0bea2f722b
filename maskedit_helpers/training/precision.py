"""In which number format to train."""


def mixed_precision(device):
    """ "bf16" where the device computes in it by itself, else "no".

    CPUs with AMX tiles multiply bf16 matrices five to ten times faster than float32 ones, with AVX-512's bf16
    instructions about twice as fast; others, and GPUs that only emulate bf16 (a T4), are slower with it.
    """
    import torch

    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    fast = device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return "bf16" if fast else "no"
