"""report.tex, and report.pdf where a TeX is there to make it."""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .marks import as_tex

PATIENCE = 120  # seconds for a run of TeX, which takes two
HOW = ("install a TeX, on Debian texlive-latex-recommended, and run `pdflatex report` twice there; or put report.tex, "
       "figures and tables into any online LaTeX editor")


def paper(title, author, body):
    """The whole of report.tex."""
    text = Path(__file__).with_name("paper.tex").read_text(encoding="utf-8")
    for name, words in {"TITLE": as_tex(title), "AUTHOR": as_tex(author), "BODY": body}.items():
        text = text.replace(f"@{name}@", words)
    return text


def compiled(folder):
    """(the PDF as bytes or None, why there is none or how many pages there are) of folder/report.tex.

    It is compiled aside, twice, so that references are right; nothing but the PDF comes of it.
    """
    program = shutil.which("pdflatex")
    if not program:
        return None, f"there is no pdflatex here: {HOW}"
    with tempfile.TemporaryDirectory() as aside:
        aside = Path(aside)
        shutil.copy(folder / "report.tex", aside)
        for name, ending in (("figures", "*.pdf"), ("tables", "*.tex")):
            (aside / name).mkdir()
            for path in (folder / name).glob(ending):
                shutil.copy(path, aside / name)
        env = {**os.environ, "TEXMFVAR": str(aside / "var"), "max_print_line": "1000"}
        command = [program, "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "-no-shell-escape",
                   "report.tex"]
        for _ in range(2):
            try:
                done = subprocess.run(command, cwd=aside, env=env, capture_output=True, timeout=PATIENCE)
            except (OSError, subprocess.SubprocessError) as error:
                return None, f"pdflatex did not end ({type(error).__name__}); try it yourself: pdflatex report"
            log = aside / "report.log"
            said = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
            if done.returncode:
                return None, f"report.tex does not compile: {wrong(said)}"
        return (aside / "report.pdf").read_bytes(), pages(said)


def wrong(log):
    """The line of a log that says what is wrong."""
    for line in log.splitlines():
        if re.match(r"\S+:\d+: ", line) or line.startswith("! "):
            return " ".join(line.split())
    return "its log does not say why"


def pages(log):
    found = re.search(r"Output written on .*\((\d+) pages?", log)
    return f"{found[1]} pages" if found else "pages"
