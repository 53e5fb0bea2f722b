"""The book, `make book`: notebooks run, pages laid out, Sphinx, and a look at what came out.

    python docs/book/build.py [ROOT OUT]     # the project's folder and where to build; this one, docs/_build
"""

import importlib.util
import shutil
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT)]

import api  # noqa: E402
import checking  # noqa: E402
import running  # noqa: E402
from pages import Book  # noqa: E402


def address(root):
    """(owner/name, release tag), the one address, which `make badges` writes everywhere else."""
    spec = importlib.util.spec_from_file_location("badges", ROOT / "notebooks/badges.py")
    badges = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(badges)
    return badges.address(root)


def build(root, out, run=running.execute):
    """Build the book of the project in `root` into the folder `out`; its site is `out`/html.

    Parameters
    ----------
    root, out : Path
    run : (notebooks, root, folder for executed copies) -> {notebook: its executed copy}

    Returns
    -------
    list of what is wrong, a line each; [] if nothing is
    """
    from maskedit_helpers import VERBS

    repo, tag = address(root)
    book = Book(root, out, repo, tag)
    notebooks = {page: root / page for page in sorted(book.pages) if page.endswith(".ipynb")}
    copies = run(list(notebooks.values()), root, out / "executed")
    executed = {page: copies[path] for page, path in notebooks.items()}
    book.lay_out(executed, api.pages(VERBS, ROOT / "maskedit_helpers"))
    shutil.rmtree(out / "html", ignore_errors=True)  # Sphinx leaves the pages of yesterday's book where they are
    if sphinx(book, out):
        return ["Sphinx has warnings, see above"]
    return checking.wrong(out / "html") + checking.lost_pictures(executed, out / "html")


def sphinx(book, out):
    """Run Sphinx with every warning an error; its exit code."""
    from sphinx.cmd.build import build_main

    settings = {"html_theme_options.repository_url": book.address, "html_theme_options.repository_branch": book.tag,
                "html_extra_path": str(book.into / "extra")}
    return build_main(["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE), "-d", str(out / "doctrees"),
                       *(f"-D{name}={value}" for name, value in settings.items()),
                       str(book.into / "source"), str(out / "html")])


def main(root=ROOT, out=ROOT / "docs/_build"):
    """Build it; ends with exit code 1 and a line for each thing that is wrong."""
    began = time.monotonic()
    root, out = Path(root).resolve(), Path(out).resolve()
    try:
        faults = build(root, out)
    except running.Stopped as stopped:
        sys.exit(str(stopped))
    if faults:
        sys.exit("\n".join(faults))
    print(f"{out / 'html/index.html'}, built in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
