"""CLIP: pictures and sentences as directions in one space, so that an angle says how well they go together.

Radford et al. 2021, through open_clip. The features that come out have length 1: a dot product is a cosine.

Scores here are 100 cos. That is InstructPix2Pix's picture-caption similarity in percent, and torchmetrics' `CLIPScore`
but for its cut at zero; CLIPScore as published (Hessel et al. 2021) is 2.5 max(cos, 0). And cosines of two models do
not compare: the pocket CLIP gives a picture and its caption 0.7 to 0.85, the published models about 0.2 to 0.35.
"""

import numpy as np

from ..errors import KitError
from ..pictures.images import read_image
from ..pictures.prompts import says_something

BATCH = 32  # pictures per forward pass


class Clip:
    """An open_clip model with its preprocessing and its tokenizer.

    Parameters
    ----------
    model, preprocess, tokenizer
        As `open_clip.create_model_and_transforms` and `open_clip.get_tokenizer` give them.
    device : str
    """

    def __init__(self, model, preprocess, tokenizer, device="cpu"):
        self.model = model.eval().to(device)  # in train mode, dropout makes every score a little random
        self.preprocess, self.tokenizer, self.device = preprocess, tokenizer, device
        self._texts = {}

    def images(self, pictures):
        """Features of N pictures.

        Parameters
        ----------
        pictures : list of anything `read_image` takes

        Returns
        -------
        float32 (N, D), each row of length 1.
        """
        import torch
        from PIL import Image

        ready = [self.preprocess(Image.fromarray(read_image(picture))) for picture in pictures]
        with torch.inference_mode():
            rows = [self.model.encode_image(torch.stack(ready[i:i + BATCH]).to(self.device), normalize=True)
                    for i in range(0, len(ready), BATCH)]
        return np.concatenate([row.float().cpu().numpy() for row in rows])

    def texts(self, texts):
        """Features of N sentences; each sentence is encoded once and remembered.

        Parameters
        ----------
        texts : list of str

        Returns
        -------
        float32 (N, D), each row of length 1.

        Raises
        ------
        KitError
            An empty sentence, or one with more tokens than the model reads (it would be cut without a word).
        """
        import torch

        for text in dict.fromkeys(texts):
            if text not in self._texts:
                self._check(text)
                with torch.inference_mode():
                    tokens = self.tokenizer([text]).to(self.device)
                    feature = self.model.encode_text(tokens, normalize=True)[0]
                self._texts[text] = feature.float().cpu().numpy()
        return np.stack([self._texts[text] for text in texts])

    def _check(self, text):
        if not says_something(text):
            raise KitError(f"text {text!r}: CLIP needs words; describe the picture in a sentence")
        limit = self.tokenizer.context_length
        # CLIP reads a text's meaning at its end token, the one with the highest number: there it ends.
        count = int(self.tokenizer([text], context_length=64 * limit)[0].argmax()) + 1
        if count > limit:
            raise KitError(f"text {text[:40]!r}...: {count} tokens, and CLIP reads {limit}; shorten it")
