"""The samplers that an edit may use: one noise schedule, many ways down it.

A model was trained on a noise schedule (its betas, what it predicts); any of diffusers' schedulers can walk down
that schedule. `scheduler_named` builds one from the settings of the model's own.
"""

from contextlib import contextmanager

from ..errors import KitError

SCHEDULERS = {  # name: diffusers' class
    "ddim": "DDIMScheduler",
    "ddpm": "DDPMScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_a": "EulerAncestralDiscreteScheduler",
    "heun": "HeunDiscreteScheduler",
    "lms": "LMSDiscreteScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "deis": "DEISMultistepScheduler",
    "unipc": "UniPCMultistepScheduler",
    "pndm": "PNDMScheduler",
}
# Defaults of diffusers that are wrong for latents: they go beyond [-1, 1], so a clipped z_0 is another picture;
# and Runge-Kutta warm-up would cost PNDM nine more calls of the U-Net.
SETTINGS = {"ddim": {"clip_sample": False}, "ddpm": {"clip_sample": False}, "pndm": {"skip_prk_steps": True}}

CORRECTOR = "multistep_uni_c_bh_update"  # of the one class among them that has such a method


def scheduler_named(name, model_scheduler):
    """A scheduler of that name with the noise schedule of the model's own.

    Parameters
    ----------
    name : a key of SCHEDULERS
    model_scheduler : the pipeline's scheduler

    Raises
    ------
    KitError
        Another name.
    """
    if name not in SCHEDULERS:
        raise KitError(f"scheduler {name!r} is unknown; use one of {', '.join(SCHEDULERS)}")
    import diffusers

    return getattr(diffusers, SCHEDULERS[name]).from_config(model_scheduler.config, **SETTINGS.get(name, {}))


def most_steps(scheduler):
    """The largest number of steps that the schedule can be cut into; beyond it diffusers crashes or gives NaN.

    Spread from the noisy end ("trailing") each of the model's timesteps may be one. Otherwise one less: the classes
    count from 0 or from 1, and cut off the first or not.
    """
    timesteps = scheduler.config.num_train_timesteps
    return timesteps if scheduler.config.get("timestep_spacing") == "trailing" else timesteps - 1


@contextmanager
def sampling_with(pipe, name, steps=1):
    """The pipeline with the scheduler of that name for the time of the `with`; with its own if name is None.

    Raises
    ------
    KitError
        An unknown name; more steps than that scheduler has.
    """
    usual = pipe.scheduler
    chosen = usual if name is None else scheduler_named(name, usual)
    if steps > (most := most_steps(chosen)):
        raise KitError(f"steps is {steps}; this model and scheduler have {most} at most (20 is usual)")
    pipe.scheduler = chosen
    try:
        yield
    finally:
        pipe.scheduler = usual


@contextmanager
def corrected(scheduler, mend):
    """For the time of the `with`, `mend(latents)` has the last word on latents that the scheduler computes anew.

    A sampler that corrects itself, UniPC, throws away the latents that it is given and computes them again from those
    one step before, now that the U-Net has spoken twice. What a control had put into them would be lost.
    """
    corrector = getattr(scheduler, CORRECTOR, None)
    if corrector is None:
        yield
        return
    own = vars(scheduler).get(CORRECTOR)
    setattr(scheduler, CORRECTOR, lambda *args, **options: mend(corrector(*args, **options)))
    try:
        yield
    finally:
        delattr(scheduler, CORRECTOR)  # the instance's; the class's shows again
        if own is not None:
            setattr(scheduler, CORRECTOR, own)
