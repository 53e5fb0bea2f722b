"""InstructPix2Pix, and how its denoising is steered."""
