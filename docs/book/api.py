"""The pages of the verbs: one for each room of the helper package, made from the table of verbs."""

import ast


def pages(verbs, package):
    """{page: reStructuredText} of all verbs.

    Parameters
    ----------
    verbs : {name: room.file}, as `VERBS` of maskedit_helpers
    package : its folder, whose rooms say in their first line what they are for
    """
    rooms = {}
    for name, home in verbs.items():
        rooms.setdefault(home.split(".")[0], []).append(name)
    texts = {f"api/{room}.rst": _page(room, names, package) for room, names in rooms.items()}
    listed = "".join(f"   {room}\n" for room in rooms)
    texts["api/index.rst"] = (_title("Verbs") + "All that ``import maskedit_helpers as me`` gives, by the room it "
                              f"lives in.\n\n.. toctree::\n   :maxdepth: 2\n\n{listed}")
    return texts


def _page(room, names, package):
    path = package / room / "__init__.py"
    path = path if path.is_file() else package / f"{room}.py"
    first = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))).splitlines()[0]
    # A class is told by its name; autodoc asks for it in its own way.
    drawn = "".join(f".. auto{'class' if name[0].isupper() else 'function'}:: maskedit_helpers.{name}\n"
                    f"{'   :members:' if name[0].isupper() else ''}\n\n" for name in names)
    return f"{_title(room.capitalize())}{first}\n\n{drawn}"


def _title(words):
    return f"{words}\n{'=' * len(words)}\n\n"
