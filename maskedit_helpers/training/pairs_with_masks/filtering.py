"""Which pairs are kept: the least that each score must reach, by presets of others and one measured here.

CLIP's cosines of two models do not compare (see `masks.clip`), so thresholds that were made for one say little with
another: with the pocket CLIP, whose captions score 0.7 and more, those of InstructPix2Pix let nearly everything pass.
"""

from dataclasses import dataclass, field

from ...errors import KitError


@dataclass(frozen=True)
class Preset:
    """least: {score: what it must reach}. most: {score: what it may not pass}. of: {kind of edit, or way in which the
    mask was made: another Preset}, for these instead of this one. Scores are named as in `scoring.Scores`; one that
    was not measured is not asked. source: where the numbers are from."""

    least: dict = field(default_factory=dict)
    most: dict = field(default_factory=dict)
    of: dict = field(default_factory=dict)
    source: str = ""

    def reason(self, scores, kind="", way=""):
        """Why a pair of these scores, a dict, is dropped; "" if it is kept."""
        for which in (kind, way):
            if which in self.of:
                return self.of[which].reason(scores)
        for name, limit in self.least.items():
            if scores[name] is not None and not scores[name] >= limit:
                return f"{name} under {limit:g}"
        for name, limit in self.most.items():
            if scores[name] is not None and not scores[name] <= limit:
                return f"{name} over {limit:g}"
        return ""


_COLOUR = Preset({"clip_target": 0.2, "anyedit_l1": 0.3})
_LOOK = Preset({"clip_target": 0.25, "anyedit_l1": 0.3, "clip_direction": 0.06})
_OTHER = Preset({"clip_target": 0.2, "clip_direction": 0.08})
_TONE = Preset({"clip_target": 0.25, "anyedit_l1": 0.2}, {"anyedit_l1": 0.8})

PRESETS = {
    "none": Preset(source="every pair is kept whose mask can be used"),
    "ip2p": Preset({"clip_image": 0.7, "clip_direction": 0.2, "clip_source": 0.2, "clip_target": 0.2},
                   source="Brooks, Holynski & Efros, InstructPix2Pix, CVPR 2023, as its code has them"),
    "ultraedit": Preset({"clip_image": 0.7, "clip_direction": 0.22, "clip_source": 0.2, "clip_target": 0.2},
                        source="Zhao et al., UltraEdit, NeurIPS 2024"),
    "anyedit": Preset({"clip_target": 0.2}, of={
        "colour": _COLOUR, "color_alter": _COLOUR, "shirt": _LOOK, "appearance_alter": _LOOK, "robot": _OTHER,
        "hovercraft": _OTHER, "replace": _OTHER, "night": _TONE, "snow": _TONE, "tune_transfer": _TONE,
        "remove": Preset({"clip_target": 0.15}), "action": Preset({"clip_target": 0.3, "clip_direction": 0.05})},
        source="Yu et al., AnyEdit, CVPR 2025, by kind of edit, as its code has them; without its detectors"),
    "pocket": Preset(of={
        "click": Preset({"mask_score": 0.79}), "box": Preset({"mask_score": 0.82}),
        "words": Preset({"change_iou": 0.25, "change_inside": 0.12, "phrase_score": 38.17})},
        source="for the pocket models, by way of making the mask: each threshold loses at most 5 % of the good masks "
               "of drawn pairs (data/pairs_filter_pocket.json)"),
}


def preset(name):
    """A Preset by its name; KitError for another."""
    if name not in PRESETS:
        raise KitError(f"filter {name!r} is unknown; use one of {', '.join(PRESETS)}")
    return PRESETS[name]


def default_preset(models, source):
    """The name of the preset that is taken if nobody names one. models: "pocket" or "full"; source: as for a build."""
    return "ip2p" if models == "full" else "pocket" if source == "drawn" else "none"
