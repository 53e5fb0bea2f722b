"""The columns of a shard: UltraEdit's, and how each mask was made, scores, verdict."""

PICTURES = ("source_image", "edited_image", "mask_image")
WORDS = ("id", "edit_prompt", "source_caption", "target_caption", "kind", "mask_source", "mask_phrase", "reason")
SCORES = ("clip_image", "clip_direction", "clip_source", "clip_target", "change_iou", "change_inside", "mask_score",
          "phrase_score", "anyedit_l1", "mask_iou")
FLAGS = ("kept", "validation")
WAYS = ("click", "box", "words", "own")  # how a mask is made


def features():
    """{column: type}, as `datasets` names them."""
    from datasets import Features, Image, Value

    kinds = {PICTURES: Image(), WORDS: Value("string"), SCORES: Value("float64"), FLAGS: Value("bool")}
    return Features({name: kind for names, kind in kinds.items() for name in names})
