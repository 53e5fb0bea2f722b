"""Formulas as MathML, written when the book is built: browsers draw it by themselves, without a script or a font to
fetch, and screen readers read it."""

import re

from docutils import nodes
from latex2mathml.converter import convert

# What latex2mathml does not know, or draws badly, in words that it draws well.
KNOWN = ((r"\tfrac", r"\frac"), (r"\lVert", r"\left\|"), (r"\rVert", r"\right\|"))


def formula(latex, display="inline"):
    """MathML of a formula."""
    for name, other in KNOWN:
        latex = latex.replace(name, other)
    latex = re.sub(r"(?<=[\w)}])\s*(\\(?:log|cos|max|min)(?![a-z]))", r"\\,\1", latex)  # 10 log, not 10log
    return convert(latex, display=display)


def inline(writer, node):
    writer.body.append(formula(node.astext()))
    raise nodes.SkipNode


def block(writer, node):
    writer.body.append(f'<div class="formula">{formula(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
