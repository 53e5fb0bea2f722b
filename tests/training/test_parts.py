"""The training of SAM and CLIP: what a batch holds, what the losses measure, what is exported."""
import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import SAM

from maskedit_helpers.kit.networks import build_clip, build_sam
from maskedit_helpers.picturebook import regions
from maskedit_helpers.picturebook.drawings import COLOURS, PARTS
from maskedit_helpers.picturebook.grammar import words
from maskedit_helpers.picturebook.pairs import make_pair
from maskedit_helpers.picturebook.scenes import caption, sample_scene
from maskedit_helpers.training import clip as clip_part
from maskedit_helpers.training import prompts
from maskedit_helpers.training import sam as sam_part
from maskedit_helpers.training.dataset import Dataset
from maskedit_helpers.training.vocabulary import build_tokenizer

SIZE = 64


@pytest.fixture(scope="module")
def dataset():
    pairs = [make_pair(seed, size=SIZE) for seed in range(16)]
    arrays = {name: np.stack([getattr(p, name) for p in pairs]) for name in ("before", "after", "ids", "ids_after")}
    return Dataset(**arrays, masks=np.stack([p.mask for p in pairs]), instructions=[p.instruction for p in pairs],
                   captions=[p.captions for p in pairs], names=[p.name for p in pairs])


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def sam(dataset):
    part = sam_part.SamPart(dataset, SAM)
    part.batch_size = 3
    return part


def test_sam_batch_prompts_lie_where_they_say(sam):
    batch = sam.batch(0, generator())
    again = sam.batch(7, generator())
    assert all(torch.equal(batch[key], again[key]) for key in batch)  # all chance comes from the generator
    masks = batch["masks"]
    assert masks.shape == (3, 4, SIZE, SIZE) and masks.flatten(2).any(2).all()
    for i in range(3):
        for j in range(2):
            x, y = batch["clicks"][i, j, 0].long()
            assert masks[i, j, y, x]
        x0, y0, x1, y1 = batch["boxes"][i, 0]
        assert 0 <= x0 < x1 < SIZE and 0 <= y0 < y1 < SIZE
        for (x, y), label in zip(batch["several"][i, 0].long(), batch["several_labels"][i, 0], strict=True):
            assert label == prompts.LONELY or masks[i, 3, y, x] == bool(label)


def test_targets_are_parts_and_wholes(dataset):
    rng, ids = np.random.default_rng(0), dataset.ids[0]
    truths = {name: np.isin(ids, [PARTS[p] for p in owned]).tobytes() for name, owned in prompts.OWNED.items()}
    masks = prompts.sample_targets(ids, 50, rng)
    assert {mask.tobytes() for mask in masks} <= set(truths.values())
    assert all(mask.mean() >= prompts.SMALLEST for mask in masks)


def test_decode_walks_the_same_steps_as_the_mask_decoder(sam):
    model = sam.sam.eval()
    points, mask_input = (torch.rand(3, 2, 2) * SIZE, torch.tensor([[1.0, 0.0]] * 3)), torch.randn(3, 1, 32, 32)
    boxes = torch.tensor([[3.0, 4, 40, 30]] * 3)
    with torch.no_grad():
        embeddings = model.image_encoder(torch.randn(3, 3, SIZE, SIZE))
        logits, ratings = sam_part.decode(model, embeddings, points, boxes, mask_input)
        for i in range(3):
            one = slice(i, i + 1)
            sparse, dense = model.prompt_encoder(
                (points[0][one], points[1][one]), boxes[one], mask_input[one])
            expected = model.mask_decoder.predict_masks(
                embeddings[one], model.prompt_encoder.get_dense_pe(), sparse, dense)
            torch.testing.assert_close((logits[one], ratings[one]), expected)


def test_mask_loss_is_of_the_single_and_the_best():
    truth = torch.zeros(1, 32, 32, dtype=torch.bool)
    truth[:, 8:24, 8:24] = True
    good = (truth[:, ::2, ::2].float() - 0.5) * 40
    bad = -good
    ratings = torch.tensor([[1.0, 0.0, 1.0, 0.0]])
    right, best, rated = sam_part.mask_loss(torch.stack((good, bad, good, bad), 1), ratings, truth)
    assert right < 0.01 and best == 1 and rated == 1
    # The other two of the three cost nothing but their rating; the single mask does.
    wrong, best, _ = sam_part.mask_loss(torch.stack((bad, bad, good, bad), 1), ratings, truth)
    assert wrong > 1 and best == 1
    _, best, rated = sam_part.mask_loss(torch.stack((good, bad, good, bad), 1), ratings.flip(1), truth)
    assert best == 1 and rated == 0


def test_a_correction_falls_into_the_error():
    truth = torch.zeros(2, 16, 16, dtype=torch.bool)
    truth[:, 4:12, 4:12] = True
    shown = torch.stack((truth[0], truth[1])).float() * 20 - 10
    shown[0, 5, 6] = -300  # the first mask misses something here, the second is right
    points = (torch.zeros(2, 1, 2), torch.ones(2, 1))
    at, labels = sam_part.with_correction(points, shown, truth, generator())
    assert at.shape == (2, 2, 2) and labels.tolist() == [[1, 1], [1, 1]]
    assert (shown > 0)[0, int(at[0, 1, 1]), int(at[0, 1, 0])].item() is False
    at, labels = sam_part.with_correction(None, -shown, truth, generator())
    assert labels[:, 0].bool().tolist() == [truth[i, int(y), int(x)].item() for i, (x, y) in enumerate(at[:, 0])]


def test_inner_point_keeps_off_every_edge():
    mask = np.zeros((20, 30), bool)
    mask[:, :11] = True
    assert sam_part.inner_point(mask)[0] == 5
    assert 5 <= sam_part.inner_point(mask)[1] <= 14


def test_sam_trains_previews_and_exports(sam, tmp_path):
    from safetensors.torch import load_file

    loss, log = sam.loss(sam.batch(0, generator()), generator())
    loss.backward()
    assert all(p.grad is not None for name, p in sam.sam.named_parameters() if "not_a_point" not in name)
    assert set(log) >= {"click_iou", "click_rated", "box_iou", "several_corrected"}
    assert sam.preview({"sam": sam.sam.eval()}).shape == (6 * 128, 4 * 128, 3)
    sam.export({"sam": sam.sam}, tmp_path)
    loaded = build_sam(json.loads((tmp_path / "config.json").read_text()))
    loaded.load_state_dict(load_file(tmp_path / "model.safetensors"))
    for new, old in zip(loaded.state_dict().values(), sam.sam.state_dict().values(), strict=True):
        torch.testing.assert_close(new, old, rtol=1e-3, atol=1e-6)


@pytest.fixture(scope="module")
def clip(dataset):
    part = clip_part.ClipPart(dataset, build_tokenizer(words(), 77))
    part.batch_size = 8
    return part


def test_clip_batch_has_both_sides_of_pairs_and_no_caption_twice(clip, dataset):
    batch = clip.batch(0, generator())
    assert batch["image"].shape == (8, SIZE, SIZE, 3) and batch["text"].shape == (8, clip.clip.context_length)
    assert len({tuple(row.tolist()) for row in batch["text"]}) == 8
    crops, phrases = batch["fits"].shape
    assert batch["crop"].shape == (crops, 64, 64, 3) and batch["phrase"].shape == (phrases, clip.clip.context_length)
    assert all(torch.equal(batch[key], value) for key, value in clip.batch(5, generator()).items())
    for k in range(0, 8, 2):
        i = next(i for i in range(len(dataset)) if np.array_equal(dataset.before[i], batch["image"][k]))
        assert np.array_equal(dataset.after[i], batch["image"][k + 1])


def test_a_caption_names_its_things():
    caption = "a person in a red striped shirt and a blue hat with a green ball and an orange tree on sand at night"
    assert regions.things_in(caption) == {
        "person": ["person"], "shirt": ["red", "striped", "shirt"], "hat": ["blue", "hat"], "ball": ["green", "ball"],
        "tree": ["orange", "tree"], "ground": ["sand"]}
    assert regions.things_in("a red glowing hovercraft on grass under a sunny sky") == {
        "hovercraft": ["red", "glowing", "hovercraft"], "ground": ["grass"], "sky": ["sunny", "sky"]}


def test_phrases_are_cut_from_the_things_words():
    rng = np.random.default_rng(0)
    found = {regions.phrase_for(["orange", "striped", "shirt"], rng) for _ in range(300)}
    assert {"the shirt", "shirt", "a shirt", "an orange shirt", "the orange striped shirt", "a striped shirt"} <= found
    assert {phrase.split()[-1] for phrase in found} == {"shirt"} and "a orange shirt" not in found
    assert {"the dog", "a robot", "the robot dog"} <= {regions.phrase_for(["robot", "dog"], rng) for _ in range(300)}


def test_a_phrase_fits_the_crops_of_what_it_names_and_no_others():
    """One scene alone, in which the truth of every crop is known."""
    pair = next(p for p in map(make_pair, range(100)) if {"shirt", "house", "ball"} <= set(p.scenes[0].things))
    rng = np.random.default_rng(0)
    best = {}
    for _ in range(20):
        crops, phrases, fits = regions.crops_and_phrases([(pair.before, pair.ids, pair.captions[0])], 64, rng)
        assert crops.shape == (len(fits), 64, 64, 3) and crops.dtype == np.uint8
        assert fits.shape[1] == len(phrases) == len(set(phrases)) and 0 <= fits.min() and fits.max() == 1
        for k, phrase in enumerate(phrases):
            best.setdefault(phrase.split()[-1], []).append(sorted(fits[:, k])[::-1])
    for word in ("shirt", "house", "ball"):
        assert all(fit[0] == 1 and fit[1] < 0.9 for fit in best[word])  # one crop is the thing, no other is


def test_an_untrue_colour_fits_nothing():
    scenes = [(p.before, p.ids, p.captions[0]) for p in (make_pair(seed, size=SIZE) for seed in range(30))]
    _, phrases, fits = regions.crops_and_phrases(scenes, 16, np.random.default_rng(0))
    for word in ("shirt", "tree"):
        every = fits[:, phrases.index(f"the {word}")]
        colour_of = {k: phrase.split()[-2] for k, phrase in enumerate(phrases)
                     if phrase.endswith(f" {word}") and phrase.split()[-2] in COLOURS}
        assert len(set(colour_of.values())) > 1
        for k in colour_of:
            assert fits[:, k].any() and (fits[:, k] <= every).all()  # a red shirt is a shirt
        for a, b in itertools.combinations(colour_of, 2):
            if colour_of[a] != colour_of[b]:
                assert not (fits[:, a] * fits[:, b]).any()  # and no blue one


def test_shared_contrast_is_plain_contrast_where_each_fits_one():
    from open_clip import ClipLoss

    crop, phrase = (torch.nn.functional.normalize(torch.randn(5, 8, generator=generator(s)), dim=1) for s in (1, 2))
    ours = clip_part.shared_contrast(7 * crop @ phrase.T, torch.eye(5))
    torch.testing.assert_close(ours, ClipLoss()(crop, phrase, 7.0))


def test_shared_contrast_is_least_where_shares_are_met():
    fits = torch.tensor([[1.0, 0.0], [0.25, 0.0], [0.0, 1.0], [0.0, 0.0]])
    met = torch.log(torch.tensor([[0.8, 1e-6], [0.2, 1e-6], [1e-6, 1.0], [1e-6, 1e-6]]))
    least = clip_part.shared_contrast(met, fits)
    even = met.clone()
    even[:2, 0] = np.log(0.5)
    assert least < clip_part.shared_contrast(even, fits)
    nameless = met.clone()
    nameless[3] = 2.0  # a crop that nothing names, taken for everything
    assert least < clip_part.shared_contrast(nameless, fits)


def test_clip_refuses_a_world_of_too_few_captions(dataset):
    one = replace(dataset, captions=[dataset.captions[0]] * len(dataset))
    part = clip_part.ClipPart(one, build_tokenizer(words(), 77))
    with pytest.raises(ValueError, match="captions"):
        part.batch(0, generator())


@pytest.mark.parametrize("size", [64, 128])
def test_clip_sees_what_open_clips_preprocessing_gives(clip, size):
    from open_clip import image_transform
    from PIL import Image

    preprocess = image_transform(clip.clip.visual.image_size, is_train=False)
    pictures = np.stack([make_pair(seed, size=size).before for seed in range(3)])
    expected = torch.stack([preprocess(Image.fromarray(picture)) for picture in pictures])
    seen = clip_part.as_seen(torch.from_numpy(pictures), clip.clip)
    # PIL filters and rounds to whole grey levels, which are 0.014 here, once for each direction.
    assert (seen - expected).abs().mean() < 0.01 and (seen - expected).abs().max() < 0.1


def test_every_caption_fits(clip):
    """None is cut: the last words say where and when."""
    captions = [caption(replace(sample_scene(seed), snowing=seed % 2 == 1)) for seed in range(500)]
    assert max(len(ids) for ids in clip.tokenizer(captions).input_ids) <= clip.clip.context_length


def test_clip_trains_previews_and_exports(clip, tmp_path):
    from safetensors.torch import load_file

    loss, log = clip.loss(clip.batch(0, generator()), generator())
    loss.backward()
    assert 0 <= log["right"] <= 1 and -1 <= log["direction"] <= 1
    assert clip.preview({"clip": clip.clip.eval()}).shape == (640, 704, 3)
    clip.export({"clip": clip.clip}, tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    loaded = build_clip(config)
    loaded.load_state_dict(load_file(tmp_path / "model.safetensors"))
    ids = clip.batch(0, generator())["text"]
    with torch.no_grad():
        torch.testing.assert_close(loaded.encode_text(ids), clip.clip.encode_text(ids), rtol=0.02, atol=0.02)
