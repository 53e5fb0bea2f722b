"""What a built book must not have: links that lead nowhere, pictures without words, anything from another host."""

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat

# What a page fetches by itself, and the attribute that says from where; a link waits for a reader.
FETCHED = {"img": ("src", "srcset"), "script": ("src",), "source": ("src", "srcset"), "iframe": ("src",),
           "video": ("src", "poster"), "audio": ("src",), "embed": ("src",), "object": ("data",), "use": ("href",)}
FETCHING_LINKS = {"stylesheet", "icon", "shortcut", "preload", "prefetch", "modulepreload", "preconnect",
                  "dns-prefetch", "manifest"}
DRAWN = re.compile(r"pictures/[0-9a-f]{16}\.png$")  # as pages.py calls them


class Page(HTMLParser):
    """What of a page matters here: ids, links, what it fetches, pictures."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.fetched, self.pictures = {"", "top"}, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found.get("id"), found.get("name") if tag == "a" else None}
        if tag == "a" and found.get("href") is not None:
            self.links.append(found["href"])
        if tag == "img":
            self.pictures.append((found.get("alt"), found.get("src") or ""))
        if tag == "link" and FETCHING_LINKS & set((found.get("rel") or "").split()):
            self.fetched.append(found.get("href") or "")
        for name in FETCHED.get(tag, ()):
            if found.get(name):
                self.fetched += [one.split()[0] for one in found[name].split(", ")] if name == "srcset" \
                    else [found[name]]

    handle_startendtag = handle_starttag


def wrong(site):
    """All that is wrong with the pages in the folder `site`, a line each."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in sorted(site.rglob("*.html"))
             if "_static" not in path.relative_to(site).parts}
    faults = []
    for path, page in pages.items():
        said = path.relative_to(site).as_posix()
        faults += [f"{said}: a picture without alt text, {src[:80]}" for alt, src in page.pictures
                   if not (alt or "").strip()]
        faults += [f"{said}: fetches {one}" for one in page.fetched if _elsewhere(one)]
        faults += [f"{said}: leads nowhere, {one}" for one in page.links + page.fetched
                   if not _leads_somewhere(one, path, pages)]
    for path in sorted(site.rglob("*.css")):
        fetched = re.findall(r"url\(\s*[\"']?([^\"')]+)|@import\s+[\"']([^\"']+)", path.read_text(encoding="utf-8"))
        faults += [f"{path.relative_to(site).as_posix()}: fetches {one or other}" for one, other in fetched
                   if _elsewhere(one or other)]
    return faults


def _elsewhere(address):
    return bool(urlsplit(address).netloc)


def _leads_somewhere(address, path, pages):
    """Whether a link of the page at `path` ends at a file and a place in it; of other hosts nothing is known."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return True
    there = Path(path.parent / unquote(parts.path)).resolve() if parts.path else path
    there = there / "index.html" if there.is_dir() else there
    if not there.is_file():
        return False
    return there not in pages or not parts.fragment or unquote(parts.fragment) in pages[there].ids


def lost_pictures(executed, site):
    """Pages that show fewer pictures than their notebook made, a line each."""
    faults = []
    for page, copy in executed.items():
        cells = nbformat.read(copy, 4).cells
        made = sum("image/png" in output.get("data", {}) for cell in cells for output in cell.get("outputs", []))
        text = (site / page).with_suffix(".html").read_text(encoding="utf-8")
        shown = sum(bool(DRAWN.search(src)) for _, src in Page(text).pictures)
        if shown < made:
            faults.append(f"{page}: {made} pictures made, {shown} shown")
    return faults
