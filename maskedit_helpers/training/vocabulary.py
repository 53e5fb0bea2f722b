"""A CLIP tokenizer whose vocabulary is the picture book's grammar.

CLIP's byte-pair encoding (Sennrich et al. 2016, on bytes as in GPT-2) run on our few words until nothing is left
to merge, so each of them is one token. All 256 bytes are in the vocabulary, alone and at a word's end, so any
other word falls into pieces and none is ever "unknown" (CLIP's unknown token is the end of text, which would
silently cut the sentence).
"""
import json

from ..errors import KitError

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"


def build_tokenizer(words, max_length):
    """transformers.CLIPTokenizer that knows `words`.

    Parameters
    ----------
    words : words or whole sentences; case is dropped, as CLIP does.
    max_length : tokens of a text with its start and end; longer ones are cut where truncation is asked.

    The end of text has the highest id: open_clip and CLIPTextModel read a text's meaning there, by argmax.
    `save_pretrained` and `from_pretrained` keep the words (in tokenizer_config.json).
    """
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    split = CLIPTokenizer().backend_tokenizer  # empty: for its lower-casing and its splitting into words
    known = sorted({piece for text in words for piece in _split(split, text)})
    if not known:
        raise KitError("a vocabulary needs at least one word")

    learner = Tokenizer(models.BPE(end_of_word_suffix=WORD_END))
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters += [letter + WORD_END for letter in letters]
    # The learner breaks ties by id, and only special tokens have one that doesn't hang on the order of its hash map.
    learner.train_from_iterator(known, trainers.BpeTrainer(
        vocab_size=1_000_000, min_frequency=1, end_of_word_suffix=WORD_END, special_tokens=letters,
        show_progress=False))
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]

    pieces = dict.fromkeys((*letters, *(a + b for a, b in merges), START, END))
    vocab = {piece: number for number, piece in enumerate(pieces)}
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=max_length, words=known)


def known_words(tokenizer):
    """Set of the words (and signs) that a tokenizer of build_tokenizer has one token for."""
    return set(tokenizer.init_kwargs["words"])


def words_of(tokenizer, text):
    """List of the words of a text as the tokenizer splits it, lower case; compare with known_words."""
    return _split(tokenizer.backend_tokenizer, text)


def _split(backend, text):
    plain = backend.normalizer.normalize_str(text)
    return [plain[start:stop] for _, (start, stop) in backend.pre_tokenizer.pre_tokenize_str(plain)]
