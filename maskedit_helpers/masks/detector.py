"""GroundingDINO: a phrase becomes boxes around what it names. Liu et al. 2023.

A detector without a fixed list of classes: it reads the phrase and the picture together, through transformers' own
classes. What is added here: the phrase in the form that the model was trained on, boxes that end where the picture
ends, the best first, and an error for what would be cut or misread without a word.
"""

from dataclasses import dataclass

import numpy as np

from ..devices import memory_guard
from ..errors import KitError
from ..pictures.images import read_image
from ..pictures.prompts import says_something


@dataclass(frozen=True)
class Boxes:
    """What GroundingDINO finds; N may be 0, and the best comes first.

    boxes: float32 (N, 4), (left, top, right, bottom) in pixels of the picture, none empty, each fit for
    `Segmenter.predict`. scores: float32 (N,), 0 to 1, how sure it is of each. labels: N str, the words of the phrase
    that each answers to.
    """

    boxes: np.ndarray
    scores: np.ndarray
    labels: list


class Detector:
    """GroundingDINO with its processor.

    Parameters
    ----------
    model : transformers.GroundingDinoForObjectDetection
        In float32: not every transformers that the kit runs with can compute it in half precision.
    processor : transformers.GroundingDinoProcessor
    device : str
    """

    def __init__(self, model, processor, device="cpu"):
        self.model, self.processor, self.device = model.eval().to(device), processor, device

    def boxes(self, image, phrase, box_threshold=0.3, text_threshold=0.25):
        """Boxes around everything that the phrase names.

        Source: Liu et al., "Grounding DINO", ECCV 2024; the thresholds are those of the authors' demo.

        Parameters
        ----------
        image : anything `read_image` takes, H x W pixels
        phrase : str
            What to look for, as "red shirt"; several things with full stops between them, "shirt. dog".
        box_threshold : float, 0 to 1
            Boxes with a score above this are kept.
        text_threshold : float, 0 to 1
            Words that a box answers to more strongly than this make its label.

        Returns
        -------
        Boxes

        Raises
        ------
        KitError
            An empty phrase, one with more tokens than the model reads, a threshold out of range, too little memory.
        """
        import torch
        from PIL import Image

        picture, words = read_image(image), self._read(phrase)
        for name, value in (("box_threshold", box_threshold), ("text_threshold", text_threshold)):
            if not 0 <= value <= 1:
                raise KitError(f"{name} {value:g}: give a number from 0 to 1")
        with memory_guard("GroundingDINO", 'load the kit with me.load("full", memory="low", sam="vit_b")'):
            self.model.to(self.device)  # back from where `park` put it
            inputs = self.processor(images=Image.fromarray(picture), text=words, return_tensors="pt").to(self.device)
            with torch.inference_mode():
                outputs = self.model(**inputs)
        height, width = picture.shape[:2]
        (found,) = self.processor.post_process_grounded_object_detection(
            outputs, inputs["input_ids"], threshold=box_threshold, text_threshold=text_threshold,
            target_sizes=[(height, width)])
        boxes, scores = (found[key].cpu().numpy().astype(np.float32) for key in ("boxes", "scores"))
        boxes = boxes.clip(0, np.float32([width, height, width, height]))
        order = [i for i in np.argsort(-scores, kind="stable") if (boxes[i, :2] < boxes[i, 2:]).all()]
        return Boxes(boxes[order], scores[order], [self._words(found["text_labels"][i]) for i in order])

    def park(self):
        """Leave the GPU to another model until the next phrase."""
        self.model.to("cpu")

    def _words(self, label):
        """ "red shirt. [SEP]" -> "red shirt": the stops and marks between phrases are tokens too."""
        marks = self.processor.tokenizer.all_special_tokens
        return " ".join(word for word in label.replace(".", " ").split() if word not in marks)

    def _read(self, phrase):
        """ "A red Shirt" -> "a red shirt.": lower case with a full stop, as in training."""
        words = " ".join(phrase.lower().split()).strip(" .") if says_something(phrase) else ""
        if not words:
            raise KitError(f"phrase {phrase!r}: say in words what to look for, for example \"red shirt\"")
        limit = self.model.config.max_text_len
        count = len(self.processor.tokenizer(f"{words}.", verbose=False)["input_ids"])
        if count > limit:
            raise KitError(f"phrase {phrase[:40]!r}...: {count} tokens, and GroundingDINO reads {limit}; shorten it")
        return f"{words}."
