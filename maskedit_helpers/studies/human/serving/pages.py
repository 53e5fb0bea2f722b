"""A page's HTML and the headers that go with everything that is sent."""

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
STYLE, SCRIPT = "/rate.css", "/rate.js"
# Nothing from elsewhere, nothing inline, no frame around it; the address of a page goes nowhere; nothing is stored.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
                               "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@cache
def _templates():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)


def page(study, template, status=200, **values):
    """A Response with the page of a template, in the study's words; `fill` there puts numbers into a text."""
    from starlette.responses import HTMLResponse

    html = _templates().get_template(template).render(
        texts=study.texts, lang=study.told["questions"]["lang"], direction=study.told["questions"]["direction"],
        fill=fill, **values)
    return HTMLResponse(html, status, HEADERS)


def fill(text, **numbers):
    """ "Pair {i} of {n}" with the numbers in it; a brace of any other kind stays as it stands."""
    for name, value in numbers.items():
        text = text.replace("{" + name + "}", str(value))
    return text


def sent(data, kind, status=200):
    """A Response with bytes of our own."""
    from starlette.responses import Response

    return Response(data, status, media_type=kind, headers=HEADERS)


def onward(address):
    """To another page, by GET."""
    from starlette.responses import RedirectResponse

    return RedirectResponse(address, 303, HEADERS)
