"""A folder with what a study's answers say: a Markdown page, its pictures, and all numbers as JSON."""

import json
from pathlib import Path

from ...errors import KitError
from ...figures.show import save_figure
from ...pictures.images import write_file
from ...written import make_folder
from .figures import KINDS, show_ratings
from .telling import markdown

PAGE, NUMBERS = "ratings.md", "ratings.json"


def write_page(analysis, folder):
    """Write PAGE, NUMBERS and a PNG for each kind of picture that there is something for.

    Returns
    -------
    list of Path, the page first.

    Raises
    ------
    KitError
        The folder can't be made or written.
    """
    folder = Path(folder)
    make(folder)
    pictures = {}
    for kind in KINDS:
        try:
            figure = show_ratings(analysis, kind)
        except KitError:  # nothing of that kind; the page says why in words
            continue
        save_figure(figure, folder / f"{kind}.png")
        pictures[kind] = (f"{kind}.png", figure.alt)
    write_file(folder / PAGE, markdown(analysis, pictures).encode(), ".md")
    write_file(folder / NUMBERS, (json.dumps(analysis, indent=1) + "\n").encode(), ".json")
    return [folder / PAGE, folder / NUMBERS, *(folder / name for name, _ in pictures.values())]


def make(folder):
    """Make the folder; called before the work, so that it isn't lost."""
    try:
        make_folder(Path(folder))
    except OSError as error:
        raise KitError(f"{folder}: this folder could not be made ({error.strerror}); choose another one") from error
