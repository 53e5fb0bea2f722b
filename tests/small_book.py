"""A book of one small notebook, the landing page and the verbs, built by the same code as the real one."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

BADGE = ("[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
         "(https://colab.research.google.com/github/maskedit/maskedit/blob/v0.1.0/notebooks/00_start_here.ipynb)")
LESSON = [("markdown", "badge", BADGE),
          ("markdown", "title", r"# 00 Start here: a small lesson" "\n\n" r"$\tilde y = M \odot y$ and the "
           "[`maskedit_helpers/equation_with_a_name_longer_than_a_phone_is_wide.py`](../maskedit_helpers/equation.py)."
           "\n\n$$a_t = \\sqrt{1 - \\epsilon}$$"),
          ("code", "setup", "import numpy as np\nimport maskedit_helpers as me\nx0 = np.zeros((32, 48, 3), np.uint8)"),
          ("code", "row", "print(me.results('here.png'))\n"
           "me.show_row(alt='Black & \"white\".', black=x0, white=255 - x0)"),
          ("code", "widget", "me.BlendStudio(x0, 255 - x0, np.ones((32, 48), np.float32))"),
          ("code", "table", "me.table([{'result': 'blend', 'change_iou': 0.5}])"),
          ("markdown", "asked", "**1.** Add."),
          ("code", "exercise-1", "answer = 0  # replace this line\nprint(answer)")]
SOLVED = [("markdown", "title", "# 00 Start here: solutions"), ("markdown", "told", "One and *one*."),
          ("code", "exercise-1", "answer = 1 + 1\nprint(answer)")]


def notebook(cells):
    cells = [{"cell_type": kind, "id": name, "metadata": {}, "source": source,
              **({"outputs": [], "execution_count": None} if kind == "code" else {})} for kind, name, source in cells]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


def project(root):
    """A project in the folder `root`, with as little in it as the landing page names."""
    for folder in ("notebooks/solutions", "docs", "maskedit_helpers", "models/pocket"):
        (root / folder).mkdir(parents=True)
    shutil.copy(ROOT / "pyproject.toml", root)
    shutil.copy(ROOT / "docs/index.md", root / "docs")
    shutil.copytree(ROOT / "data/figures", root / "data/figures")
    (root / "maskedit_helpers/equation.py").write_text("y_tilde = M * y\n")
    (root / "constraints.txt").write_text("numpy==2.0\n")
    (root / "notebooks/00_start_here.ipynb").write_text(notebook(LESSON))
    (root / "notebooks/solutions/00_start_here_solutions.ipynb").write_text(notebook(SOLVED))
    (root / "docs/talk.ipynb").write_text(notebook([]))
    (root / "notebooks/INSTRUCTORS.md").write_text("# For instructors\n\nBegin with [00](00_start_here.ipynb).\n")
    (root / "README.md").write_text("# A kit\n\nThe [lesson](notebooks/00_start_here.ipynb), the [start](#start), the "
                                    "[tests](maskedit_helpers).\n\n## Start\n\n![Demo.](data/figures/demo.png)\n")
    return root


WITHOUT_VERBS = ("import api, build, sys; api.pages = lambda *_: {'api/index.rst': 'Verbs\\n====='}; "
                 "build.main(*sys.argv[1:])")


def built(root, verbs=True):
    """`make book` of it: (exit code, all that it said); it is sooner there without the verbs' pages."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("MASKEDIT")}
    program = [ROOT / "docs/book/build.py"] if verbs else ["-c", WITHOUT_VERBS]
    asked = [sys.executable, *program, root, root / "docs/_build"]
    env |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "docs/book")}
    done = subprocess.run(asked, capture_output=True, text=True, env=env, cwd=root)
    return done.returncode, done.stdout + done.stderr
