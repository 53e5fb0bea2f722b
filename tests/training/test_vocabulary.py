"""The tokenizer: one token a word, never an unknown, the same for transformers and open_clip."""
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskedit_helpers.errors import KitError
from maskedit_helpers.training.vocabulary import build_tokenizer, known_words, words_of

SENTENCES = ["Make the shirt red leather.", "turn the dog into a playful robot", "there, her hat is here",
             "Change 2 cars to glowing hovercrafts"]


@pytest.fixture(scope="module")
def tokenizer():
    return build_tokenizer(SENTENCES, 48)


def test_each_word_is_one_token_between_start_and_end(tokenizer):
    for word in known_words(tokenizer):
        assert len(tokenizer(word).input_ids) == 3
    ids = tokenizer("make the dog red leather").input_ids
    assert len(ids) == 7
    assert ids[0] == tokenizer.bos_token_id and ids[-1] == tokenizer.eos_token_id == len(tokenizer) - 1


def test_known_words_are_the_grammars(tokenizer):
    assert {"shirt", "leather", "hovercrafts", "2", ".", ","} <= known_words(tokenizer)
    assert not {"hover", "shir", "zebra"} & known_words(tokenizer)
    assert words_of(tokenizer, "Make a ZEBRA!") == ["make", "a", "zebra", "!"]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_nothing_is_unknown(tokenizer, text):
    ids = tokenizer(text).input_ids
    # The end of text is the unknown token too: it may stand at the end alone.
    assert ids.index(tokenizer.eos_token_id) == len(ids) - 1 or "<|endoftext|>" in text


def test_every_sign_of_the_keyboard_is_a_piece(tokenizer):
    for sign in string.ascii_letters + string.digits + string.punctuation:
        assert len(tokenizer(sign).input_ids) == 3
        assert len(tokenizer("q" + sign).input_ids) == 4


def test_saved_and_loaded_is_the_same(tokenizer, tmp_path):
    from open_clip.tokenizer import HFTokenizer
    from transformers import AutoTokenizer, CLIPTokenizer

    tokenizer.save_pretrained(tmp_path)
    text = "make the zebra a glowing robot, übercool"
    ids = tokenizer(text).input_ids
    loaded = CLIPTokenizer.from_pretrained(tmp_path)
    assert loaded(text).input_ids == ids and loaded.model_max_length == 48
    assert known_words(loaded) == known_words(tokenizer)
    assert type(AutoTokenizer.from_pretrained(tmp_path)) is CLIPTokenizer
    padded = HFTokenizer(str(tmp_path), context_length=48)([text])[0]
    assert padded[:len(ids)].tolist() == ids and set(padded[len(ids):].tolist()) == {tokenizer.eos_token_id}
    assert padded.argmax() == len(ids) - 1


def test_the_order_of_the_words_does_not_matter(tokenizer):
    again = build_tokenizer(reversed(SENTENCES), 48)
    assert again.get_vocab() == tokenizer.get_vocab()


def test_no_words():
    with pytest.raises(KitError, match="at least one word"):
        build_tokenizer([], 48)
