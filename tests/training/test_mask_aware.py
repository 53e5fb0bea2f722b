"""The mask-aware editor's training: what it sees and is held to, and that nothing of a run is lost."""

import json
import shutil

import numpy as np
import pytest
import torch
from test_train import PAIRS, drawn, drawn_pairs, home  # noqa: F401 - fixtures
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.conditioning.files import ADAPTERS, MASK, SETTINGS
from maskedit_helpers.editing.controls.mask_aware import MaskAware
from maskedit_helpers.errors import KitError
from maskedit_helpers.picturebook.pairs import make_pair
from maskedit_helpers.places import work_folder
from maskedit_helpers.training.dataset import load_dataset
from maskedit_helpers.training.mask_aware import part as part_file
from maskedit_helpers.training.mask_aware import run
from maskedit_helpers.training.mask_aware.it import said_it
from maskedit_helpers.training.mask_aware.jitter import KINDS, SHARES, jittered
from maskedit_helpers.training.mask_aware.part import MaskAwarePart
from maskedit_helpers.training.mask_aware.penalty import BORDER, INSIDE, cells_outside, penalty, weights_by_place
from maskedit_helpers.training.mask_aware.run import train_mask_aware


@pytest.fixture(scope="module")
def pocket_editor():
    from maskedit_helpers.kit.weights import choose, load_editor

    return load_editor(choose("pocket")).pipe


@pytest.fixture(scope="module")
def part(drawn_pairs, pocket_editor):  # noqa: F811
    """A part of few pairs; `part.after` and `part.before` are their latents."""
    return MaskAwarePart(load_dataset(PAIRS, drawn_pairs), pocket_editor, drawn_pairs, "channel", rank=2)


@pytest.mark.parametrize(("said", "heard"), [
    ("paint the house red", "paint it red"), ("change the hat to blue", "change it to blue"),
    ("the car should be green", "it should be green"), ("make the dog a robot", "make it a robot"),
    ("give me a red hat", "make it red"), ("make it an orange ball", "make it orange"),
    ("make it a robot dog", None), ("make it night", None), ("turn the day into night", None)])
def test_it(said, heard):
    assert said_it(said) == heard


def test_jitter_is_seeded_and_as_often_as_said():
    mask = make_pair(5).mask
    kinds = [jittered(mask, np.random.default_rng(i))[1] for i in range(1000)]
    assert set(kinds) == set(KINDS)
    for kind, share in zip(KINDS, SHARES):
        assert abs(kinds.count(kind) / 1000 - share) < 0.05
    for i in range(30):
        first, again = (jittered(mask, np.random.default_rng(i))[0] for _ in range(2))
        assert np.array_equal(first, again)


def test_each_kind_of_jitter_is_what_it_is_called():
    mask = np.zeros((128, 128), bool)
    mask[40:80, 50:90] = True
    mask[40:50, 50:60] = False  # a corner is missing, so that it is not its own box
    seen = {}
    for i in range(400):
        worse, kind = jittered(mask, np.random.default_rng(i))
        assert worse.dtype == bool and worse.any()
        seen.setdefault(kind, []).append(worse)
    assert all((worse & mask).sum() == mask.sum() < worse.sum() for worse in seen["dilated"])
    assert all((worse | mask).sum() == mask.sum() > worse.sum() for worse in seen["eroded"])
    assert any(worse.sum() == mask.sum() and (worse != mask).any() for worse in seen["shifted"])
    for box in seen["box"]:
        ys, xs = np.nonzero(box)
        assert box[ys.min():ys.max() + 1, xs.min():xs.max() + 1].all() and box[40:80, 50:90].all()
    assert all((worse != mask).any() and (worse & mask).sum() / (worse | mask).sum() > 0.7 for worse in seen["warped"])


def test_no_jitter_and_nothing_to_jitter():
    mask = make_pair(5).mask
    assert all((jittered(mask, np.random.default_rng(i), 0)[0] == mask).all() for i in range(20))
    assert not any(jittered(np.zeros((9, 9), bool), np.random.default_rng(i))[0].any() for i in range(20))
    thin = np.zeros((128, 128), bool)
    thin[:, 64] = True  # eroded, nothing would be left of it
    assert all(jittered(thin, np.random.default_rng(i))[0].any() for i in range(200))


def test_outside_leaves_a_ring_free():
    masks = torch.zeros(1, 1, 9, 9)
    masks[..., 4, 4] = 0.1  # a cell of which an edit may change a tenth
    assert cells_outside(masks, 1)[0, 0].sum() == 81 - 9 and not cells_outside(masks, 1)[..., 3:6, 3:6].any()
    assert cells_outside(masks, 0).sum() == 80 and not cells_outside(torch.ones(1, 1, 9, 9), 1).any()


def test_the_penalty_by_hand():
    r = np.random.default_rng(0)
    z0, z = r.normal(size=(2, 2, 4, 5, 5))
    outside = np.zeros((2, 1, 5, 5))
    outside[0, 0, :2] = 1  # of the second sample nothing is penalised
    expected = sum((z0[0, c, y, x] - z[0, c, y, x]) ** 2 for c in range(4) for y in range(2) for x in range(5)) / 40
    found = penalty(*map(torch.from_numpy, (z0, z, outside)))
    assert np.allclose(found, [expected, 0])


def test_what_is_sought_is_the_truth_inside_and_the_picture_outside(part):
    """Where a pair spilt, the clean edit is known here; what is left of a difference to it lies along the border."""
    pasted, after = part_file._Pasted(part.dataset)[:PAIRS].astype(float), part.dataset.after[:].astype(float)
    spilt = [[np.abs(picture - pair.truth).mean() for picture in (after[i], pasted[i])]
             for i in range(PAIRS) if (pair := make_pair(i)).kind == "colour" and (pair.after != pair.truth).any()]
    assert len(spilt) > 5
    assert all(ours < 0.05 * theirs for theirs, ours in spilt)


def test_a_batch_has_masks_words_and_drops_as_often_as_said(part):
    batches = [part.batch(0, torch.Generator().manual_seed(i)) for i in range(60)]
    before, sought, tokens, weights, outside, masks = (torch.cat(each) for each in zip(*batches))
    n = len(masks)
    assert abs(masks.flatten(1).all(1).float().mean() - part_file.NO_MASK) < 0.07  # and whole scenes, a few
    assert abs((before == 0).flatten(1).all(1).float().mean() - 0.1) < 0.04
    nothing = (tokens == part.nothing).all(1)
    assert abs(nothing.float().mean() - 0.1) < 0.04
    it = torch.stack([(part.tokens_it == row).all(1).any() & ~nothing[i] for i, row in enumerate(tokens)])
    assert 0.2 < it.float().mean() < part_file.IT + 0.05
    free = masks.flatten(1).all(1) | (before == 0).flatten(1).all(1)
    assert not outside[free].any() and outside[~free].flatten(1).any(1).all()
    assert torch.allclose(weights.mean((1, 2, 3)), torch.ones(n), atol=1e-3)
    again = part.batch(0, torch.Generator().manual_seed(0))
    assert all(torch.equal(a, b) for a, b in zip(batches[0], again))


def test_lambda_weighs_the_penalty_alone(part):
    batch = part.batch(0, torch.Generator().manual_seed(1))
    losses = []
    for lambda_ in (0, 1, 3):
        part.lambda_ = lambda_
        with torch.no_grad():
            losses.append(part.loss(batch, torch.Generator().manual_seed(2)))
    part.lambda_ = part_file.PENALTY
    (first, _), (second, terms), (third, _) = losses
    assert terms["outside"] > 0
    assert torch.allclose(second - first, terms["outside"]) and torch.allclose(third - first, 3 * terms["outside"])


def test_a_model_of_noise_has_the_same_loss_of_z0(part, monkeypatch):
    """On full the U-Net answers the noise. Whatever is answered, an error of z0 counts alike: Min-SNR's own point."""
    error_of_z0, t = torch.tensor([0.3]), torch.tensor([400])
    kept = part.scheduler.alphas_cumprod[t]
    of_v = part.weighed(error_of_z0 / (1 - kept), t)
    monkeypatch.setattr(part, "scheduler", type(part.scheduler).from_config(part.scheduler.config,
                                                                            prediction_type="epsilon"))
    of_noise = part.weighed(error_of_z0 * kept / (1 - kept), t)
    assert torch.allclose(of_v, of_noise)
    latents = torch.randn(1, 4, 8, 8)
    noisy, t, answer = part.noised(latents, torch.Generator().manual_seed(0))
    kept = part.scheduler.alphas_cumprod[t][:, None, None, None]
    assert torch.allclose(kept ** 0.5 * latents + (1 - kept) ** 0.5 * answer, noisy, atol=1e-5)


def test_train_and_edit(home, monkeypatch):  # noqa: F811
    """From the command line to an edit; the plain editor's weights are left as they are."""
    editor = home / "models/pocket/editor/unet/diffusion_pytorch_model.safetensors"
    plain = editor.read_bytes()
    shutil.rmtree(home / "models/pocket/mask_aware", ignore_errors=True)
    said = CliRunner().invoke(app, ["train", "mask-aware", "--way", "both", "--lora", "2", "--steps", "1", "--pairs",
                                    str(PAIRS), "--device", "cpu", "--penalty", "1"])
    assert said.exit_code == 0, said.stderr
    folder = home / "models/pocket/mask_aware/both"
    assert {path.name for path in folder.iterdir()} == {SETTINGS, ADAPTERS, MASK}
    settings = json.loads((folder / SETTINGS).read_text())
    assert settings | {"way": "both", "rank": 2, "penalty": 1.0, "target": "pasted"} == settings
    assert editor.read_bytes() == plain and (work_folder() / "mask-aware-both" / "preview.png").exists()

    from maskedit_helpers.kit.kit import Kit
    from maskedit_helpers.kit.weights import choose

    kit, pair = Kit(choose("pocket")), make_pair(10_000_000, leak=0)
    one, by_folder, unasked = (kit.edit(pair.before, pair.instruction, mask=pair.mask, steps=2, progress=False,
                                        blend=False, control=control)
                               for control in (MaskAware("both"), MaskAware(str(folder)), None))
    assert np.array_equal(one, by_folder) and (one != unasked).any()
    with pytest.raises(KitError, match="no mask-aware editor 'tokens'.*train mask-aware"):
        kit.edit(pair.before, pair.instruction, mask=pair.mask, control=MaskAware("tokens"))
    with pytest.raises(KitError, match="never saw a mask"):
        kit.edit(pair.before, pair.instruction, mask=pair.mask, control=MaskAware("both"), plan="distilled")


@pytest.mark.parametrize(("words", "says"), [
    (("mask-aware", "--way", "sideways"), "use one of channel, encoded, tokens, both"),
    (("mask-aware", "--lora", "0"), "rank 0: give 1 or more"),
    (("mask-aware", "--lora", "4", "--full"), "give one"),
    (("mask-aware", "--penalty", "-1"), "penalty is -1.0"),
    (("mask-aware", "--jitter", "nan"), "jitter is nan"),
    (("mask-aware", "--it", "2"), "share of samples"),
    (("mask-aware", "--target", "wet"), "use one of pasted, leaky"),
    (("mask-aware", "--leak", "2"), "leak is 2.0"),
    (("mask-aware", "--size", "huge"), 'use "pocket" or "full"'),
    (("mask-aware", "--size", "full"), "give their folder (--built)"),
    (("mask-aware", "--begin", "nowhere"), "nowhere holds no mask-aware weights"),
    (("mask-aware", "--warm"), "always begins as the plain editor"),
    (("mask-aware",), "no weights: "),
    (("editor", "--lora", "4"), "--lora is of mask-aware alone"), (("sam", "--full"), "--full is of mask-aware alone")])
def test_what_can_be_known_is_said_before_drawing(tmp_path, monkeypatch, words, says):
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path))
    monkeypatch.setattr(run, "load_dataset", drawn)
    result = CliRunner().invoke(app, ["train", *words])
    assert result.exit_code == 2 and says in result.stderr and result.stderr.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_it_trains_on_pairs_that_were_built(home, tmp_path):  # noqa: F811
    """With the masks and pictures of the shards: here of SAM's boxes, and of the drawn pairs."""
    from maskedit_helpers.training.mask_aware.built import built_dataset
    from maskedit_helpers.training.pairs_with_masks.build import build_pairs

    build_pairs(tmp_path / "pairs", 12, masks="box", preset="none", workers=0, progress=False)
    data = built_dataset(tmp_path / "pairs", 128)
    seeds = [i for i in range(12) if make_pair(i).instruction in data.instructions]
    assert len(data) == len(data.instructions) == len(data.masks) and len(data) >= 8
    first = next(make_pair(i) for i in seeds if make_pair(i).instruction == data.instructions[0])
    assert np.array_equal(data.before[0:1][0], first.before) and np.array_equal(data.after[0:1][0], first.after)
    assert (data.masks[0] & first.target).sum() / (data.masks[0] | first.target).sum() > 0.6
    folder = train_mask_aware("channel", rank=2, steps=1, batch=2, device="cpu", built=tmp_path / "pairs",
                              out=tmp_path / "weights")
    assert {path.name for path in folder.iterdir()} == {SETTINGS, ADAPTERS, MASK, "run"}


def test_another_recipe_does_not_go_on_with_a_run(home):  # noqa: F811
    how = dict(rank=2, steps=1, pairs=PAIRS, device="cpu", batch=2, out=home / "study")
    train_mask_aware("channel", **how)
    with pytest.raises(KitError, match="begun with penalty"):
        train_mask_aware("channel", **how | {"penalty": 0.5, "resume": True, "steps": 2})
    with pytest.raises(KitError, match="already holds a run"):
        train_mask_aware("channel", **how)


def test_rare_things_are_drawn_more_often_and_whole_scenes_are_not():
    drawn = part_file._evenly(["shirt"] * 36 + ["hat"] * 4 + [None])
    assert torch.allclose(drawn[36] / drawn[0], torch.tensor(3.0)) and drawn[-1] == drawn[0]


def test_without_a_mask_the_plain_editors_answer_is_sought(part):
    """A network that answers as the plain one, as each does before its first step, is then right."""
    before, sought, tokens, weights, outside, masks = part.batch(0, torch.Generator().manual_seed(1))
    everywhere = torch.ones_like(masks)
    losses = []
    for latents in (sought, torch.randn_like(sought)):  # whatever the pair may hold
        with torch.no_grad():
            losses.append(part.loss((before, latents, tokens, weights, outside * 0, everywhere),
                                    torch.Generator().manual_seed(2))[0])
    assert max(losses) < 1e-8


def test_an_error_inside_or_along_the_border_counts_more_than_one_far_outside():
    inside = torch.zeros(1, 1, 16, 16)
    inside[..., 4:10, 4:10] = 1
    inside[..., 10, 4:10] = 0.5  # cells that the border goes through
    by_place = weights_by_place(inside)
    assert torch.allclose(by_place.mean(), torch.tensor(1.0))
    far, within, edge, beside = (by_place[0, 0, y, x] for y, x in ((15, 15), (6, 6), (10, 6), (11, 6)))
    assert far < min(within, edge) and edge > beside and torch.isclose(within / far, torch.tensor(INSIDE))
    assert torch.isclose(beside / far, torch.tensor(BORDER)) and by_place[0, 0, 12, 6] == far
