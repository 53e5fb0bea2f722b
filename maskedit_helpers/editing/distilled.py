"""Guidance in one row: a U-Net that answers equation 3 by itself, told s_T and s_I. Meng et al. 2023, "On Distillation
of Guided Diffusion Models".

Both scales enter where the timestep does, through the library's own `time_cond_proj_dim`: each as a sinusoid of its
logarithm, since guidance is felt by ratio.
"""

from contextlib import contextmanager

from ..answering import answering
from ..errors import KitError
from .rows import ROWS, spread

TAUGHT = {"s_T": (1.0, 8.0), "s_I": (1.0, 2.0)}  # the scales between which the student saw its teacher
WIDTH = 128  # numbers that tell both scales
PITCH = 250  # a sinusoid's frequencies are made for timesteps, 0 to 1000; the logarithms end at 2


def check_taught(s_T, s_I):
    """Raise KitError for scales that the student never saw."""
    for (name, (low, high)), scale in zip(TAUGHT.items(), (s_T, s_I)):
        if not low <= scale <= high:
            raise KitError(f"{name} is {scale:g}, and the distilled model was taught {name} from {low:g} to {high:g}; "
                           'use plan="fast"')


def told(s_T, s_I):
    """The scales as the student reads them.

    s_T, s_I : float tensors (B,)

    Returns
    -------
    float32 tensor (B, WIDTH)
    """
    import torch
    from diffusers.models.embeddings import get_timestep_embedding

    return torch.cat([get_timestep_embedding(PITCH * scale.log(), WIDTH // 2) for scale in (s_T, s_I)], dim=1)


@contextmanager
def answered_by(pipe, student, s_T, s_I, rows=(ROWS,)):
    """For the time of the `with` a pipeline's U-Net answers as the student does.

    Where `rows` asks TI0 the student is told these scales; where it asks T alone, both are 1, at which equation 3 is
    e_T: guidance that is cut off. Only `forward` is another's, see `answering`.
    """
    import torch

    unet, calls = pipe.unet, 0

    def forward(sample, t, *rest, **options):
        nonlocal calls
        guided = spread(rows, calls, len(pipe.scheduler.timesteps)) != "T"
        calls += 1
        scales = told(*(torch.full((len(sample),), scale if guided else 1.0, device=sample.device)
                        for scale in (s_T, s_I)))
        return student.forward(sample, t, *rest, timestep_cond=scales.to(sample.dtype), **options)

    with answering(unet, forward):
        yield
