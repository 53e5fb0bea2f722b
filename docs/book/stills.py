"""Pictures of the widgets, taken in Chromium without a notebook: a still for each, and the landing page's short film.

    python docs/book/stills.py [name ...]     # into data/figures; without names all

The browser's half of a widget runs in an empty page, Python's half here; a small model between them passes on traits,
as a notebook's would.
"""

import base64
import io
import sys
import tempfile
from contextlib import chdir, contextmanager
from pathlib import Path

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import browser  # noqa: E402
import human  # noqa: E402

import maskedit_helpers as me  # noqa: E402

FIGURES = ROOT / "data/figures"
MODEL = """async ({ esm, css, state }) => {
    const read = (thing) => {
        if (thing === null || typeof thing !== "object") return thing;
        if ("bytes of" in thing)
            return new DataView(Uint8Array.from(atob(thing["bytes of"]), (c) => c.charCodeAt()).buffer);
        if (Array.isArray(thing)) return thing.map(read);
        return Object.fromEntries(Object.entries(thing).map(([name, part]) => [name, read(part)]));
    };
    const traits = read(state), heard = [], now = {};
    const model = {
        get: (name) => traits[name],
        set: (name, value) => { traits[name] = now[name] = value; },
        on: (names, f) => heard.push([names.split(" "), f]),
        off: () => {},
        save_changes: async () => {
            const sent = { ...now };
            for (const name in sent) delete now[name];
            const answer = read(await window.python(sent));
            Object.assign(traits, answer);
            const names = [...Object.keys(sent), ...Object.keys(answer)].map((name) => `change:${name}`);
            for (const [told, f] of heard) if (told.some((name) => names.includes(name))) f();
        },
    };
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
    const from = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    (await import(from)).default.render({ model, el: document.body.firstElementChild });
}"""


@contextmanager
def shown(widget, width=860):
    """A page of Chromium with the widget in it, so many CSS pixels wide."""
    with tempfile.TemporaryDirectory() as home, browser.open_browser(Path(home), sharpness=1) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.set_content('<body style="margin: 0; font-family: sans-serif; background: white"><div></div>')
        names = [name for name in widget.keys if name not in ("_esm", "_css", "layout", "tabbable", "tooltip")]

        def told(changes):
            """What the browser has set, to the widget; back comes how it stands."""
            for name, value in changes.items():
                setattr(widget, name, value)
            return {name: _sent(getattr(widget, name)) for name in names}

        page.expose_function("python", told)
        page.evaluate(MODEL, {"esm": str(widget._esm), "css": str(widget._css), "state": told({})})
        page.locator(".maskedit").wait_for()
        yield page


def _sent(thing):
    """A trait's value as JSON holds it."""
    if isinstance(thing, (bytes, memoryview)):
        return {"bytes of": base64.b64encode(thing).decode()}
    if isinstance(thing, dict):
        return {name: _sent(part) for name, part in thing.items()}
    return [_sent(part) for part in thing] if isinstance(thing, (list, tuple)) else thing


def picture(page):
    """The widget as it looks now."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return Image.open(io.BytesIO(page.locator(".maskedit").screenshot())).convert("RGB")


def still(name, widget):
    with shown(widget) as page:
        page.wait_for_timeout(500)  # pictures are decoded
        picture(page).save(FIGURES / f"{name}.webp", quality=80, method=6)


def explorers(kit, case):
    grid = me.guidance_grid(kit, case.image, case.instruction, s_T=[kit.editor.s_T], s_I=[1.0, kit.editor.s_I])
    still("guidance_explorer", me.GuidanceExplorer(case.image, grid))
    y = next(iter(grid.values()))
    M = kit.segment(case.image, points=[case.click])
    blended = me.blend(case.image, y, M)
    windows = {(1000, 0): blended, (1000, 500): blended, (500, 0): blended, (500, 500): y}
    still("window_explorer", me.WindowExplorer(case.image, windows))


def studio(kit, case):
    widget = me.Studio(case, kit)
    widget.figures  # computed when it is read
    still("studio", widget)


def asking(kit, case):
    """Of the two that ask people."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):  # a still shows no path of this machine
        me.build_pairs("pairs", 4, preset="none", kit=kit, progress=False)
        still("vet_pairs", me.VetPairs(list(me.read_pairs("pairs")), vetter="you", file="vetting.jsonl"))
        made = _six_edits(kit)
        still("rate_edits", me.RateEdits(made, rater="you"))
        phone(made)


def _six_edits(kit):
    """A study of the three cases, in the folder where one is."""
    sources = {}
    for case in map(me.load_case, me.case_names()):
        y, M = kit.edit(case.image, case.instruction), kit.segment(case.image, points=[case.click])
        sources[case.name] = {"instruction": case.instruction, "original": case.image, "mask": M,
                              "edits": {"edit": y, "blend": me.blend(case.image, y, M)}}
    return me.new_study("study", sources, repeats=0, seed=10, name="six edits")


def phone(made):
    """A study's first page as a phone shows it, answered."""
    serving = human.Serving(made)
    try:
        with tempfile.TemporaryDirectory() as home, browser.open_browser(Path(home), sharpness=1) as page:
            page.set_viewport_size({"width": 360, "height": 740})
            page.goto(f"{serving.url}/r/{human.token(made)}/")
            page.locator("button.next").click()
            for question, answer in zip(page.locator("fieldset").all(), (2, 4)):
                question.get_by_label(str(answer), exact=True).check()
            shot = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
    finally:
        serving.close()
    shot.save(FIGURES / "rating_phone.webp", quality=80, method=6)


def film(kit, case):
    """The landing page's: the pointer goes to the shirt and clicks, excludes, then the blend is uncovered. Some
    seconds, once, so that nothing moves while one reads; and a still for those who want no motion at all."""
    big = me.load_case("shirt", size=512)
    frames = []  # (picture, milliseconds)
    with shown(me.ClickMask(big.image, kit)) as page:
        def at(x, y):
            box = page.locator(".maskedit .click").bounding_box()
            return box["x"] + x / 512 * box["width"], box["y"] + y / 512 * box["height"]

        place = at(420, 470)
        for x, y, how in ((233, 296, []), (240, 420, ["Shift"])):
            begin, place = place, at(x, y)
            for step in range(1, 7):
                now = tuple(a + (b - a) * step / 6 for a, b in zip(begin, place))
                page.mouse.move(*now)
                frames.append((_pointed(picture(page), now), 60))
            for key in how:
                page.keyboard.down(key)
            page.mouse.click(*place)
            for key in how:
                page.keyboard.up(key)
            page.locator(".maskedit .status", has_text="keep").wait_for()
            page.wait_for_timeout(1500)  # the masks are drawn
            frames.append((_pointed(picture(page), place), 700))
    mask = kit.segment(case.image, points=[case.click], box=case.box)
    y = kit.edit(case.image, case.instruction, seed=1337)
    with shown(me.BlendStudio(case.image, y, mask, feather=1)) as page:
        divider = page.locator(".maskedit [role=slider]")
        divider.focus()
        page.keyboard.press("End")
        for step in range(12):
            frames.append((picture(page), 60 if step else 500))
            for _ in range(4):
                page.keyboard.press("ArrowLeft")
        frames.append((picture(page), 900))
    high = max(frame.height for frame, _ in frames)
    drawn = []
    for frame, _ in frames:
        page = Image.new("RGB", (frame.width, high), "white")
        page.paste(frame)
        drawn.append(page.resize((640, round(high * 640 / frame.width)), Image.Resampling.LANCZOS))
    times = [milliseconds for _, milliseconds in frames]
    drawn[0].save(FIGURES / "film.webp", save_all=True, append_images=drawn[1:], duration=times, loop=1, quality=70,
                  method=6)
    drawn[6].save(FIGURES / "film_still.webp", quality=80, method=6)


def _pointed(frame, place):
    """The frame with a pointer, whose tip is at `place`."""
    x, y = place
    arrow = [(0, 0), (0, 21), (5, 17), (9, 25), (13, 23), (9, 15), (16, 15)]
    ImageDraw.Draw(frame).polygon([(x + a, y + b) for a, b in arrow], fill="white", outline="black", width=2)
    return frame


ALL = {"film": film, "studio": studio, "explorers": explorers, "asking": asking}


def main():
    kit, case = me.load("pocket"), me.load_case("shirt")
    for name in sys.argv[1:] or ALL:
        ALL[name](kit, case)


if __name__ == "__main__":
    main()
