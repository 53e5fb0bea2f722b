"""A report's blocks as Markdown and as the body of a LaTeX paper."""

import hashlib
import re

from .blocks import Equation, Figure, Heading, Inset, Items, Words, Yours
from .marks import as_markdown, as_tex, plain, tex

MOST = 36  # lines of a table on a page; of a longer one the page names the files
LEVELS = ("", "section", "subsection", "paragraph")
SEAL = {"md": "<!-- written by maskedit report, {} -->", "tex": "% written by maskedit report, {}"}
YOURS = {"md": ("<!-- yours: {} -->", "<!-- end of {} -->"), "tex": ("% yours: {}", "% end of {}")}


def markdown(title, author, blocks, figures, tables, kept):
    """report.md. figures : {name: Drawn}. tables : {name: Table}. kept : {name: what a person wrote}"""
    lines = [f"# {as_markdown(title)}", as_markdown(author)]
    for block in blocks:
        lines += _as_markdown(block, figures, tables, kept)
    return "\n\n".join(filter(None, lines)) + "\n"


def body(blocks, figures, tables, kept):
    """All between LaTeX's \\maketitle and \\end{document}."""
    return "\n\n".join(line for block in blocks for line in _as_tex(block, figures, tables, kept)) + "\n"


def sealed(text, ending):
    """The text with a last line that tells later whether a person changed it anywhere but in the places for that."""
    return f"{text}{SEAL[ending].format(_digest(text, ending))}\n"


def changed(text, ending):
    """Did a person change a sealed text elsewhere?"""
    rest, _, seal = text.rstrip("\n").rpartition("\n")
    return seal != SEAL[ending].format(_digest(rest + "\n", ending))


def _digest(text, ending):
    return hashlib.sha256(_places(ending).sub(r"\1", text).encode()).hexdigest()[:16]


def written_by_hand(text, ending):
    """{name: what stands in a person's place} in a report that is there already."""
    return {each[1]: each[2].strip() for each in _places(ending).finditer(text)}


def _places(ending):
    start, end = (re.escape(mark).replace(r"\{\}", "{}") for mark in YOURS[ending])
    return re.compile(start.format("(.+?)") + r"\n(.*?)\n?" + end.format(r"\1"), re.S)


def _as_markdown(block, figures, tables, kept):
    if isinstance(block, Heading):
        return ["#" * (block.level + 1) + " " + as_markdown(block.words)]
    if isinstance(block, Words):
        return [as_markdown(block.words)]
    if isinstance(block, Items):
        items = "\n".join(f"{f'{i}.' if block.numbered else '-'} {as_markdown(item)}"
                          for i, item in enumerate(block.items, 1))
        return ["## References"] * block.numbered + [items]
    if isinstance(block, Equation):
        return [f"$$\n{block.tex}\n$$"]
    if isinstance(block, Figure):
        drawn = figures[block.name]
        alt = _alt(drawn.alt)
        return [f"![{alt}](figures/{block.name}.png)", f"**Figure `{block.name}`.** {as_markdown(drawn.caption)} "
                f"([PDF](figures/{block.name}.pdf))"]
    if isinstance(block, Inset):
        table, at = tables[block.name], f"**Table `{block.name}`.** "
        links = f"([CSV](tables/{block.name}.csv), [LaTeX](tables/{block.name}.tex))"
        if len(table.rows) > MOST:
            return [f"{at}{as_markdown(table.caption)} {len(table.rows)} rows: [read them](tables/{block.name}.md) "
                    f"{links}"]
        caption, _, rest = table.markdown().partition("\n\n")
        return [f"{at}{caption} {links}", rest.rstrip()]
    return [_place(block, "md", kept, f"*{as_markdown(block.prompt)}*")]


def _as_tex(block, figures, tables, kept):
    if isinstance(block, Heading):
        return [r"\appendix"] * block.supplement + [rf"\{LEVELS[block.level]}{{{as_tex(block.words)}}}"]
    if isinstance(block, Words):
        return [as_tex(block.words)]
    if isinstance(block, Items):
        if block.numbered:
            items = "\n".join(rf"\bibitem{{{_key(item)}}} {as_tex(item)}" for item in block.items)
            return [f"\\begin{{thebibliography}}{{99}}\\small\n{items}\n\\end{{thebibliography}}"]
        items = "\n".join(rf"\item {as_tex(item)}" for item in block.items)
        return [f"\\begin{{itemize}}\\itemsep0pt\\parskip0pt\n{items}\n\\end{{itemize}}"]
    if isinstance(block, Equation):
        return [f"\\begin{{equation}}\n{block.tex}\n\\end{{equation}}"]
    if isinstance(block, Figure):
        drawn = figures[block.name]
        where = "figure*" if drawn.wide else "figure"
        return ["\n".join((rf"\begin{{{where}}}[{'t' if drawn.wide else 'tbp'}]", r"\centering",
                           rf"\includegraphics[alt={{{tex(drawn.alt)}}}]{{figures/{block.name}.pdf}}",
                           rf"\caption{{{as_tex(drawn.caption)}}}", rf"\label{{fig:{block.name}}}",
                           rf"\end{{{where}}}"))]
    if isinstance(block, Inset):
        table = tables[block.name]
        if not block.printed:
            return []
        if len(table.rows) > MOST:
            return [as_tex(f"{table.caption} These are {len(table.rows)} rows: `tables/{block.name}.csv`.")]
        return [rf"\input{{tables/{block.name}.tex}}"]
    return [_place(block, "tex", kept, rf"\emph{{{as_tex(block.prompt)}}}")]


def _place(block, ending, kept, prompt):
    assert isinstance(block, Yours)
    start, end = (mark.format(block.name) for mark in YOURS[ending])
    return f"{start}\n{kept.get(block.name) or prompt}\n{end}"


def _alt(words):
    return " ".join(words.replace("[", "(").replace("]", ")").split())


def _key(item):
    """ "brooks2023" of "Brooks, Holynski, Efros. ... 2023." """
    year = re.findall(r"\b(?:19|20)\d\d\b", plain(item))
    return plain(item).split()[0].strip(",.").lower() + (year[-1] if year else "")
