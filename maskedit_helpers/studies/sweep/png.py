"""Figures as small files: few colours are in them, so a palette holds them all."""

import io

from ...pictures.images import write_file

COLOURS = 96  # lines, bands and their soft edges


def save_small(figure, path):
    """Write a figure to a PNG file with a palette, its alt text inside as Description: a third of the bytes.

    Raises KitError as `figures.show.save_figure`.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    picture = Image.open(drawn).convert("RGB").quantize(COLOURS, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    note = PngInfo()
    note.add_itxt("Description", figure.alt)
    small = io.BytesIO()
    picture.save(small, "png", optimize=True, pnginfo=note)
    write_file(path, small.getvalue(), ".png")
