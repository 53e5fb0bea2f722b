"""Guidance in one row: a U-Net that answers equation 3 by itself, told s_T and s_I. Meng et al. 2023, "On Distillation
of Guided Diffusion Models".

Both scales enter where the timestep does, through the library's own `time_cond_proj_dim`: each as a sinusoid of its
logarithm, since guidance is felt by ratio.
"""

from ..errors import KitError

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
