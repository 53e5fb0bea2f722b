"""The small book in a real browser, narrow and wide: nothing from elsewhere, no error, nothing cut off."""

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import browser
import pytest

PAGES = ("index", "notebooks/00_start_here", "README", "api/studies", "api/training", "search")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server(site):
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=site)) as found:
        threading.Thread(target=found.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()


@pytest.fixture(scope="module")
def page(machine, tmp_path_factory):
    with browser.open_browser(tmp_path_factory.mktemp("home")) as opened:
        yield opened


@pytest.mark.parametrize("width", [360, 1280])
def test_a_reader_meets_nothing_from_elsewhere_and_no_error(page, server, width):
    seen = browser.Seen()
    seen.watch(page)
    page.on("console", lambda message: message.type == "error" and seen.errors.append(message.text))
    page.set_viewport_size({"width": width, "height": 900})
    for name in PAGES:
        page.goto(f"{server}/{name}.html", wait_until="load")
        for picture in page.locator("img:visible").all():
            picture.scroll_into_view_if_needed()  # it is fetched when it comes into sight
        page.wait_for_function("() => [...document.images].every((one) => !one.checkVisibility() || one.naturalWidth)")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert seen.of(server) == ([], [])


def test_formulas_are_drawn_by_the_browser(page, server):
    page.goto(f"{server}/notebooks/00_start_here.html")
    boxes = [one.bounding_box() for one in page.locator("math").all()]
    assert len(boxes) == 2 and all(box["width"] > 20 and box["height"] > 8 for box in boxes)
    root, inside = page.locator("msqrt").bounding_box(), page.locator("msqrt > *").first.bounding_box()
    assert root["height"] > inside["height"]  # the sign is drawn round what it holds


def test_heads_of_measured_tables_are_seen(page, server):
    page.goto(f"{server}/notebooks/00_start_here.html")
    assert page.locator('th[title^="change_iou"]').is_visible()


def test_search_finds_a_verb(page, server):
    page.goto(f"{server}/search.html?q=masked_crop")
    page.locator("#search-results li a", has_text="masked_crop").first.wait_for(timeout=20_000)


def test_light_and_dark(page, server):
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"{server}/index.html")
    for theme, lightness in (("dark", "< 150"), ("light", "> 700")):  # of red, green and blue together
        page.locator("button.theme-switch-button:visible").click()
        page.locator(f"button.theme-change-button[data-mode={theme}]:visible").click()
        page.wait_for_function("""() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)
            .reduce((sum, one) => sum + Number(one), 0) """ + lightness, timeout=10_000)
