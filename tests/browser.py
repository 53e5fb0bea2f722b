"""A real notebook in a real browser: JupyterLab on a free port, headless Chromium, none of the user's settings.

`Lab` is the server, `StudioPage` that of `make studio`; `open_browser` gives a page, `Notebook` is a notebook open in
it, `Clicker` a hand on ClickMask.
"""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PATIENCE = 150  # seconds for anything to happen; only a broken or a very busy machine needs them
TOKEN = "test"


def chromium():
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def lacks():
    """What this machine has not got for these tests, in words; "" if it has all."""
    missing = [name for name in ("playwright", "jupyterlab") if find_spec(name) is None]
    return ", ".join(missing + ([] if chromium() else ["Chromium"]))


def settings_in(folder):
    """Environment variables under which no program reads or changes settings outside `folder`."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("JUPYTER", "IPYTHON", "MASKEDIT", "XDG_"))}
    env |= {"HOME": folder, "IPYTHONDIR": folder / "ipython", "OMP_NUM_THREADS": "1"}
    env |= {f"JUPYTER_{what}_DIR": folder / "jupyter" / what.lower() for what in ("CONFIG", "DATA", "RUNTIME")}
    env |= {f"XDG_{what}_HOME": folder / "xdg" for what in ("CONFIG", "DATA", "CACHE", "STATE")}
    return {name: str(value) for name, value in env.items()}


class Server:
    """A server on a free port whose settings and log lie in `folder`; a subclass starts it."""

    ALIVE = ""  # an address below the server's that answers once it is there

    def __init__(self, folder):
        self.home = folder / "home"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = open(folder / "server.log", "w+", encoding="utf-8")

    def start(self, command, cwd):
        # A suite that runs in a shell's background was told to ignore Ctrl-C, and hands that on.
        heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        self._process = subprocess.Popen(command, env=settings_in(self.home), cwd=cwd, stdout=self._log,
                                         stderr=self._log, start_new_session=True, preexec_fn=heed)
        try:
            self._wait()
        except BaseException:
            self.close()
            raise

    def _wait(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            with suppress(OSError):  # it does not listen yet
                urllib.request.urlopen(self.url + self.ALIVE, timeout=5).close()
                return
            time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{self.log()[-3000:]}")

    def log(self):
        self._log.seek(0)
        return self._log.read()

    def close(self):
        """Stop the server, which stops its kernels; then whatever is left of its process group."""
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._log.close()


class Lab(Server):
    """A JupyterLab server whose notebooks, settings and log lie in `folder`."""

    ALIVE = f"/api/status?token={TOKEN}"

    def __init__(self, folder):
        super().__init__(folder)
        self.folder = folder / "notebooks"
        self.folder.mkdir()
        config = self.home / "jupyter" / "config" / "labconfig"
        config.mkdir(parents=True)
        news = "@jupyterlab/apputils-extension:announcements"  # asks whether it may fetch them
        (config / "page_config.json").write_text(json.dumps({"disabledExtensions": {news: True}}))
        self.start(
            [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
             f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}",
             f"--ServerApp.root_dir={self.folder}",
             "--ServerApp.terminals_enabled=False", "--LabApp.expose_app_in_browser=True",
             "--LabApp.extension_manager=readonly"], self.folder)

    def write(self, name, cells):
        """A notebook `name` of code cells."""
        cells = [{"cell_type": "code", "id": f"cell-{i}", "source": source, "metadata": {}, "outputs": [],
                  "execution_count": None} for i, source in enumerate(cells)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        (self.folder / name).write_text(json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4,
                                                    "nbformat_minor": 5}))


class StudioPage(Server):
    """What `make studio` serves, but that no browser is opened, nothing is installed and the port is a free one."""

    ALIVE = "/voila/static/voila.js"  # no page: each of those starts a kernel

    def __init__(self, folder):
        super().__init__(folder)
        self.home.mkdir()
        options = f"--no-browser --port={self.port} --Voila.port_retries=0 --Voila.root_dir={ROOT}"
        self.start(["make", "-o", ".venv/.installed", f"BIN={Path(sys.executable).parent}", "studio",
                    f"ARGS={options}"], ROOT)

    def descendants(self):
        """Process ids of all that the server has started."""
        parents = {}
        for status in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # it has ended meanwhile
                parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        found = {self._process.pid}
        while more := {one for one, parent in parents.items() if parent in found} - found:
            found |= more
        return found

    def interrupt(self):
        """Ctrl-C, as a terminal sends it: to all of the group."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._process.wait(90)


@contextmanager
def open_browser(folder, sharpness=1):
    """A page of a browser whose profile lies in `folder`; `sharpness` is device pixels per CSS pixel."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, env=settings_in(folder))
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 1000}, device_scale_factor=sharpness)
            page.set_default_timeout(PATIENCE * 1000)
            yield page
        finally:
            browser.close()


class Seen:
    """What pages asked for, and what they complained of."""

    def __init__(self):
        self.addresses, self.errors = [], []

    def watch(self, page):
        page.on("request", lambda request: self.addresses.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def of(self, url):
        """(addresses that are elsewhere than at a server's, errors)"""
        return [one for one in self.addresses if not one.startswith((url, "data:", "blob:"))], self.errors


def nameless(page):
    """Parts of the widgets that a screen reader could not name, each as HTML."""
    return page.evaluate("""() => {
        const found = [];
        for (const node of document.querySelectorAll(".maskedit img, .maskedit input, .maskedit select, " +
            ".maskedit button, .maskedit canvas, .maskedit [tabindex], .maskedit [role]")) {
            const name = node.getAttribute("alt") || node.getAttribute("aria-label") || node.labels?.[0]?.textContent ||
                (node.tagName === "BUTTON" && node.textContent) || node.getAttribute("aria-hidden");
            if (!name?.trim()) found.push(node.outerHTML.slice(0, 200));
        }
        return found;
    }""")


def wait_until_nothing_is_clipped(page, width):
    """At this width of the window; raises if some widget stays wider than its place."""
    before = page.viewport_size
    page.set_viewport_size({"width": width, "height": 1000})
    try:
        page.wait_for_function("""() => [...document.querySelectorAll(".maskedit")].every((part) => {
            const outer = part.parentElement.getBoundingClientRect();
            return outer.width > 0 && [...part.querySelectorAll("*")].every((node) => {
                const { left, right, width } = node.getBoundingClientRect();
                return !width || node.closest(".picture") || (left >= outer.left - 1 && right <= outer.right + 1);
            });
        })""", timeout=20_000)
    finally:
        page.set_viewport_size(before)


class Notebook:
    """The notebook `name` of a server, open in a page (playwright's), its kernel ready."""

    def __init__(self, page, lab, name):
        self.page = page
        page.goto(f"{lab.url}/lab/tree/{name}?token={TOKEN}&reset")
        page.wait_for_function("""() => {
            const panel = window.jupyterapp?.shell.currentWidget;
            return panel?.content?.widgets?.length && panel.sessionContext?.session?.kernel?.status === "idle";
        }""")

    def command(self, name):
        """Run a command of JupyterLab's and wait for its end."""
        return self.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)

    def run(self, source):
        """Run `source` in a last cell of its own, as a person would; what it prints, or "ErrorName: message"."""
        outputs = self.page.evaluate("""async (source) => {
            const { content } = window.jupyterapp.shell.currentWidget, notebook = content.model.sharedModel;
            if (!content.widgets.at(-1).model.getMetadata("probe"))
                notebook.addCell({ cell_type: "code", metadata: { probe: true } });
            notebook.cells.at(-1).setSource(source);
            content.deselectAll();
            content.activeCellIndex = content.widgets.length - 1;
            await window.jupyterapp.commands.execute("notebook:run-cell");
            return content.widgets.at(-1).model.outputs.toJSON();
        }""", source)
        return "".join(f"{output['ename']}: {output['evalue']}" if output["output_type"] == "error"
                       else "".join(output.get("text", "")) for output in outputs).strip()

    def read(self, expression):
        """The value of a Python expression, by way of JSON."""
        printed = self.run(f"import json; print(json.dumps({expression}))")
        try:
            return json.loads(printed)
        except json.JSONDecodeError:
            raise AssertionError(f"{expression} printed {printed!r}") from None

    def cells(self):
        """[sources of all cells but the probe, how many cells are selected]"""
        return self.page.evaluate("""() => {
            const { content } = window.jupyterapp.shell.currentWidget;
            return [content.widgets.filter((cell) => !cell.model.getMetadata("probe"))
                .map((cell) => cell.model.sharedModel.getSource()), content.selectedCells.length];
        }""")


@contextmanager
def run_all(lab, seen, name, cells, ready, patience=30, rights=()):
    """A Notebook of these cells after Run All, once JavaScript `ready` holds, and nothing else: nobody touched it."""
    lab.write(name, cells)
    with open_browser(lab.home) as page:
        seen.watch(page)
        page.context.grant_permissions(list(rights), origin=lab.url)
        try:
            opened = Notebook(page, lab, name)
            opened.command("notebook:run-all-cells")
            page.wait_for_function(f"() => {ready}")
            page.set_default_timeout(1000 * patience)  # the slow part is over
            yield opened
        finally:
            page.screenshot(path=lab.folder / "last.png")  # for whoever looks into a failure


def pictures(count):
    """JavaScript: so many of our widgets' pictures are there."""
    return f"document.querySelectorAll('.maskedit .picture').length === {count}"


class Clicker:
    """A hand on the picture of a notebook's first widget, an empty ClickMask; x and y are pixels of the picture."""

    SIDE = 128  # of the picture, pixels

    def __init__(self, notebook):
        self.notebook, self.page = notebook, notebook.page
        self.stage = self.page.locator(".maskedit .click")
        self.says("nothing is selected yet")

    def says(self, text):
        """Wait until the status line begins so."""
        begins = re.compile(rf"^\s*{re.escape(text)}")
        self.page.locator(".maskedit").first.locator(".status", has_text=begins).wait_for()

    def place(self, x, y):
        """Where on the element picture coordinates (x, y) are."""
        scale = self.stage.bounding_box()["width"] / self.SIDE
        return {"x": x * scale, "y": y * scale}

    def at(self, x, y, **how):
        self.stage.click(position=self.place(x + 0.5, y + 0.5), **how)

    def drag(self, x0, y0, x1, y1):
        self.stage.hover(position=self.place(x0, y0))  # scrolls there, and waits until the page rests
        box, end = self.stage.bounding_box(), self.place(x1, y1)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + end["x"], box["y"] + end["y"], steps=4)
        self.page.mouse.up()

    def keys(self, *keys):
        self.stage.focus()  # reading the state runs a cell, which takes the focus
        for key in keys:
            self.page.keyboard.press(key)

    def prompts(self):
        points, labels, box = self.notebook.read("[click.points, click.labels, click.box]")
        return [(*point, label) for point, label in zip(points, labels)], box and tuple(box)

    def shade(self, x, y):
        """Opacity of what is drawn over the pixel (x, y), 0 to 255."""
        return self.page.evaluate("""([x, y, side]) => {
            const canvas = document.querySelector(".maskedit .click canvas"), scale = canvas.width / side;
            return canvas.getContext("2d").getImageData((x + 0.5) * scale, (y + 0.5) * scale, 1, 1).data[3];
        }""", [x, y, self.SIDE])
