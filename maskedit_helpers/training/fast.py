"""The student that answers three rows in one: guidance distilled. Meng et al. 2023, section 3.1.

The pocket editor is the teacher; its weights are where the student begins. Both see the same noisy latents of the same
drawn pairs. The teacher answers e_T, e_I and e_0 and puts them together by equation 3, at scales drawn anew for each
sample; the student answers once, is told the scales, and is held to the teacher's answer. At step 0 it is the row e_T
bit for bit, since what reads the scales begins at zero.
"""
from ..editing.distilled import TAUGHT, WIDTH, answered_by, told
from ..editing.rows import asking
from ..editing.schedulers import sampling_with
from .editor import EditorPart

USUAL = 1 / 3  # share of samples at the scales that the kit uses when it is told nothing else


class FastPart(EditorPart):
    """What the training loop needs to know of the student. Pairs, latents and what is sought are the editor's."""

    name = "fast"
    lr, batch_size = 3e-4, 12
    minutes = 60
    steps = 4  # of the preview

    def __init__(self, dataset, teacher, cache):
        """dataset: the leaky pairs. teacher: the pocket editor's pipeline. cache: folder for the latents."""
        import torch

        super().__init__(dataset, teacher.vae, teacher.tokenizer, cache)
        self.pipe = teacher
        for module in (teacher.unet, teacher.text_encoder):
            module.eval().requires_grad_(False)
        self.student = build_student(teacher.unet)
        teacher.unet.to(memory_format=torch.channels_last)

    def modules(self):
        return {"unet": self.student}

    def batch(self, step, generator):
        """Latents before and after (B, 4, h, w), tokens (B, L), weights (B, 1, h, w); s_T and s_I, (B,)."""
        import torch

        i = self.drawn(generator)
        before, after, focus = self.samples(i)
        usual = torch.rand(self.batch_size, generator=generator) < USUAL
        scales = []
        for name, (low, high) in TAUGHT.items():
            drawn = low * (high / low) ** torch.rand(self.batch_size, generator=generator)  # even by ratio
            scales.append(torch.where(usual, torch.tensor(self.settings[name]), drawn))
        return before, after, self.tokens[i], focus, *scales

    def loss(self, batch, generator):
        """Squared error of v to the teacher's guided v, weighted by level of noise and place as the editor's is.

        Where the edit is, the three rows differ; elsewhere the student, who begins as one of them, has little to learn.
        """
        import torch

        before, after, tokens, focus, s_T, s_I = batch
        noisy, t = self.noised(after, generator)[:2]
        with torch.no_grad():
            text, nothing = (self.pipe.text_encoder(which).last_hidden_state for which in (tokens, self.nothing))
            nothing = nothing.expand_as(text)
            pictures = torch.cat([before, before, torch.zeros_like(before)])
            e_T, e_I, e_0 = self.pipe.unet(torch.cat([noisy.repeat(3, 1, 1, 1), pictures], 1), t.repeat(3),
                                           torch.cat([text, nothing, nothing])).sample.float().chunk(3)
            s_T_, s_I_ = s_T[:, None, None, None], s_I[:, None, None, None]
            guided = e_0 + s_I_ * (e_I - e_0) + s_T_ * (e_T - e_I)
        v = self.student(torch.cat([noisy, before], 1), t, text, timestep_cond=told(s_T, s_I)).sample.float()
        error = (focus * (v - guided).square()).mean((1, 2, 3))
        return self.weighed(error, t), {"v_error": error.mean()}

    def sample(self, modules, pairs):
        """Edits of the given pairs in one row a step; uint8 (N, S, S, 3)."""
        with answered_by(self.pipe, modules["unet"], self.settings["s_T"], self.settings["s_I"]), \
                sampling_with(self.pipe, "dpm++"), asking(self.pipe, ("T",)):
            return super().sample({"unet": self.pipe.unet}, pairs, steps=self.steps)

    def export(self, modules, folder):
        """Save the student, weights as float16."""
        import copy

        student = copy.deepcopy(modules["unet"]).half()
        student.register_to_config(_name_or_path="")  # else it tells where its teacher lay on this machine
        student.save_pretrained(folder)


def build_student(teacher):
    """A U-Net like the teacher that is told the scales too: its weights, and zeros where the scales are read."""
    import torch
    from diffusers import UNet2DConditionModel

    student = UNet2DConditionModel.from_config(teacher.config, time_cond_proj_dim=WIDTH)
    missing, _ = student.load_state_dict(teacher.state_dict(), strict=False)
    assert missing == ["time_embedding.cond_proj.weight"]
    torch.nn.init.zeros_(student.time_embedding.cond_proj.weight)
    return student
