"""The page of `make studio` in a real browser: served, used, ended by Ctrl-C, and nothing of it left."""

import os
import time

import browser


def test_the_page_of_make_studio(machine, tmp_path):
    seen = browser.Seen()
    server = browser.StudioPage(tmp_path)
    try:
        with browser.open_browser(tmp_path / "browser") as page:
            seen.watch(page)
            page.on("console", lambda message: seen.errors.extend([message.text] if message.type == "error" else []))
            page.goto(server.url)
            page.locator(".maskedit td").first.wait_for()
            edit = page.get_by_alt_text("y, the edit")
            before = edit.get_attribute("src")
            page.get_by_label("What to do").fill("make the shirt green")
            page.keyboard.press("Enter")
            page.wait_for_function("(old) => document.querySelector('[alt=\"y, the edit\"]').src !== old", arg=before)
            stage = page.locator(".maskedit .click")
            stage.click(position={"x": 20, "y": 200})
            page.locator(".maskedit .status", has_text="2 keep").wait_for()
            assert page.locator("code:visible, .jp-InputArea:visible").count() == 0  # no code
            page.get_by_label("Picture", exact=True).select_option("the dog")
            page.locator(".maskedit input[type=text]").wait_for()
            page.wait_for_function("() => document.querySelector('.maskedit .instruct input')?.value.includes('robot')")
            browser.wait_until_nothing_is_clipped(page, 400)
            assert browser.nameless(page) == []
        assert seen.of(server.url) == ([], [])
        started = server.descendants()
        assert len(started) > 1
        server.interrupt()
        until = time.monotonic() + 20
        while (left := [one for one in started if os.path.exists(f"/proc/{one}")]) and time.monotonic() < until:
            time.sleep(0.1)
        assert left == [], server.log()
    finally:
        server.close()
