"""Kept results that nobody measured, but shaped as if, with names that LaTeX and Markdown would stumble over."""

import json

import numpy as np
from PIL import Image

from maskedit_helpers.studies.sweep.spec import read_spec
from maskedit_helpers.studies.sweep.store import Store

ODD = "50%_{of} $x$ & #1 \\ ~^ <b> | `c` é λ 中"
CONTROLS = ("blend", "latent", ODD)
STUDY = """
title = "How loose may a mask be?"
question = "From how many pixels on?"
task = "edits"
scenes = 6
[factors]
control = ["blend", "latent"]
mask = ["truth", "dilated:2", "dilated:4"]
[[figure]]
name = "loose"
x = "mask"
y = ["truth_psnr", "edit_psnr"]
lines = "control"
[[table]]
metrics = ["truth_psnr", "edit_psnr"]
relative_to = { control = "blend" }
"""
METRICS = {"truth_psnr": (30, 2), "edit_psnr": (20, 2), "background_psnr": (28, 3), "change_iou": (0.8, 0.05),
           "seam_error": (7, 1), "clip_direction": (0.8, 0.05), "unet_rows": (60, 0), "seconds": (2.5, 0.1)}
RUN = {"models": "pocket", "device": "cpu", "seed": 0, "editor": "0123456789abcdef", "SAM": "a" * 16, "CLIP": "b" * 16,
       "drawing_code": "c" * 16, "settings": {"s_T": 3.0, "s_I": 1.2, "plan": "a plan", "seed": 1337, "long_side": 128}}


def control_rows(scenes=8, seed=0):
    rng = np.random.default_rng(seed)
    return [{"scene": scene, "control": control, "source": "click", "plan": "reference",
             **{name: mean - 3 * i * (name == "truth_psnr") + spread * rng.normal()
                for name, (mean, spread) in METRICS.items()}}
            for i, control in enumerate(CONTROLS) for scene in range(scenes)]


def study_rows(settings, rng):
    lost = {"truth": 0, "dilated:2": 1, "dilated:4": 3}[settings["mask"]] * (1 + (settings["control"] == "latent"))
    return [{"scene": scene, "truth_psnr": 30 + scene - lost + rng.normal(0, 0.3),
             "edit_psnr": 20 + scene + rng.normal(0, 0.3)} for scene in range(6)]


def ratings():
    """Rows of answers; the odd method is the best."""
    rng = np.random.default_rng(2)
    return [{"study": "a_b", "rater": f"r{rater}", "source": f"s{source}", "method": method, "question": "followed?",
             "answer": int(np.clip(round(rng.normal(mean, 0.8)), 1, 5)), "position": rng.integers(9)}
            for rater in range(5) for source in range(4) for method, mean in (("plain", 2), (ODD, 4))]


def cases():
    """Rows of two cases; of the second, two results read the same."""
    return [{"case": case, "result": result, "truth_psnr": truth, "change_iou": 0.5, "background_psnr": background}
            for case, result, truth, background in (
                ("shirt", "baseline", 22.83, 23.0), ("shirt", "blended", 31.18, 45.6),
                ("shirt", "oracle", 32.0, float("inf")), ("dog", "baseline", 24.61, 24.9),
                ("dog", "blended", 24.64, 49.0), ("dog", "soft", 20.0, 30.0), ("dog", "oracle", 28.5, float("inf")))]


def write(folder):
    """A folder data and a folder demo in `folder`; returns the study's rows."""
    data = folder / "data"
    (data / "studies").mkdir(parents=True)
    lines = [RUN | {"controls": {name: [f"A({name!r})", "d" * 16] for name in CONTROLS}}, *control_rows()]
    (data / "controls_pocket.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    board = {"evaluate": {"run": RUN | {"scenes": 9}, "scores": {
        "mask_iou": {"mean": 0.9491, "low": 0.9344, "high": 0.9616, "n": 9},
        "baseline_truth_psnr": {"mean": 25.34, "low": 24.5, "high": 26.1, "n": 9}}},
        "demo": {"run": RUN, "rows": cases()}}
    (data / "scoreboard_pocket.json").write_text(json.dumps(board))
    spec = data / "studies" / "loose.toml"
    spec.write_text(STUDY)
    (data / "studies" / "none_yet.toml").write_text(STUDY.replace("loose may", "tight may"))
    spec, rng, rows = read_spec(spec), np.random.default_rng(1), []
    for settings in spec.cells()[:-1]:  # one is missing
        made = study_rows(settings, rng)
        Store(spec.folder).write(spec.task, settings, {"models": "pocket", "editor": RUN["editor"]}, made)
        rows += [settings | row for row in made]
    picture = np.tile(np.arange(32, dtype=np.uint8)[:, None, None] * 8, (1, 32, 3))
    (folder / "demo" / "shirt").mkdir(parents=True)
    for name in ("original", "baseline", "blended", "truth"):
        Image.fromarray(picture).save(folder / "demo" / "shirt" / f"{name}.png")
    Image.fromarray((picture[..., 0] > 100).astype(np.uint8) * 255).save(folder / "demo" / "shirt" / "mask.png")
    return rows
