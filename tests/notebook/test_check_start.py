"""The checks of notebook 00, held to tables of answers."""

from types import SimpleNamespace

import numpy as np
import pytest
from exercises import answers, judge, pocket

import maskedit_helpers as me

SHIRT, DOG, CAR = (me.load_case(name) for name in ("shirt", "dog", "car"))
NOISE = np.random.default_rng(0).integers(0, 256, DOG.image.shape, dtype=np.uint8)


class Drawn:
    """A kit whose edit is nearly the true one, with a stain over everything, and asks for no model."""

    size = "pocket"

    def edit(self, image, instruction, seed=1337, **_):
        case = next(case for case in (SHIRT, DOG, CAR) if case.instruction == instruction)
        noise = np.random.default_rng(seed).normal(0, 12, image.shape)
        return np.clip(0.9 * case.truth + 0.1 * image - 15 + noise, 0, 255).astype(np.uint8)


KIT = Drawn()
EDITS = {case.name: KIT.edit(case.image, case.instruction) for case in (SHIRT, DOG, CAR)}


def pasted(case, y, mask=None, **how):
    mask = case.mask if mask is None else mask
    return case, mask, me.blend(case.image, y, mask, **how)


@answers(
    right={
        "the dog": pasted(DOG, EDITS["dog"]),
        "the car": pasted(CAR, EDITS["car"]),
        "another seed": pasted(DOG, KIT.edit(DOG.image, DOG.instruction, seed=7)),
        "feathered": pasted(DOG, EDITS["dog"], feather=1.5),
        "dilated": pasted(DOG, EDITS["dog"], dilate=2),
        "dilated and feathered": pasted(CAR, EDITS["car"], dilate=1, feather=1),
        "Poisson": pasted(CAR, EDITS["car"], mode="poisson"),
        "a bool mask": (DOG, DOG.mask > 0.5, pasted(DOG, EDITS["dog"])[2]),
        "an 8-bit mask": (DOG, np.uint8(255 * DOG.mask), pasted(DOG, EDITS["dog"])[2]),
        "a picture of floats": (DOG, DOG.mask, pasted(DOG, EDITS["dog"])[2] / 255),
    },
    wrong={
        "the shirt again": (pasted(SHIRT, EDITS["shirt"]), "my_case"),
        "nothing edited": (pasted(DOG, DOG.image), "still the original"),
        "the edit without the blend": ((DOG, DOG.mask, EDITS["dog"]), "outside"),
        "the negative": (pasted(DOG, 255 - DOG.image), "kit.edit"),
        "noise": (pasted(DOG, NOISE), "kit.edit"),
        "painted over": (pasted(DOG, np.full_like(DOG.image, 128)), "kit.edit"),
        "the picture of the shirt": (pasted(DOG, EDITS["shirt"]), "kit.edit"),
        "the mask the wrong way round": (pasted(DOG, EDITS["dog"], 1 - DOG.mask), "mask"),
        "blended with another mask": ((DOG, DOG.mask, pasted(DOG, EDITS["dog"], CAR.mask)[2]), "outside"),
        "a mask of nearly everything": (pasted(DOG, EDITS["dog"], me.grow(DOG.mask, dilate=70)), "mask"),
        "a mask of everything": (pasted(DOG, EDITS["dog"], np.ones_like(DOG.mask)), "mask"),
        "the true edit": (pasted(DOG, DOG.truth), "truth"),
        "another picture's size": ((DOG, DOG.mask, EDITS["dog"][::2, ::2]), "64"),
        "a name for a case": (("dog", DOG.mask, EDITS["dog"]), "load_case"),
    })
def test_another_case(answer, word):
    judge(word, me.check.another_case, KIT, *answer)


@answers(
    right={
        "hat": "make the hat purple",
        "ball": "turn the ball into a red ball",
        "capitals and a full stop": "Make the hat purple.",
        "night": "make it night",
        "the shirt otherwise": "turn the shirt into blue leather",
        "spaces": "  paint the tree  white ",
        "a question": "what if it were snowing?",
    },
    wrong={
        "nothing": ("", "empty"),
        "dots": ("...", "words"),
        "digits": ("123", "words"),
        "one word": ("make", "words"),
        "no verb": ("the red hat", "verb"),
        "verbs alone": ("make make", "what"),
        "no thing": ("turn the", "what"),
        "no thing but a pronoun": ("paint it", "what"),
        "the case's own": (SHIRT.instruction, "own instruction"),
        "the case's own in capitals": (SHIRT.instruction.upper(), "own instruction"),
        "the case's own and a full stop": (f" {SHIRT.instruction.capitalize()}. ", "own instruction"),
        "the case's own and spaces": (SHIRT.instruction.replace(" ", "  "), "own instruction"),
        "a word it never saw": ("make the jacket purple", "jacket"),
        "no text": (None, "text"),
        "a list": (["make the hat purple"], "text"),
        "the whole book": ("make the hat purple and " * 20, "tokens"),
    })
def test_own_instruction(answer, word):
    judge(word, me.check.own_instruction, pocket(), answer, SHIRT)


@pytest.mark.parametrize("answer, word", [("swirl the sky like Van Gogh", None), ("sky", "words"), ("12 34", "words")])
def test_own_instruction_where_any_word_goes(answer, word):
    editor = SimpleNamespace(check_instruction=lambda text: None, words_known=lambda: [])
    judge(word, me.check.own_instruction, SimpleNamespace(editor=editor), answer, SHIRT)


@answers(
    right={
        "its name": "background_psnr",
        "as printed": "background_psnr (dB)",
        "in words": "Background PSNR",
        "in code": "`background_psnr`",
        "with spaces": "  background_psnr ",
        "with a hyphen": "background-PSNR",
        "its structure": "background_ssim",
        "both": ["background_psnr", "background_ssim"],
        "both in a line": "background_psnr, background_ssim",
        "one or the other": "background_psnr or background_ssim",
        "quoted": '"background_psnr"',
    },
    wrong={
        "unanswered": ("?", "column"),
        "inside": ("foreground_psnr", "inside"),
        "the edit's": ("edit_psnr", "inside"),
        "psnr alone": ("psnr", "which"),
        "background alone": ("background", "which"),
        "where": ("change_iou", "both"),
        "CLIP": ("clip_direction", "whole"),
        "a number": (39.3, "name"),
        "one right, one wrong": (["background_psnr", "edit_psnr"], "inside"),
        "none": ([], "column"),
        "the note": ("unedited", "column"),
    })
def test_tells_of_the_wall(answer, word):
    judge(word, me.check.tells_of_the_wall, answer)
