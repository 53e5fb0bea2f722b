"""The verbs' docstrings as Sphinx likes them: they are written to be read in an editor, numpydoc reads the rest."""

import inspect
import re

TOLD = re.compile(r"([\w*][\w*, ]*) : (.*)")


def as_rest(lines):
    """Lines of a docstring; what stands as `name : text` outside numpydoc's sections becomes a list, bars are bars."""
    end = next((i - 1 for i, line in enumerate(lines) if re.fullmatch(r"-{3,}", line)), len(lines))
    plain, begun = [], False
    for before, line in zip(["", *lines], lines[:end]):
        if (told := TOLD.fullmatch(line)) and (begun or not before):
            plain.append(f"- ``{told[1]}`` : {told[2]}")
            begun = True
        else:
            begun = begun and bool(line)
            plain.append(f"  {line.strip()}" if begun and line.startswith(" ") else line)
    return [_bars(line) for line in plain + lines[end:]]


def _bars(line):
    """A bar outside backticks, which would name a substitution, with its backslash."""
    return "".join(part if i % 2 else part.replace("|", r"\|") for i, part in enumerate(re.split("(`[^`]*`)", line)))


def _docstring(app, what, name, thing, options, lines):
    lines[:] = as_rest(lines)


def _signature(app, what, name, thing, options, signature, returned):
    """A widget's own parameters: traitlets says (*args, **kwargs) of all."""
    if what == "class" and hasattr(thing, "class_traits"):
        own = inspect.signature(thing.__init__)
        return str(own.replace(parameters=list(own.parameters.values())[1:])), returned
    return None


def setup(app):
    app.connect("autodoc-process-docstring", _docstring, priority=400)  # before numpydoc, 500
    app.connect("autodoc-process-signature", _signature)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
