"""What is not as in the paper: a table made of what a run really used, beside what the authors' paper and code say."""

from pathlib import Path

from ..comparing import listed
from ..pages import markdown

DEFINITIONS = (
    'Axes as in figure 8 of Brooks, Holynski and Efros, "InstructPix2Pix", CVPR 2023. Right: CLIP text-image direction '
    "similarity, cos(f1 - f0, g1 - g0), of the pictures' features f and their captions' g, before and after, each made "
    "unit length first: how well the change of the picture agrees with the change of the words. Up: CLIP image "
    "similarity, cos(f0, f1): how much of the picture is kept. Of both, more is better; each line holds text guidance "
    "s_T, and along it image guidance s_I grows. Cosines of different CLIPs do not compare: the curve's form can be "
    "held against the paper's, its numbers only where the CLIP is the same.")
PAPER = {  # what: of the paper, or where it is silent of its script metrics/compute_metrics.py
    "editor": "timbrooks/instruct-pix2pix, from Stable Diffusion 1.5",
    "pictures": "test split of the 454,445 generated pairs",
    "number of pictures": "5000, the default of the script",
    "captions": "as generated: GPT-3's for after, LAION's for before",
    "longer side (px)": "512",
    "CLIP": "ViT-L/14, OpenAI's weights, 224 px",
    "sampler": "Euler ancestral, of k-diffusion",
    "steps": "100",
    "U-Net rows": "all three at every step",
    "text guidance s_T": "7.5",
    "image guidance s_I": "1, 1.2, 1.4, 1.6, 1.8, 2, 2.2",
    "starting noise": "one stream of seed 0, another draw for each picture and s_I",
    "intervals": "none",
}
FULL, ALL = "timbrooks/instruct-pix2pix", "all three at every step, but for those whose weight is 0"
SAMPLERS = {"EulerAncestralDiscreteScheduler": "Euler ancestral, of diffusers"}


def deviations(rows):
    """The table in Markdown, and the definitions before it.

    rows : list of dict or DataFrame of the task `clip_curve`, as `study_rows` gives them
    """
    lines = [[what, paper, here, "yes" if same else "**no**"] for what, paper, here, same in compared(rows)]
    return "\n\n".join((DEFINITIONS, markdown(["what", "paper", "here", "the same"], lines)))


def compared(rows):
    """[(what, in the paper, here, is it the same?)] of the same rows."""
    here = used(listed(rows))
    return [(what, paper, here[what], _same(what, paper, here[what])) for what, paper in PAPER.items()]


def used(rows):
    """{what: what a run used, in words}, of its rows."""
    models, pairs = _all(rows, "models"), _all(rows, "pairs")
    drawn = not pairs
    exact = _all(rows, "plan") in ("reference", "exact") or _all(rows, "rows") == "TI0"
    return {
        "editor": FULL if models == "full" else f"{models} model of the same classes",
        "pictures": f"drawn scenes that no model was trained on, seed {_all(rows, 'seed')}" if drawn else
                    f"pairs of {Path(pairs).name}",
        "number of pictures": str(len({row["scene"] for row in rows})),
        "captions": "of the drawn scenes, exact" if drawn else "of the pairs",
        "longer side (px)": _all(rows, "side"),
        "CLIP": f"{_all(rows, 'clip_model')}, {_all(rows, 'clip_side')} px",
        "sampler": ", ".join(SAMPLERS.get(name, name) for name in _levels(rows, "sampler")),
        "steps": _all(rows, "sampler_steps"),
        "U-Net rows": ALL if exact else
                      f"{_all(rows, 'rows')}, spread over the steps",
        "text guidance s_T": _all(rows, "s_T"),
        "image guidance s_I": _all(rows, "s_I"),
        "starting noise": f"a seed for each picture from {_all(rows, 'edit_seed')} on, the same for each s_T and s_I",
        "intervals": "95 %, over pictures",
    }


def _same(what, paper, here):
    """Does it make no difference?"""
    return here == {"editor": FULL, "number of pictures": "5000", "U-Net rows": ALL}.get(what, paper)


def _all(rows, name):
    return ", ".join(f"{level:g}" if isinstance(level, (int, float)) else level for level in _levels(rows, name))


def _levels(rows, name):
    levels = {row[name] for row in rows}
    return sorted(levels)
