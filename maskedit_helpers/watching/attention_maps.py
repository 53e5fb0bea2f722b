"""How much each place of the picture reads each word: the U-Net's cross-attention, watched over a whole edit."""

import numpy as np

from ..editing.attention import PARTS, check_parts, cross_attentions, layer_size, processed
from ..editing.controls.compose import compose, region
from ..errors import KitError
from ..pictures.images import read_image, read_mask


def attention_maps(kit, image, instruction, *, parts=PARTS, **options):
    """How much each place of the picture reads each word, over a whole edit.

    The mean over steps, heads and layers of the attention from each position to the word's tokens, at the latents' size
    and enlarged. Source: Hertz et al., "Prompt-to-Prompt", ICLR 2023; Tang et al., "What the DAAM", ACL 2023.

    Parameters
    ----------
    kit : Kit
    image, instruction : one picture and its instruction, as for `Editor.edit`
    parts : of the U-Net, see AttentionMask
    **options : of `Editor.edit`; the plan is "reference", which asks the row with text at every step as the others.
        Under Crop only its square is shown to the model, so the maps are 0 outside it. Under AttentionMask they are
        what each place would read; the mask comes after it.

    Returns
    -------
    dict {word: float32 (H, W)}, in the order of the instruction; each value is a share of the attention, 0-1. A word
    that comes twice has its places added. With `report`, a tuple of that and a `meter.EditReport`.

    Raises
    ------
    KitError
        Several pictures, another plan, other parts, and as `edit`.
    """
    if isinstance(image, (list, tuple)):
        raise KitError(f"attention_maps takes one picture and its instruction, not a list of {len(image)}; "
                       "call it for each")
    if options.setdefault("plan", "reference") != "reference":
        raise KitError(f"attention_maps reads all three rows of each step, so its plan is \"reference\", not "
                       f"{options['plan']!r}; fewer steps= make it quicker")
    check_parts(parts, "parts")
    pipe, heard = kit.editor.pipe, _Mean()
    hook = pipe.unet.register_forward_pre_hook(lambda unet, inputs: heard.begin_step(inputs[0]))
    try:
        with processed(cross_attentions(pipe.unet, parts), lambda usual: _Recording(usual, heard.add)):
            _, cost = kit.edit(image, instruction, **{**options, "report": True})
    finally:
        hook.remove()
    maps = _in_place(heard.mean(), *_place(image, options))
    found = {}
    for word, tokens in _words(pipe.tokenizer, instruction):
        found[word] = found.get(word, 0) + maps[tokens].sum(0)
    return (found, cost) if options.get("report") else found


class _Recording:
    """An attention processor around another that keeps softmax(Q K^T / sqrt(d)) of the row with text.

    Only of a step's own call, whose three rows are e_T, e_I and e_0: an inversion calls with one, and Masking asks a
    second time what the empty text would give.
    """

    def __init__(self, inner, keep):
        self.inner, self.keep = inner, keep

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, *more, **options):
        if len(hidden_states) == 3:
            query, key = attn.to_q(hidden_states[:1]), attn.to_k(encoder_hidden_states[:1])
            query, key = attn.head_to_batch_dim(query), attn.head_to_batch_dim(key)
            self.keep(attn.get_attention_scores(query, key).mean(0))  # (positions, tokens), the mean over heads
        return self.inner(attn, hidden_states, encoder_hidden_states, *more, **options)


class _Mean:
    """The mean of attention maps of layers of different sizes, tensor (tokens, h, w) at the latents' size."""

    def __init__(self):
        self.total, self.count, self.size = 0.0, 0, None

    def begin_step(self, latents):
        self.size = latents.shape[-2:]

    def add(self, shares):
        from torch.nn.functional import interpolate

        maps = shares.T.reshape(1, -1, *layer_size(self.size, len(shares))).float()
        self.total, self.count = self.total + interpolate(maps, self.size, mode="bilinear")[0], self.count + 1

    def mean(self):
        return self.total / self.count


def _place(image, options):
    """(H, W) of the picture, and (left, top, right, bottom) of what the model was shown of it."""
    shape = read_image(image).shape[:2]
    M = None if options.get("mask") is None else read_mask(options["mask"], shape)
    return shape, region(compose(options.get("control")), shape, M)


def _in_place(maps, shape, part):
    """Maps (tokens, h, w) enlarged to their part of the picture, 0 outside: float32 (tokens, H, W)."""
    from torch.nn.functional import interpolate

    left, top, right, bottom = part
    large = np.zeros((len(maps), *shape), np.float32)
    large[:, top:bottom, left:right] = interpolate(
        maps[None], (bottom - top, right - left), mode="bilinear")[0].cpu().numpy()
    return large


def _words(tokenizer, text):
    """(word, numbers of its tokens) of a text; CLIP's tokens end a word with </w>."""
    pieces = tokenizer.convert_ids_to_tokens(tokenizer(text).input_ids)[1:-1]
    word, tokens = "", []
    for number, piece in enumerate(pieces, start=1):
        word, tokens = word + piece.removesuffix("</w>"), [*tokens, number]
        if piece.endswith("</w>"):
            yield word, tokens
            word, tokens = "", []
