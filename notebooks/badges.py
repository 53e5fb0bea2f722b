"""Writes the badge and the set-up cell of every notebook, and the README's badges, from one address.

    make badges REPO=owner/name

The address stands in pyproject.toml (Repository), the release tag follows from the version there.
"""

import json
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BADGE = ("[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]"
         "(https://colab.research.google.com/github/{repo}/blob/{tag}/{path})")
SETUP = '''\
# Set-up, the same everywhere: finds the kit, or fetches it (in Colab, or opened alone).
import os
import subprocess
import sys
from pathlib import Path

REPO, TAG = "{repo}", "{tag}"
folders = [Path.cwd(), *Path.cwd().parents]
home = next((p for p in folders if (p / "maskedit_helpers").is_dir()), Path("maskedit"))
if not home.is_dir():
    print(f"fetching the kit from {{REPO}}, {{TAG}}: about a minute")
    git = ["git", "clone", "-q", "--depth=1", f"--branch={{TAG}}"]
    silent = dict(os.environ, GIT_TERMINAL_PROMPT="0")  # it asks nobody for a password
    try:
        subprocess.run([*git, f"https://github.com/{{REPO}}.git", home],
                       check=True, capture_output=True, env=silent)
    except (OSError, subprocess.CalledProcessError):
        lost = ConnectionError(
            f"no kit at github.com/{{REPO}}, {{TAG}}: upload the kit's folder, named "
            "maskedit, beside this notebook, or open it from a copy whose address "
            "`make badges REPO=owner/name` wrote")
        lost._render_traceback_ = lambda: [str(lost)]  # Jupyter shows this line alone
        raise lost from None
    pip = [sys.executable, "-m", "pip", "install", "-q", "-e", home]
    subprocess.run(pip, check=True)
sys.path.insert(0, str(home.resolve()))

import maskedit_helpers as me

me.ready()'''


def address(root=ROOT):
    """(owner/name, release tag)"""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    return project["urls"]["Repository"].removeprefix("https://github.com/"), f"v{project['version']}"


def notebooks(root=ROOT):
    return sorted((root / "notebooks").glob("[0-9]*.ipynb")) + sorted((root / "notebooks/solutions").glob("*.ipynb"))


def written(text, path, repo, tag):
    """A notebook's JSON text with its badge and its set-up cell as they should be."""
    book = json.loads(text)
    wanted = {"badge": BADGE.format(repo=repo, tag=tag, path=path), "setup": SETUP.format(repo=repo, tag=tag)}
    for cell in book["cells"]:
        if cell["id"] in wanted:
            cell["source"] = wanted[cell["id"]].splitlines(keepends=True)
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def readme(text, repo, tag):
    """The README with every Colab link pointing to this address and tag."""
    return re.sub(r"(colab\.research\.google\.com/github/)[^/]+/[^/]+/blob/[^/]+/", rf"\g<1>{repo}/blob/{tag}/", text)


def main(root=ROOT):
    if len(sys.argv) > 1 and sys.argv[1]:
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", sys.argv[1]):
            sys.exit(f"{sys.argv[1]!r} is no address: give owner/name, as in make badges REPO=owner/name")
        project = root / "pyproject.toml"
        line = rf'\g<1>"https://github.com/{sys.argv[1]}"'
        project.write_text(re.sub(r'^(Repository = )"[^"]*"', line, project.read_text(), flags=re.M))
    repo, tag = address(root)
    for path in notebooks(root):
        path.write_text(written(path.read_text(), path.relative_to(root).as_posix(), repo, tag))
    page = root / "README.md"
    page.write_text(readme(page.read_text(), repo, tag))
    print(f"badges and set-up cells of {len(notebooks(root))} notebooks point to {repo} at {tag}")


if __name__ == "__main__":
    main()
