"""`make slides`: the talk of ten minutes, docs/talk.ipynb, as a deck in one file that opens without a network.

The notebook is run on the pocket models, its code is hidden, and nbconvert lays it out by the template beside this
file. reveal.js, which turns the pages and shows the speaker's notes, comes from the package sphinx-revealjs, which
carries it; nothing of Sphinx is used.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert.exporters import SlidesExporter

from maskedit_helpers.errors import KitError
from maskedit_helpers.pictures.images import write_file
from maskedit_helpers.places import HOME, results_folder

HERE = Path(__file__).resolve().parent
TALK = HERE.parent / "talk.ipynb"


def run(talk=TALK):
    """The notebook with its outputs; without what goes to the error stream, such as progress."""
    book = nbformat.read(talk, as_version=4)
    NotebookClient(book, timeout=600, kernel_name="python3", resources={"metadata": {"path": talk.parent}}).execute()
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
    return book


def deck(book):
    """A notebook with outputs as the HTML of a deck, with all that it needs inside.

    Raises
    ------
    KitError
        The package that carries reveal.js is not installed.
    """
    exporter = SlidesExporter(template_name=HERE.name, extra_template_basedirs=[str(HERE.parent)],
                              exclude_anchor_links=True, exclude_output_prompt=True)
    return exporter.from_notebook_node(book, resources={"deck": parts()})[0]


def parts():
    """{a name in the template: text of a style or a script}"""
    there = find_spec("sphinx_revealjs")
    if there is None:
        raise KitError("reveal.js is not here: make slides, or pip install -e '.[slides]'")
    reveal = Path(there.origin).parent / "_static" / "revealjs"
    styles = {"reveal_css": reveal / "dist/reveal.css", "css": HERE / "deck.css"}
    scripts = {"reveal_js": reveal / "dist/reveal.js", "notes_js": reveal / "plugin/notes/notes.js",
               "js": HERE / "deck.js"}
    read = {name: path.read_text(encoding="utf-8") for name, path in (styles | scripts).items()}
    return {name: inside(text) if name in scripts else text for name, text in read.items()}


def inside(script):
    """A script that may stand inside a page: what would end or hide it there is written otherwise, to the same end."""
    return script.replace("</script", r"<\/script").replace("<!--", r"\x3c!--")


def main():
    page = results_folder() / "slides" / "index.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    html = deck(run())
    write_file(page, html.encode(), ".html")
    shown = page.relative_to(HOME) if page.is_relative_to(HOME) else page
    count, size = html.count("<section>"), len(html) / 1e6
    print(f"{shown}: {count} slides, one file of {size:.1f} MB that needs nothing beside it. Open it in a browser:\n"
          "arrow keys turn the pages, F fills the screen, S opens the speaker's notes, O shows all slides, ? names\n"
          "the other keys. For paper or PDF put ?print-pdf after its address, and print.")


if __name__ == "__main__":
    try:
        main()
    except KitError as error:
        sys.exit(str(error))
