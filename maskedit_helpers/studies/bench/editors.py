"""Who edits in the benchmark: stock diffusers as its documentation has it, and this kit by its plans.

All have the same weights, guidance, seed and device, take a picture and an instruction, and give a picture.
"""

import contextlib
import io
from functools import partial

import numpy as np

from ...devices import number_format
from ...editing.plan import PLANS
from ...errors import KitError
from ...native import short_format
from ...pictures.images import fitted, resized
from ...places import pocket_folder

SEED = 1337  # of the noise
STOCK = "stock"
STEPS = 20  # of the stock pipeline at its default, the sampler of the checkpoint
SOLVER = "stock dpm++ {}"  # its best: DPM-Solver++, of which more than a few steps bring nothing
SOLVER_STEPS = (4, 5, 6, 8, 10)


class Stock:
    """diffusers' own pipeline, called as its documentation calls it.

    name: in the tables. pipe: StableDiffusionInstructPix2PixPipeline. scheduler, steps: its sampler. settings: the
    `editing.editor.Editor` whose scales and size of pictures it shares, and nothing else. like: the name of another
    editor whose arithmetic is the same, or "".
    """

    def __init__(self, name, pipe, scheduler, steps, settings, like=""):
        self.name, self.pipe, self.scheduler, self.steps, self.like = name, pipe, scheduler, steps, like
        self.s_T, self.s_I, self.long_side = settings.s_T, settings.s_I, settings.long_side
        self.form = format_name(pipe.unet.dtype)

    def prepare(self):
        """What is not part of an edit."""
        self.pipe.scheduler = self.scheduler

    def edit(self, x0, instruction):
        """(y, seconds per stage, which it doesn't tell), y uint8 like x0."""
        import torch
        from PIL import Image

        y = self.pipe(
            instruction, image=Image.fromarray(fitted(x0, self.long_side)), num_inference_steps=self.steps,
            guidance_scale=self.s_T, image_guidance_scale=self.s_I,
            generator=torch.Generator("cpu").manual_seed(SEED)).images[0]
        return resized(np.asarray(y), x0.shape), {}


class Ours:
    """An Editor by a plan. Each edit is the first of its picture: what the editor remembers of pictures is forgotten.

    name: in the tables. editor: `editing.editor.Editor`. plan: a name out of PLANS. edit: the verb that is called, the
    editor's own if not given. like: as in Stock.
    """

    def __init__(self, name, editor, plan, edit=None, like=""):
        self.name, self.editor, self.pipe, self.plan, self.like = name, editor, editor.pipe, plan, like
        self._edit = edit or editor.edit
        short = PLANS[plan].native and short_format(editor.pipe.device)
        self.form = format_name(short or editor.pipe.unet.dtype)

    def prepare(self):
        self.editor.remembered.forget()

    def edit(self, x0, instruction):
        y, report = self._edit(x0, instruction, plan=self.plan, seed=SEED, progress=False, report=True)
        return y, report.seconds


def editors(kit):
    """(all editors of the benchmark, {name: why it is left out})."""
    ours, left_out = [], {}
    for name in PLANS:
        try:
            ours.append(planned(kit, name))
        except KitError as error:
            left_out[name] = str(error).replace(str(pocket_folder()), "models/pocket")
    return [*stock(kit, kit.editor), *ours], left_out


def planned(kit, plan):
    """The kit by a plan; KitError where the plan's weights are missing."""
    if PLANS[plan].distilled:
        kit.editor.student  # loads it
    return Ours(plan, kit.editor, plan, partial(kit.edit, anyway=True))


def stock(kit, settings):
    """The stock pipeline at its default, and with DPM-Solver++ at a few numbers of steps. settings : as in Stock"""
    from diffusers import DPMSolverMultistepScheduler

    pipe = stock_pipe(kit)
    solver = DPMSolverMultistepScheduler.from_config(pipe.scheduler.config)
    return [Stock(STOCK, pipe, pipe.scheduler, STEPS, settings),
            *(Stock(SOLVER.format(steps), pipe, solver, steps, settings) for steps in SOLVER_STEPS)]


def stock_pipe(kit, dtype=None):
    """diffusers' pipeline from the kit's files, an object of its own.

    dtype : torch dtype; the one in which the kit holds its models if not given
    """
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline

    from ...downloads.fetch import fetch

    folder = pocket_folder() / "editor" if kit.size == "pocket" else fetch(["instruct_pix2pix"])[0]
    if dtype is None:
        dtype = torch.float32 if kit.size == "pocket" else number_format(kit.device)
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bars
        pipe = StableDiffusionInstructPix2PixPipeline.from_pretrained(folder, dtype=dtype, local_files_only=True)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(kit.device)


def format_name(dtype):
    """ "float32" of torch.float32"""
    return str(dtype).removeprefix("torch.")
