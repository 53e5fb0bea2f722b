"""Ways to tell the denoising where: small objects for `kit.edit(image, instruction, mask=M, control=...)`.

The plain blend sees the last picture only; the others reach into the denoising. Each attaches to the unmodified
diffusers pipeline for the time of one edit and leaves it as it was. A file each; a new file here with a subclass of
`base.Control` is all that a new one needs (`table` finds it):

    Blend          y_tilde = M y + (1 - M) x0, once, on the last picture; all others end with it too
    LatentBlend    after each step the latents outside M are the original's, at the same level of noise
    GuidanceMask   e_0 + s_I (e_I - e_0) + M s_T (e_T - e_I): the instruction guides inside M only
    AttentionMask  cross-attention reads the instruction inside M, outside it reads an empty one
    Crop           only a square around M is edited, enlarged to the model's full working size
"""
