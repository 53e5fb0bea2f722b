"""The report's text: what was done, how, what the rows say, what is not as in a paper, and what it does not show.

Whatever has a number in it is made from the rows. A study's findings, which people wrote, are not quoted.
"""

from dataclasses import fields

from ..comparing import listed
from ..sweep.names import said as said_level
from ..sweep.names import symbol
from ..words import and_list, counted
from . import facts
from .blocks import Equation, Heading, Inset, Items, Words, Yours
from .marks import code, safe
from .results import results

TITLE, AUTHOR = "Where to edit: masks for InstructPix2Pix", "Name, course, date"
METHOD = {  # metric: what it is, of those that stand in a table
    "truth_psnr": "**truth PSNR**: $10\\log_{10}(255^2/\\mathrm{MSE})$ of the whole result against the true edit",
    "edit_psnr": "**edit PSNR**: the same inside the true mask",
    "background_psnr": "**background PSNR**: the result against the original, outside the mask; before the blend where "
                       "it says so, for a blend makes it exact",
    "change_iou": "**change IoU**: pixels that changed, over a threshold, against the mask: intersection over union",
    "seam_error": "**seam error**: the mean deviation from the true edit along the mask's border, in grey levels",
    "clip_direction": "**CLIP direction**: the cosine between the change of the picture's CLIP features and that of "
                      "the captions'",
    "edit_success": "**edit success**: the share of edits that ask for a colour and get it",
    "mask_iou": "**IoU of a mask**: intersection over union with the true one",
}
SOURCES = (
    "Brooks, Holynski, Efros. InstructPix2Pix: learning to follow image editing instructions. CVPR, 2023.",
    "Kirillov et al. Segment Anything. ICCV, 2023.",
    "Radford et al. Learning transferable visual models from natural language supervision. ICML, 2021.",
    "Lu et al. DPM-Solver++: fast solver for guided sampling of diffusion probabilistic models. 2022.",
    "Efron, Tibshirani. An introduction to the bootstrap. Chapman and Hall, 1993.",
    "Holm. A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics, 1979.",
)


def document(found, figures, tables):
    """list of blocks. found : gather.Found. figures : {name: Drawn}. tables : {name: Table}, facts among them"""
    return [*_summary(found), *_setting(found), *_method(found, tables), *results(found, figures, tables),
            Heading("Discussion"), Yours("discussion", "Yours: what do the results mean, what surprised you, what "
                                         "would you measure next?"),
            *_deviations(found, tables), *_limits(found), *_missing(found), Items(SOURCES, numbered=True),
            *_supplement(found, tables)]


def _summary(found):
    parts = ["pictures"] if found.pictures else []
    parts += [f"`{name[6:]}`" if name.startswith("study ") else name for name in facts.runs(found)]
    parts += [f"what {counted(found.ratings['raters'], 'rater')} answered"] if found.ratings else []
    yield Heading("Introduction")
    yield Yours("introduction", "Yours: which question do you ask, and why?")
    yield Words("InstructPix2Pix edits a picture by an instruction, and is not told where; a mask says where. This "
                f"report is made of kept results: {and_list(parts)}. Each number in it comes from their rows.")


def _setting(found):
    yield Heading("Setting")
    said = facts.models(found)
    if said:
        yield Words(f"All rows are of {and_list(f'`{name}`' for name in said)} models. " + (
            "These are small networks of the same classes as the published ones, trained on drawn scenes, of which the "
            "exact mask and the exact edit are known."
            if said == ["pocket"] else ""))
    items = []
    for what, run in (("the scoreboard", found.scores and found.scores["run"]), ("the controls", found.controls and
                      found.controls[0]), ("the mask-aware editors", found.mask_aware and found.mask_aware[0])):
        if run:
            settings = run["settings"]
            items.append(f"{what}: $s_T = {settings['s_T']:g}$, $s_I = {settings['s_I']:g}$, pictures of "
                         f"{settings['long_side']} pixels, {_plan(settings['plan'])}, on {safe(run['device'])}")
    if items:
        yield Items(tuple(items))
    if found.studies:
        yield Words("The supplement says what each study holds fixed and what it turns.")


def _of_studies(found):
    """What each study holds fixed and turns."""
    for name, study in found.studies.items():
        spec = study.spec
        fixed = ", ".join(f"{symbol(setting)} {safe(said_level(value))}" for setting, value in {
            "scenes": spec.scenes, "seed": spec.seed, **spec.fixed}.items() if value is not None)
        factors = "; ".join(f"{symbol(name)} {safe(', '.join(map(said_level, levels)))}"
                            for name, levels in spec.factors.items())
        yield f"study `{name}`: {fixed}" + (f"; turned: {factors}" if factors else "")


def _method(found, tables):
    yield Heading("Method")
    yield Words("An original $x_0$ is edited to $y$ by an instruction. The editor's three predictions, with text and "
                "picture ($e_T$), with the picture alone ($e_I$) and with neither ($e_0$), are combined at each step "
                "by two scales (Brooks et al., equation 3):")
    yield Equation(r"\hat e = e_0 + s_I\,(e_I - e_0) + s_T\,(e_T - e_I).")
    yield Words("A mask $M$, 1 where the picture is to change, joins the edit with the original, pixel by pixel:")
    yield Equation(r"\tilde y = M \odot y + (1 - M) \odot x_0.")
    yield Words("The plain edit $y$ is called baseline, $\\tilde y$ blended. Where a result is called oracle, $M$ is "
                "the true mask. The mask of one click is Segment Anything's, its border moved to the picture's edges.")
    if found.controls:
        controls = (f"{safe(name)}: {code(_control(name, said[0]))}" for name, said in found.controls[0][
            "controls"].items())
        yield Words(f"Controls steer the denoising itself; all end in that blend. Those of the scoreboard are "
                    f"{and_list(controls)}.")
    used = {column.name for table in tables.values() for column in table.columns}
    used |= {"mask_iou"} if found.scores else set()
    if defined := [words for name, words in METHOD.items() if name in used]:
        yield Words("Measured are:")
        yield Items(tuple(defined))
    yield Words("Intervals are of 95 % and over scenes; of shares exact, of other means by bootstrap; where editors "
                "were trained several times, over trainings too. Settings are compared in pairs of the same scene, and "
                "p is corrected by Holm for all comparisons of a study.")


def _plan(told):
    """A plan by its name, if it has one."""
    from ...editing.plan import PLANS

    return next((f"plan `{name}`" for name, plan in PLANS.items() if repr(plan) == told), code(told))


def _control(name, told):
    """A control's settings, without those that are as they usually are."""
    from ...editing.controls.table import presets

    control = presets().get(name)
    if repr(control) != told:
        return told
    usual = type(control)()
    other = {each.name: getattr(control, each.name) for each in fields(control)
             if getattr(control, each.name) != getattr(usual, each.name)}
    return f"{type(control).__name__}({', '.join(f'{each}={value!r}' for each, value in other.items())})"


def _deviations(found, tables):
    yield Heading("Deviations from the published")
    if "deviations" not in tables:
        yield Words("No row is a measurement of a paper's figure, so there is no table of deviations.")
        return
    there = tables["deviations"].rows
    differ = sum(row["same"] == "no" for row in there)
    yield Words("InstructPix2Pix's curve was measured again by the paper's definitions. Of "
                f"{len(there)} things that decide its numbers, {differ} are not as in the paper (@tab:deviations).")


def _limits(found):
    yield Heading("Limits")
    items, said = [], facts.models(found)
    if said == ["pocket"]:
        items.append("Everything here is of pocket models on drawn scenes. It says nothing about the published "
                     "checkpoints or about photographs.")
    elif said:
        items.append(f"Rows are of {and_list(said)} models; what holds for one need not hold for the other.")
    for name, study in found.studies.items():
        rows = listed(study.rows)
        seeds = {row.get("train_seed") for row in rows} - {None, -1}
        scenes = len({row["scene"] for row in rows if "scene" in row})
        if seeds:
            items.append(f"`{name}` rests on {counted(len(seeds), 'training')} of each setting and "
                         f"{counted(scenes, 'scene')}"
                         + ("; its intervals know nothing of other trainings." if len(seeds) == 1 else "."))
        elif scenes:
            items.append(f"`{name}` rests on {counted(scenes, 'scene')}.")
    if found.controls:
        sources = dict.fromkeys(safe(row["source"]) for row in found.controls[1])
        items.append(f"The masks of the controls' scoreboard come from {and_list(sources)} alone.")
    if found.bench:
        items.append(f"Seconds are of one machine ({safe(found.bench['described'])})"
                     + (f", and {safe(found.bench['warning'])}." if found.bench["warning"] else "."))
    if found.ratings:
        ratings = found.ratings
        flagged = [rater["rater"] for rater in ratings["looked_at"] if rater["flags"]]
        items.append(f"The ratings are of {counted(ratings['raters'], 'rater')} and "
                     f"{counted(ratings['sources'], 'picture')}; "
                     + (f"{counted(len(flagged), 'rater')} may not have looked, and nobody was left out for it."
                        if flagged else "no rater was flagged as careless."))
    items.append("The best of several means on the same scenes is flattered by the choice.")
    yield Items(tuple(items))


def _missing(found):
    yield Heading("What is missing")
    if not found.missing:
        yield Words("Nothing that this report knows of.")
        return
    yield Items(tuple(f"{what}: {how}." for what, how in found.missing))


def _supplement(found, tables):
    yield Heading("Supplement", supplement=True)
    for name in ("deviations", "ratings_agreement"):
        if name in tables:
            yield Inset(name)
    if found.studies:
        yield Heading("Studies", 2)
        yield Items(tuple(_of_studies(found)))
    yield Heading("Versions, machine, seeds, hashes", 2)
    commit = facts.commit()
    by = f", by the code of commit `{commit}`" if commit else ""
    bench = f" The benchmark was measured on {safe(found.bench['described'])}." if found.bench else ""
    yield Words(f"This report was written on {safe(facts.machine())}{by}.{bench} The other rows don't say on which "
                "machine; their numbers, but for seconds, should not hang on it.")
    editors = {one for run in facts.runs(found).values() for one in (
        [run["editor"]] if isinstance(run.get("editor"), str) else run.get("editor") or [])}
    if editors:
        yield Words("All rows that name their editor name the same weights." if len(editors) == 1 else
                    f"The rows were measured with {len(editors)} different editors, so compare within a part only.")
    yield Words("Versions: " + ", ".join(f"{name} {safe(told)}" for name, told in facts.versions().items()) + ".")
    for name in ("seeds", "origins", "hashes"):
        if name in tables:
            yield Inset(name)
    yield Words("`maskedit report` writes this report again, with its figures and tables.")
