"""Formulas as MathML, written when the book is built: browsers draw it by themselves, without a script or a font to
fetch, and screen readers read it."""

from docutils import nodes
from latex2mathml.converter import convert


def formula(latex, display="inline"):
    """MathML of a formula; what TeX calls \\tfrac is a fraction in text size, which needs no name of its own here."""
    return convert(latex.replace(r"\tfrac", r"\frac"), display=display)


def inline(writer, node):
    writer.body.append(formula(node.astext()))
    raise nodes.SkipNode


def block(writer, node):
    writer.body.append(f'<div class="math">{formula(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app):
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
