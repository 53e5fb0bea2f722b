"""LPIPS, DINO and CLIP of others: held against other implementations, and fetched from a server that stands in."""

import functools
import json
from pathlib import Path

import full
import numpy as np
import pytest
import timm
import torch
import torchmetrics.functional.image
from hub import Hub, let_stand_in, sha256
from PIL import Image
from safetensors.torch import save_file
from torchmetrics.functional.image.lpips import _LPIPS
from torchvision.models import squeezenet1_1

import maskedit_helpers as me
from maskedit_helpers.downloads import checkpoints, fetch
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.studies.outside.dino import Dino
from maskedit_helpers.studies.outside.eyes import Eyes
from maskedit_helpers.studies.outside.lpips import Lpips

HEADS = Path(torchmetrics.functional.image.__file__).parent / "lpips_models" / "squeeze.pth"
SMALL = {"embed_dim": 48, "depth": 3, "num_heads": 3}  # of a vision transformer


@pytest.fixture(scope="module")
def backbone():
    torch.manual_seed(0)
    return squeezenet1_1(weights=None).state_dict()


def noise(seed, height=64, width=64):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_lpips_is_torchmetrics(backbone):
    """Random features, the published weights on them."""
    theirs = _LPIPS(net="squeeze", pnet_rand=True)
    pairs = {f"features.{name.split('.', 2)[2]}": value for name, value in theirs.net.state_dict().items()}
    backbone = {name: pairs.get(name, value) for name, value in backbone.items()}  # slices are numbered by layer
    ours = Lpips(backbone, torch.load(HEADS, map_location="cpu", weights_only=True))
    x, y = noise(0) / 255, noise(1) / 255
    a, b = (torch.tensor(picture, dtype=torch.float32).permute(2, 0, 1)[None] * 2 - 1 for picture in (x, y))
    with torch.no_grad():
        expected = float(theirs(a, b))
    assert expected > 0 and ours(x, y) == pytest.approx(expected, rel=1e-4) and ours(x, x) == 0


def test_the_published_weights_are_those_that_are_asked_for():
    asset = checkpoints.ASSETS["lpips_squeeze"]
    data = HEADS.read_bytes()
    assert (asset.size, asset.sha256) == (len(data), sha256(data))


def test_dino_is_transformers():
    """The keys of the last layer and the class token's answer, of the same weights in transformers' own network."""
    from transformers import ViTConfig, ViTModel

    torch.manual_seed(1)
    network = timm.create_model("vit_small_patch16_224.dino", pretrained=False, num_classes=0, dynamic_img_size=True,
                                **SMALL).eval()
    with torch.no_grad():  # weights as they come are so small that all keys are alike
        for weights in network.parameters():
            weights.add_(torch.randn_like(weights) * 0.2)
    theirs = ViTModel(ViTConfig(hidden_size=48, num_hidden_layers=3, num_attention_heads=3, intermediate_size=192,
                                patch_size=16, image_size=224, layer_norm_eps=1e-6), add_pooling_layer=False).eval()
    theirs.load_state_dict(renamed(network.state_dict(), theirs.state_dict()))
    dino, picture = Dino(network), noise(2, 224, 224)
    seen = (torch.tensor(picture).permute(2, 0, 1).float() - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) \
        / torch.tensor([0.229, 0.224, 0.225])[:, None, None]  # grey levels as they are, as PIE-Bench hands them in
    kept = []
    last = [module for name, module in theirs.named_modules() if name.endswith(("attention.key", "k_proj"))][-1]
    last.register_forward_hook(lambda layer, inputs, keys: kept.append(keys[0]))
    with torch.no_grad():
        theirs(seen[None])
    unit = torch.nn.functional.normalize(kept[0], dim=1)
    alike = dino.keys_alike(picture)
    assert alike.shape == (197, 197) and torch.allclose(alike, unit @ unit.T, atol=1e-4)
    assert dino.keys_alike(noise(3, 40, 64)).shape == (1 + 14 * 22,) * 2  # 224x358, of which 352 are whole patches
    assert alike.std() > 0.05  # keys that are all alike would show nothing
    small = Image.fromarray(picture).resize((256, 256), Image.Resampling.BICUBIC).crop((16, 16, 240, 240))
    middle = (torch.tensor(np.asarray(small)).permute(2, 0, 1) / 255 - torch.tensor([0.485, 0.456, 0.406])[
        :, None, None]) / torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    with torch.no_grad():
        answer = theirs(middle[None]).last_hidden_state[0, 0]
    assert torch.allclose(dino.token(picture), torch.nn.functional.normalize(answer, dim=0), atol=1e-4)


def renamed(weights, names):
    """timm's state dict under transformers' names, whichever of its spellings the installed version has."""
    places = {"embeddings.cls_token": "cls_token", "embeddings.position_embeddings": "pos_embed",
              "layernorm.weight": "norm.weight", "layernorm.bias": "norm.bias"}
    parts = {"layernorm_before": "norm1", "layernorm_after": "norm2", "intermediate.dense": "mlp.fc1",
             "output.dense": "mlp.fc2", "mlp.fc1": "mlp.fc1", "mlp.fc2": "mlp.fc2",
             "attention.output.dense": "attn.proj", "attention.o_proj": "attn.proj"}
    thirds = {"query": 0, "q_proj": 0, "key": 1, "k_proj": 1, "value": 2, "v_proj": 2}
    found = {}
    for name in names:
        *path, kind = name.split(".")
        if name in places:
            found[name] = weights[places[name]]
        elif "projection" in path:
            found[name] = weights[f"patch_embed.proj.{kind}"]
        else:
            number = next(part for part in path if part.isdigit())
            rest = ".".join(path[path.index(number) + 1:])
            if path[-1] in thirds:
                found[name] = weights[f"blocks.{number}.attn.qkv.{kind}"].chunk(3)[thirds[path[-1]]]
            else:
                found[name] = weights[f"blocks.{number}.{parts[rest]}.{kind}"]
    return found


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """One with no weights."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("MASKEDIT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


def save_dino(folder, name):
    torch.manual_seed(2)
    network = timm.create_model(name, pretrained=False, num_classes=0, **SMALL)
    save_file(network.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text("{}")


def folder_of_one(folder):
    """A drawing with mask, edit, true edit and captions."""
    case = me.load_case("shirt", size=64)
    for place, picture in (("originals", case.image), ("edits/mine", case.image[::-1]), ("truths", case.truth)):
        (folder / place).mkdir(parents=True)
        me.write_png(folder / place / "a.png", picture)
    (folder / "masks").mkdir()
    me.write_png(folder / "masks" / "a.png", case.mask)
    (folder / "captions.csv").write_text('name,before,after\na.png,a shirt,"a red, leather shirt"\n')


def test_with_all_that_papers_measure_with(machine, monkeypatch, tmp_path, backbone):
    """Fetched in the real formats from a server; then every metric is there, and the table names the networks."""
    torch.save(backbone, tmp_path / "squeeze")
    files = {"squeezenet1_1-b8a52dc0.pth": (tmp_path / "squeeze").read_bytes(), "squeeze.pth": HEADS.read_bytes()}
    monkeypatch.setitem(checkpoints.ASSETS, "squeezenet1_1", checkpoints.Checkpoint(
        "squeezenet1_1-b8a52dc0.pth", len(files["squeezenet1_1-b8a52dc0.pth"]),
        sha256(files["squeezenet1_1-b8a52dc0.pth"])))
    names = ("clip_vit_l_14", "clip_vit_b_32_openai", "dino_vit_b_8", "dino_vit_s_16")
    let_stand_in(monkeypatch, *names)
    monkeypatch.setattr(timm, "create_model", functools.partial(timm.create_model, **SMALL))
    repos = {checkpoints.ASSETS[name].repo: full.repository(save) for name, save in zip(names, (
        functools.partial(full.save_clip, quick_gelu=True), functools.partial(full.save_clip, seed=1, quick_gelu=True),
        functools.partial(save_dino, name="vit_base_patch8_224.dino"),
        functools.partial(save_dino, name="vit_small_patch16_224.dino")))}
    with Hub({f"mirror/{name}": data for name, data in files.items()}, repos) as hub:
        monkeypatch.setenv("MASKEDIT_MIRROR", f"{hub.url}/mirror")
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert len(fetch.fetch(["papers"], progress=False)) == 6
    folder_of_one(tmp_path / "in")
    found = me.measure_folder(tmp_path / "in", progress=False)
    row, = found.rows
    assert found.left_out == {} and found.conventions["pie_lpips"] == "PIE-Bench, by SqueezeNet"
    assert found.conventions["pie_clip_whole"] == "PIE-Bench, by CLIP ViT-L/14"
    assert found.conventions["magicbrush_clip_i"] == "MagicBrush, by CLIP ViT-B/32"
    assert row["pie_lpips"] > 0 and row["pie_structure"] > 0 and 0 <= row["pie_clip_whole"] <= 100
    assert -1 <= row["magicbrush_dino"] < 1 and -1 <= row["magicbrush_clip_t"] <= 1
    assert json.dumps(found.rows)  # plain numbers


def test_the_pocket_clip_is_named_and_refuses_photographs(pocket, machine, monkeypatch, tmp_path):
    monkeypatch.setenv("MASKEDIT_HOME", str(pocket))
    folder_of_one(tmp_path / "in")
    found = me.measure_folder(tmp_path / "in", progress=False)
    assert found.conventions["pie_clip_whole"] == "PIE-Bench, by the pocket CLIP"
    assert "by the pocket CLIP" in repr(found) and "pie_clip_whole" in found.rows[0]
    assert "clip" not in " ".join(found.left_out)
    monkeypatch.setattr(Kit, "domain", lambda kit, image: "photograph")
    found = me.measure_folder(tmp_path / "in", progress=False)
    assert "pie_clip_whole" not in found.rows[0]
    assert "look like photographs" in found.left_out["pie_clip_whole"]
    assert "`maskedit fetch clip_vit_l_14`" in found.left_out["pie_clip_whole"]
    with pytest.raises(me.KitError, match="size 'large' is unknown"):
        Eyes("large", [])
