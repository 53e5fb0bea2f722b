"""Arrays in, arrays out: pictures, masks, and the blending equation."""
