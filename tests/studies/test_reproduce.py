"""The paper's curve: its two similarities held against torch's cosines of raw features, as in the authors' script.

By the pocket models as they are here, with a sampler of one or two steps.
"""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import cosine_similarity
from typer.testing import CliRunner

from maskedit_helpers.cli.app import app
from maskedit_helpers.errors import KitError
from maskedit_helpers.kit.kit import Kit
from maskedit_helpers.kit.weights import choose
from maskedit_helpers.studies.evaluate import held_out_pairs
from maskedit_helpers.studies.reproduce import clip_curve
from maskedit_helpers.studies.reproduce.curve import STUDY, curve_spec, reproduce_curve
from maskedit_helpers.studies.reproduce.deviations import PAPER, deviations, used
from maskedit_helpers.studies.sweep.spec import read_spec
from maskedit_helpers.training.pairs_with_masks.build import build_pairs
from maskedit_helpers.training.pairs_with_masks.reading import read_pairs

SETTINGS = {**clip_curve.TASK.defaults, "scenes": 5, "s_T": 3.0, "s_I": 1.4, "scheduler": "dpm++", "steps": 1}


@pytest.fixture(scope="module")
def rows():
    return clip_curve.run(SETTINGS)


def test_similarities_as_the_authors_script_has_them(rows):
    kit, i = Kit(choose("pocket")), 4  # the one that is edited after the first batch
    pair = list(held_out_pairs(5, 0))[i]
    edit = kit.edit(pair.before, pair.instruction, s_T=3.0, s_I=1.4, scheduler="dpm++", steps=1, plan="reference",
                    seed=i, anyway=True, progress=False)

    def feature(picture):
        return kit.clip.model.encode_image(kit.clip.preprocess(Image.fromarray(picture))[None])

    def words(text):
        return kit.clip.model.encode_text(kit.clip.tokenizer([text]))

    with torch.inference_mode():
        f_0, f_1, g_0, g_1 = (each / each.norm(dim=1, keepdim=True) for each in (
            feature(pair.before), feature(edit), *map(words, pair.captions)))
        assert rows[i]["clip_image"] == pytest.approx(float(cosine_similarity(f_0, f_1)), abs=1e-4)
        assert rows[i]["clip_direction"] == pytest.approx(float(cosine_similarity(f_1 - f_0, g_1 - g_0)), abs=1e-3)
    assert [row["scene"] for row in rows] == [str(pair.seed) for pair in held_out_pairs(5, 0)]
    assert len({row["clip_image"] for row in rows}) == 5 and all(-1 <= row["clip_image"] <= 1 for row in rows)


def test_the_same_settings_give_the_same_rows_and_other_guidance_other_ones(rows):
    first = clip_curve.run({**SETTINGS, "scenes": 2})  # in another batch
    assert [row["clip_image"] for row in first] == pytest.approx([row["clip_image"] for row in rows[:2]], abs=1e-4)
    other = clip_curve.run({**SETTINGS, "scenes": 2, "s_I": 2.2})
    assert abs(other[0]["clip_image"] - first[0]["clip_image"]) > 1e-3


def test_what_rows_depend_on():
    found = clip_curve.depends(SETTINGS)
    assert {*found} == {"editor", "CLIP", "code", "drawing_code"} and json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(("more", "says"), [
    ({"models": "auto"}, "models 'auto': take pocket or full"), ({"clip": "RN50"}, "take vit_b_32 or vit_l_14"),
    ({"s_I": 0.9}, "give s_T > 1 and s_I >= 1"), ({"scenes": 0}, "scenes must be 1 or more"),
    ({"scheduler": "magic"}, "scheduler 'magic' is unknown")])
def test_what_cannot_be_is_refused_before_the_work(more, says):
    with pytest.raises(KitError, match=re.escape(says)):
        clip_curve.check({**SETTINGS, **more})


def test_built_pairs_are_edited_too(tmp_path, rows):
    build_pairs(tmp_path, 6, preset="none", models="pocket", workers=0, progress=False)
    settings = {**SETTINGS, "pairs": str(tmp_path), "scenes": 3}
    found = clip_curve.run(settings)
    assert [row["scene"] for row in found] == read_pairs(tmp_path).names[:3]
    assert all(-1 <= row["clip_direction"] <= 1 for row in found)
    assert {**clip_curve.depends(settings)}.keys() == {"editor", "CLIP", "code", "pairs"}
    assert lines(deviations([{**settings, **row} for row in found]))["pictures"][1] == f"pairs of {tmp_path.name}"
    with pytest.raises(KitError, match="has 6 pairs with captions, and 7 are asked for"):
        clip_curve.run({**settings, "scenes": 7})


def lines(page):
    return {cells[0]: cells[1:] for cells in ([cell.strip() for cell in line.strip("|").split("|")]
                                              for line in page.splitlines() if line.startswith("|"))}


def as_published():
    settings = {**clip_curve.TASK.defaults, "models": "full", "steps": 100}
    facts = {"sampler": "EulerAncestralDiscreteScheduler", "sampler_steps": 100, "rows": "TI0", "side": 512,
             "clip_model": "ViT-L/14, OpenAI's weights", "clip_side": 224, "pairs": "ip2p"}
    return [{**settings, **facts, "scene": str(scene), "s_I": s_I}
            for s_I in (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2) for scene in range(5000)]


def test_deviations_are_what_the_run_used_not_what_was_asked(rows):
    table = lines(deviations([{**SETTINGS, **row} for row in rows]))
    assert table["sampler"] == [PAPER["sampler"], "DPMSolverMultistepScheduler", "**no**"]
    assert table["steps"] == ["100", "1", "**no**"] and table["number of pictures"][1] == "5"
    assert table["longer side (px)"] == ["512", "128", "**no**"]
    assert table["CLIP"][1:] == ["pocket's own, 64 px", "**no**"] and table["text guidance s_T"][1] == "3"
    settings = {**SETTINGS, "steps": 0, "scheduler": ""}
    own = lines(deviations([{**settings, **clip_curve.facts_of(clip_curve._kit("pocket", "vit_l_14"), settings),
                             "scene": "1"}]))
    assert own["sampler"][1] == "DDIMScheduler" and own["steps"][1] == "20"


def test_a_run_as_published_deviates_in_what_it_must():
    table = lines(deviations(as_published()))
    same = {what for what, cells in table.items() if cells[-1] == "yes"}
    assert same == {"editor", "longer side (px)", "CLIP", "steps", "U-Net rows", "text guidance s_T",
                    "image guidance s_I", "number of pictures"}
    assert used(as_published())["sampler"] == "Euler ancestral, of diffusers"


def test_the_kept_study_is_the_papers_sweep():
    spec = read_spec(STUDY)
    assert spec.factors["s_I"] == [1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.2] and len(spec.factors["s_T"]) > 2
    full = curve_spec("full", pairs="pairs")
    assert (full.factors["s_T"], full.fixed["steps"], full.fixed["scheduler"], full.fixed["clip"]) == (
        [7.5], 100, "", "vit_l_14")
    assert full.factors["s_I"] == spec.factors["s_I"]
    with pytest.raises(KitError, match="--pairs names a folder of pairs with captions"):
        curve_spec("full")


def test_the_command_measures_draws_and_tells(tmp_path):
    command = ["reproduce", "curve", "--scenes", "2", "--steps", "1", "--s-T", "2,4", "--out", str(tmp_path), "--json"]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert len(told["rows"]) == 2 * 7 * 2
    picture, page = Image.open(told["figure"]), (tmp_path / "curve.md").read_text()
    assert picture.text["Description"] == told["alt"] and f"![{told['alt']}](curve.png)" in page
    means = {(row["s_T"], row["s_I"]): np.mean([other["clip_image"] for other in told["rows"] if (
        other["s_T"], other["s_I"]) == (row["s_T"], row["s_I"])]) for row in told["rows"]}
    assert f"{means[2.0, 1.0]:.3f}" in told["alt"] and f"{means[4.0, 2.2]:.3f} (" in page
    assert lines(page)["steps"][1] == "1" and "cos(f0, f1)" in page
    again = reproduce_curve(out=tmp_path, scenes=2, steps=1, s_T=[2, 4], progress=False)
    assert again["rows"] == told["rows"]
