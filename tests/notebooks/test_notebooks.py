"""The notebooks as documents: form, links, one set-up cell, exercises that match their solutions.

That they run, and what their checks answer, is tested by nbmake (see conftest.py).
"""

import ast
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
LESSONS = sorted(FOLDER.glob("[0-9]*.ipynb"))
SOLUTIONS = sorted((FOLDER / "solutions").glob("*.ipynb"))
TAUGHT = {"maskedit_helpers", "torch", "diffusers", "transformers", "segment_anything", "open_clip", "matplotlib",
          "numpy", "scipy", "skimage", "PIL", "ipywidgets", *sys.stdlib_module_names}
CELLS, BYTES, LINES, WIDTH = 56, 60_000, 18, 88  # a wider line of code is cut off on a laptop, or in print

spec = importlib.util.spec_from_file_location("badges", FOLDER / "badges.py")
badges = importlib.util.module_from_spec(spec)
spec.loader.exec_module(badges)


def cells(path, kind=None):
    """(id, source) of a notebook's cells."""
    book = json.loads(path.read_text())
    return [(cell["id"], "".join(cell["source"])) for cell in book["cells"] if kind in (None, cell["cell_type"])]


def exercises(path):
    return {name: source for name, source in cells(path, "code") if name.startswith("exercise-")}


def by_name(path):
    return path.stem


each_lesson = pytest.mark.parametrize("path", LESSONS, ids=by_name)
each_notebook = pytest.mark.parametrize("path", LESSONS + SOLUTIONS, ids=by_name)


def test_there_is_a_walkthrough():
    assert [path.stem[:2] for path in LESSONS] == [f"{number:02d}" for number in range(12)]
    assert [path.stem for path in SOLUTIONS] == [f"{path.stem}_solutions" for path in LESSONS]


@each_notebook
def test_stored_without_outputs_and_as_written(path):
    book = json.loads(path.read_text())
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == [] and cell["execution_count"] is None
    ids = [cell["id"] for cell in book["cells"]]
    assert len(set(ids)) == len(ids)
    assert book["metadata"]["kernelspec"]["name"] == "python3"
    assert path.stat().st_size <= BYTES and len(ids) <= CELLS


@each_notebook
def test_one_address_and_one_set_up_cell(path):
    repo, tag = badges.address()
    where = path.relative_to(ROOT).as_posix()
    assert badges.written(path.read_text(), where, repo, tag) == path.read_text(), "run `make badges`"
    assert [name for name, _ in cells(path) if name in ("badge", "setup")] == ["badge", "setup"]


def test_the_readme_points_to_the_same_address():
    text = (ROOT / "README.md").read_text()
    assert badges.readme(text, *badges.address()) == text, "run `make badges`"
    for path in LESSONS:
        assert f"notebooks/{path.name}" in text


def test_a_new_address_rewrites_everything(tmp_path):
    (tmp_path / "notebooks" / "solutions").mkdir(parents=True)
    for name in ("pyproject.toml", "README.md", f"notebooks/{LESSONS[0].name}", "notebooks/badges.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    script = [sys.executable, str(tmp_path / "notebooks/badges.py")]
    subprocess.run([*script, "some-one/their.kit"], check=True, capture_output=True)
    text = (tmp_path / "notebooks" / LESSONS[0].name).read_text()
    assert text.count("some-one/their.kit") == 2 and badges.address()[0] not in text  # the badge and the set-up cell
    assert badges.address(tmp_path)[0] == "some-one/their.kit"
    assert badges.address()[0] not in (tmp_path / "README.md").read_text()
    wrong = subprocess.run([*script, "no address"], capture_output=True, text=True)
    assert wrong.returncode == 1 and "owner/name" in wrong.stderr


def run_set_up(monkeypatch, folder):
    """Run the set-up cell in a folder; what it asked the system to do. The address is answered by this repository."""
    asked, run = [], subprocess.run

    def answer(command, **options):
        asked.append([str(word) for word in command])
        if command[0] == "git":
            run(["git", "clone", "-q", "--depth=1", ROOT.as_uri(), str(command[-1])], check=True)

    monkeypatch.chdir(folder)
    monkeypatch.setattr(subprocess, "run", answer)
    monkeypatch.setattr(sys, "path", list(sys.path))
    repo, tag = badges.address()
    exec(badges.SETUP.format(repo=repo, tag=tag), {})
    return asked, Path(sys.path[0])


def test_set_up_in_a_copy_of_the_repository(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MASKEDIT_RESULTS", str(tmp_path))
    for folder in (ROOT, FOLDER, FOLDER / "solutions"):
        assert run_set_up(monkeypatch, folder) == ([], ROOT)
    assert "maskedit is ready" in capsys.readouterr().out


def test_set_up_of_a_notebook_that_came_alone(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MASKEDIT_RESULTS", str(tmp_path / "results"))
    (git, pip), home = run_set_up(monkeypatch, tmp_path)
    repo, tag = badges.address()
    assert f"--branch={tag}" in git and f"https://github.com/{repo}.git" in git
    assert pip[1:4] == ["-m", "pip", "install"] and "-U" not in pip  # what Colab brings along stays as it is
    assert home == tmp_path / "maskedit" and (home / "models/pocket/pocket.json").is_file()
    assert "fetching the kit" in capsys.readouterr().out
    assert run_set_up(monkeypatch, tmp_path) == ([], home)  # a second Run All fetches nothing


def test_set_up_of_a_notebook_that_reaches_no_kit(monkeypatch, tmp_path):
    """In a real kernel, with the real git, whose address leads nowhere: one line, and nothing after it runs."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{tmp_path.as_uri()}/nowhere/.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "https://github.com/")
    repo, tag = badges.address()
    book = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell(source) for source in (badges.SETUP.format(repo=repo, tag=tag), "print('went on')")])
    with pytest.raises(CellExecutionError):
        NotebookClient(book, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    said, error = book.cells[0].outputs
    assert said.text.startswith("fetching the kit") and book.cells[1].outputs == []
    line, = error.traceback  # and no more is shown
    assert "\n" not in line and f"no kit at github.com/{repo}, {tag}" in line
    assert "upload the kit's folder" in line and "`make badges REPO=owner/name`" in line
    assert list(tmp_path.iterdir()) == []


def test_set_up_without_git(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(ConnectionError, match="no kit at github.com/"):
        exec(badges.SETUP.format(repo="some-one/their.kit", tag="v1"), {})


@each_lesson
def test_headings(path):
    text = "\n".join(source for _, source in cells(path, "markdown"))
    levels = [(len(mark), words) for mark, words in re.findall(r"^(#+) (.+)$", text, re.M)]
    assert [level for level, _ in levels].count(1) == 1 and levels[0][0] == 1
    assert levels[0][1].startswith(path.stem[:2])
    assert all(after - before <= 1 for (before, _), (after, _) in zip(levels, levels[1:]))
    numbered = [int(words.split()[0]) for level, words in levels if level == 2 and words[0].isdigit()]
    assert numbered == list(range(1, len(numbered) + 1))
    titles = [words for level, words in levels if level == 2]
    assert any("Exercises" in title for title in titles) and "Takeaways" in titles and titles[-1] == "References"
    for row in ("You will be able to", "Minutes", "Needs"):
        assert f"| **{row}** |" in text
    assert text.count("Predict first") >= (1 if path.stem.startswith("00") else 3)
    references = text[text.index("## References"):]
    assert all(re.search(r"(19|20)\d\d", line) for line in references.splitlines() if line.startswith("- "))


@each_lesson
def test_the_head_leads_to_the_rooms(path):
    """Each room by its folder's name and its __init__.py, which says what it is; JupyterLab opens no folders."""
    head = next(source for _, source in cells(path, "markdown") if source.startswith("# "))
    row, = re.findall(r"^\| \*\*Rooms?\*\* \| (.+) \|$", head, re.M)
    links = re.findall(r"\[`(maskedit_helpers/\w+/)`\]\((.+?)\)", row)
    assert links and all(target == f"../{folder}__init__.py" for folder, target in links)
    assert row == ", ".join(f"[`{folder}`]({target})" for folder, target in links)


def test_code_that_the_pages_name_is_there_and_by_its_room():
    """From the top, so that a name leads to the file wherever the page is read."""
    for page in [*LESSONS, *SOLUTIONS, *FOLDER.glob("*.md"), ROOT / "README.md", *ROOT.glob("docs/*.md"),
                 *ROOT.glob("models/**/README.md")]:
        text = page.read_text()
        if page.suffix == ".ipynb":
            text = "\n".join(source for _, source in cells(page, "markdown"))
        for name in re.findall(r"`([\w./-]+\.(?:py|pyi|js|css)|maskedit_helpers/[\w./-]*)`", text):
            assert (ROOT / name).exists(), f"{page.name}: {name} is not there"


@each_notebook
def test_code_cells(path):
    for name, source in cells(path, "code"):
        assert max(map(len, source.splitlines())) <= WIDTH, f"{name} is wide"
        if name == "setup":
            continue
        assert len(source.splitlines()) <= LINES, f"{name} is long"
        tree = ast.parse(source)
        imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        imported |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert {module.split(".")[0] for module in imported} <= TAUGHT
        assert "maskedit_helpers." not in source  # nothing from its inside
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                if call.func.attr in ("show_row", "show_rows", "subplots"):
                    assert "alt" in {word.arg for word in call.keywords}, f"{name}: a picture without alt text"


@each_notebook
def test_markdown_pictures_and_links(path):
    for name, source in cells(path, "markdown"):
        for alt, _ in re.findall(r"!\[(.*?)\]\((.+?)\)", source):
            assert alt, f"{name}: a picture without alt text"
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", source):
            assert (path.parent / target).exists(), f"{name}: {target} is not there"


@pytest.mark.parametrize("path", LESSONS, ids=by_name)
def test_exercises_and_solutions_match(path):
    asked, solved = exercises(path), exercises(FOLDER / "solutions" / f"{path.stem}_solutions.ipynb")
    assert len(asked) >= 3 and list(asked) == list(solved)
    for name in asked:
        last = [text.strip().splitlines()[-1] for text in (asked[name], solved[name])]
        assert last[0] == last[1] and last[0].startswith("me.check."), name
        assert "# replace" in asked[name] and "# replace" not in solved[name]
        assert asked[name] != solved[name]


def test_links_of_the_pages():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("models/**/README.md"), *FOLDER.glob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target} is not there"
