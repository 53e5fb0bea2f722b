"""Telling the U-Net where: a mask as one more thing that it reads, beside noisy latents, picture and words."""
