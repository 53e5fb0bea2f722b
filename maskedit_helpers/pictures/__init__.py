"""Arrays in, arrays out: pictures, masks, the blending equation, and how they are shown."""
