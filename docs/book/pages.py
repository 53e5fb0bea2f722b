"""The book's pages, laid out for Sphinx: a copy of each in its own place, so that links between them stay as they are.

What a link names that is no page of the book leads to the file at the one address. Pictures of outputs become files,
widgets become stills, and each exercise is followed by its solution, folded away.
"""

import base64
import hashlib
import html
import os
import re
from pathlib import Path
from urllib.parse import unquote

import nbformat

# The parts of the book that docs/index.md names in braces; patterns from the project's folder. Of the pages at its top
# these are CONTRIBUTING and CHANGELOG.
PARTS = {"lessons": "notebooks/[0-9]*.ipynb", "teaching": "notebooks/*.md", "using": "docs/*.md", "kit": "C*.md",
         "models": "models/pocket/**/README.md", "data": "data/cases/README.md", "studies": "data/studies/*.md"}
LANDING, ABOUT = "docs/index.md", "README.md"  # the former becomes index.md
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\(([^)]*)\)")
SHOWN = re.compile(r'\b(src|srcset|href)="([^":]+\.(?:png|webp))"')  # pictures in HTML
DRAWN = re.compile(r'<img alt="([^"]*)" src="data:image/png;base64,[^"]*"')
# Widgets whose still lies in data/figures; another one shows in words what it is.
STILLS = {
    "ClickMask": ("click_mask.png", "A picture with a mask drawn over it, its clicks and its box; three masks to "
                  "choose from with their scores; the line of code that gives the mask."),
    "BlendStudio": ("blend_studio.png", "A picture divided into before and after; sliders for dilation and "
                    "feathering; the line of code that gives the blend."),
    "Studio": ("studio.webp", "What to do, in words; the picture with its mask, the edit and the blend side by side, "
               "each with its controls; the metrics of edit and blend; the lines of code that give the same."),
    "GuidanceExplorer": ("guidance_explorer.webp", "The original beside an edit, and a slider each for text guidance, "
                         "image guidance and seed."),
    "WindowExplorer": ("window_explorer.webp", "The original beside an edit, and sliders for where the window in "
                       "which latents are blended starts and ends."),
    "VetPairs": ("vet_pairs.webp", "A pair before and after with its instruction and its mask; buttons to accept and "
                 "to reject it."),
    "RateEdits": ("rate_edits.webp", "An original and an edit of it with the instruction; two questions, each "
                  "answered from 1 to 5."),
}


class Book:
    """Lays out the pages.

    Parameters
    ----------
    root : the project's folder
    into : the folder to write in: `source` is for Sphinx, `extra` for the site as it is
    repo, tag : the one address
    """

    def __init__(self, root, into, repo, tag):
        self.root, self.into = root, into
        self.address, self.tag = f"https://github.com/{repo}", tag
        self.parts = {part: [page for path in sorted(root.glob(pattern))
                             if (page := path.relative_to(root).as_posix()) != LANDING]
                      for part, pattern in PARTS.items()}
        self.pages = {ABOUT, *(page for pages in self.parts.values() for page in pages)}
        self._written = set()

    def lay_out(self, executed, others):
        """Write all pages, and remove what an earlier book had and this one has not.

        Parameters
        ----------
        executed : {page: path of the notebook's executed copy}
        others : {page: text}, such as the verbs' pages
        """
        for page in sorted(self.pages):
            if page.endswith(".ipynb"):
                self._write(f"source/{page}", nbformat.writes(self.lesson(page, nbformat.read(executed[page], 4))))
            else:
                self._write(f"source/{page}", self.text((self.root / page).read_text(encoding="utf-8"), page))
        for page, text in others.items():
            self._write(f"source/{page}", text)
        self._write("source/index.md", self._landing())
        for path in [path for part in ("source", "extra") for path in (self.into / part).rglob("*")]:
            if path.is_file() and path not in self._written:
                path.unlink()

    def _landing(self):
        text = self.text((self.root / LANDING).read_text(encoding="utf-8"), LANDING)
        for part, pages in self.parts.items():
            text = text.replace(f"{{{part}}}", "\n".join(f"{self._title(page)} <{page}>" for page in pages))
        return text

    def _title(self, page):
        """A page's heading, a lesson's up to the colon."""
        text = (self.root / page).read_text(encoding="utf-8")
        cells = nbformat.reads(text, 4).cells if page.endswith(".ipynb") else []
        if cells:
            return next(cell.source for cell in cells if cell.source.startswith("# "))[2:].splitlines()[0].split(":")[0]
        return re.search(r"^# (.*)", text, re.M)[1]

    def text(self, markdown, page):
        """A page's Markdown with its links as the book needs them; blocks of code stay as they are."""
        parts = re.split(r"(^```.*?^```[^\n]*$)", markdown, flags=re.M | re.S)
        return "".join(part if i % 2 else self._links(part, page) for i, part in enumerate(parts))

    def _links(self, markdown, page):
        markdown = BADGE.sub(r"[Open in Colab](\1){.colab}", markdown)
        markdown = SHOWN.sub(lambda found: f'{found[1]}="{self._picture(found[2], page)}"', markdown)
        return LINK.sub(lambda found: self._link(*found.groups(), page), markdown)

    def _link(self, picture, words, target, page):
        path, place = re.fullmatch(r"([^#]*)(#.*)?", target).groups("")
        there = os.path.normpath(Path(page).parent / unquote(path))
        if ":" in target or not path or not (self.root / there).exists():  # Sphinx says what is missing
            return f"{picture}[{words}]({target})"
        if picture:
            self._write(f"source/{there}", (self.root / there).read_bytes())
        elif there not in self.pages:
            kind = "tree" if (self.root / there).is_dir() else "blob"
            return f"[{words}]({self.address}/{kind}/{self.tag}/{there}{place})"
        near = os.path.relpath(there, "." if page == LANDING else Path(page).parent)
        return f"{picture}[{words}]({near}{place})"

    def lesson(self, page, book):
        """An executed notebook as a page."""
        cells = {cell.id: cell for cell in book.cells}
        title = next(cell for cell in book.cells if cell.source.startswith("# "))
        if badge := cells.get("badge"):
            first, _, rest = title.source.partition("\n")
            title.source = f"{first}\n\n{badge.source}\n{rest}"
            book.cells.remove(badge)
        if setup := cells.get("setup"):
            setup.metadata["tags"] = ["hide-input"]
        colab = BADGE.search(title.source)
        for cell in book.cells:
            if cell.cell_type == "markdown":
                cell.source = self.text(cell.source, page)
            else:
                cell.outputs = [shown for output in cell.outputs
                                if (shown := self.output(output, page, colab and colab[1]))]
        return self._with_solutions(page, book)

    def output(self, output, page, colab):
        """An output as a page shows it; None for a progress bar, which has nothing left to say."""
        data = output.get("data", {})
        if "application/vnd.jupyter.widget-view+json" in data:
            words = data.get("text/plain", "")
            if re.search(r"\d+/(\d+|\?) \[", words):
                return None
            data = {"text/html": self._still(words, page, colab)}
        elif "image/png" in data and "text/html" in data:
            data = {"text/html": DRAWN.sub(lambda found: self._drawn(found[1], data["image/png"], page),
                                           data["text/html"])}
        else:
            return output
        return nbformat.v4.new_output("display_data", data)

    def _drawn(self, alt, png, page):
        data = base64.b64decode(png)
        name = f"pictures/{hashlib.sha256(data).hexdigest()[:16]}.png"
        self._write(f"extra/{name}", data)
        return f'<img alt="{alt}" src="{self._up(page)}{name}" loading="lazy"'

    def _picture(self, target, page):
        """The address, from `page`, of a picture that its HTML shows."""
        path = Path(os.path.normpath((self.root / page).parent / target))
        if not path.is_file():
            return target
        self._write(f"extra/pictures/{path.name}", path.read_bytes())
        return f"{'' if page == LANDING else self._up(page)}pictures/{path.name}"

    def _still(self, words, page, colab):
        """A widget's picture and the way to the living one."""
        kind = re.search(r"(\w+) object|^(\w+)\(|$", words)
        kind = kind[1] or kind[2] or "widget"
        told = f'<a class="colab" href="{colab}">Open in Colab</a>' if colab else ""
        caption = f"<figcaption>{kind} needs a running notebook. {told}</figcaption>"
        if kind not in STILLS:
            return f'<figure class="still">{caption}</figure>'
        name, alt = STILLS[kind]
        src = self._picture(os.path.relpath(self.root / "data/figures" / name, (self.root / page).parent), page)
        return (f'<figure class="still"><img alt="{html.escape(alt)}" src="{src}" '
                f'loading="lazy">{caption}</figure>')

    def _with_solutions(self, page, book):
        """The solved twin's cells and what they are introduced by, each below the lesson's cell of the same name."""
        path = self.root / "notebooks/solutions" / f"{Path(page).stem}_solutions.ipynb"
        solved = nbformat.read(path, 4).cells if path.is_file() else []
        before = {cell.id: one.source for one, cell in zip(solved, solved[1:]) if one.cell_type == "markdown"}
        code = {cell.id: cell.source for cell in solved if cell.id.startswith("exercise-")}
        cells = []
        for cell in book.cells:
            cells.append(cell)
            if cell.id in code:
                folded = (f'<details class="solution"><summary>Solution</summary>\n\n'
                          f"{self.text(before.get(cell.id, ''), page)}\n\n"
                          f"```python\n{code[cell.id]}\n```\n\n</details>")
                cells.append(nbformat.v4.new_markdown_cell(folded, id=f"{cell.id}-solved"))
        book.cells = cells
        return book

    @staticmethod
    def _up(page):
        return "../" * page.count("/")

    def _write(self, name, data):
        """Only what differs, for Sphinx reads again what is newer."""
        data = data.encode() if isinstance(data, str) else data
        path = self.into / name
        self._written.add(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_bytes() != data:
            path.write_bytes(data)
