"""What only a GPU can show: numbers of half as many bits, compiled blocks, a SAM of the published size.

None of it is run where there is no GPU.
"""

import numpy as np

from ..devices import native_bf16
from ..downloads.fetch import fetch, have
from ..editing.editor import Editor
from .bench_editors import STEPS, STOCK, Ours, Stock, format_name, stock_pipe
from .bench_parts import spread
from .bench_rate import timed

ENCODED = 5  # pictures


def formats(device):
    """The torch dtypes of 16 bits in which a torch.device computes by itself."""
    import torch

    if device.type != "cuda":
        return []
    return [torch.float16, *([torch.bfloat16] if native_bf16(device) else [])]


def editors(kit, dtypes, compiler="inductor"):
    """The stock pipeline and the kit's `reference` and `fast` with all weights in each dtype; the first also with the
    U-Net's repeated blocks compiled, as diffusers has it ("regional compilation").

    compiler : the backend of torch.compile
    """
    made = []
    for dtype in dtypes:
        name, pipe = format_name(dtype), stock_pipe(kit, dtype)
        editor = Editor(pipe, kit.editor.long_side, kit.editor.s_T, kit.editor.s_I)
        made += [Stock(f"{STOCK} {name}", pipe, pipe.scheduler, STEPS, kit.editor, like=STOCK),
                 *(Ours(f"{plan} {name}", editor, plan, like=plan) for plan in ("reference", "fast"))]
    for dtype in dtypes[:1]:
        pipe = stock_pipe(kit, dtype)
        pipe.unet.compile_repeated_blocks(backend=compiler)
        made.append(Stock(f"{STOCK} {format_name(dtype)} compiled", pipe, pipe.scheduler, STEPS, kit.editor, STOCK))
    return made


def large_sam(device, dtypes, build=None):
    """How long SAM ViT-H takes to encode a picture of 1024 x 1024 pixels, in float32 and under autocast to each dtype.

    build : makes another SAM

    Returns
    -------
    {"model", "weights": "published", or "random, of the true size" where no checkpoint is here; "encode": {name of the
    dtype: `spread` of seconds}, "decode": the same of a click}
    """
    import torch
    from segment_anything import SamPredictor, sam_model_registry

    here = build is None and have("sam_vit_h")
    model = (build or sam_model_registry["vit_h"])()
    if here:
        model.load_state_dict(torch.load(fetch(["sam_vit_h"])[0], map_location="cpu", weights_only=True))
    predictor = SamPredictor(model.eval().to(device))
    click = torch.full((1, 1, 2), 512.0, device=device), torch.ones(1, 1, device=device)
    picture = np.random.default_rng(0).integers(0, 256, (1024, 1024, 3), np.uint8)
    answer = {"model": "ViT-H", "weights": "published" if here else "random, of the true size", "encode": {},
              "decode": {}}
    for dtype in (torch.float32, *dtypes):
        encode, decode = [], []
        with torch.autocast(torch.device(device).type, dtype, enabled=dtype != torch.float32):
            for _ in range(ENCODED + 1):  # the first makes ready
                encode.append(timed(device, predictor.set_image, picture)[1])
                decode.append(timed(device, predictor.predict_torch, *click)[1])
        answer["encode"][format_name(dtype)] = spread(encode[1:])
        answer["decode"][format_name(dtype)] = spread(decode[1:])
    return answer
