"""How much of the machine does an edit use? Multiplications counted by torch, against what it reaches in a large matrix
product, the densest work there is, in the same run."""

import time

CPU_SIDE, GPU_SIDE = 2048, 8192  # of the square matrices: large enough that a processor shows all it can


def clock(device):
    """Seconds, once the device has done what it was given: a GPU's work is only queued when a call returns."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def timed(device, call, *arguments, **options):
    """(what it returns, seconds)"""
    start = clock(device)
    answer = call(*arguments, **options)
    return answer, clock(device) - start


class MatrixRate:
    """The rate of a large matrix product in each number format, asked again and again: `ask`, then `rates`.

    device: "cpu" or "cuda". forms: names of torch dtypes.
    """

    def __init__(self, device, forms, side=None):
        import torch

        self.device, self.side = device, side or (GPU_SIDE if device == "cuda" else CPU_SIDE)
        square = torch.randn(self.side, self.side, generator=torch.Generator().manual_seed(0)).to(device)
        self.squares = {form: square.to(getattr(torch, form)) for form in forms}
        self.seconds = {form: [] for form in forms}
        for square in self.squares.values():
            square @ square  # the first call makes ready

    def ask(self):
        for form, square in self.squares.items():
            self.seconds[form].append(timed(self.device, lambda: square @ square)[1])

    def rates(self):
        """{form: GFLOP/s}: a product of n x n matrices is n^3 multiplications and as many additions."""
        from statistics import median

        return {form: 2 * self.side**3 / median(seconds) / 1e9 for form, seconds in self.seconds.items()}


def macs(call):
    """(what it returns, how often it multiplied and added): matrix products, convolutions and attention, which torch's
    own FlopCounterMode counts; the rest is next to nothing."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        answer = call()
    return answer, counter.get_total_flops() // 2


def row_macs(pipe, long_side):
    """Multiplications of one U-Net row of a square picture."""
    import torch

    unet, side = pipe.unet, long_side // pipe.vae_scale_factor
    like = {"device": unet.device, "dtype": unet.dtype}
    sample = torch.zeros(1, unet.config.in_channels, side, side, **like)
    words = torch.zeros(1, pipe.tokenizer.model_max_length, unet.config.cross_attention_dim, **like)
    with torch.no_grad():
        return macs(lambda: unet(sample, 1, encoder_hidden_states=words))[1]


def cost(editor, x0, instruction):
    """{"unet_rows", "gmac"} of an edit: rows that go through the U-Net, and all of its multiplications in 1e9."""
    rows = []
    hook = editor.pipe.unet.register_forward_pre_hook(lambda unet, inputs: rows.append(len(inputs[0])))
    try:
        editor.prepare()
        _, count = macs(lambda: editor.edit(x0, instruction))
    finally:
        hook.remove()
    return {"unet_rows": sum(rows), "gmac": count / 1e9}
