"""How raters find the pages: the address in the local network, links on a list and QR codes on a page to print."""

import csv
import io
import os
import socket
from html import escape

from ....errors import KitError

LIST, PRINTED = "links.csv", "links.html"
EVERYWHERE = ("0.0.0.0", "::", "")
PRINT = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
body {{ font: 14px/1.4 system-ui, sans-serif; margin: 1cm; }}
main {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.6cm; }}
section {{ border: 1px dashed #888; padding: 0.4cm; text-align: center; break-inside: avoid; }}
svg {{ width: 4.2cm; height: 4.2cm; }} h2 {{ font-size: 1em; margin: 0; }} p {{ margin: 0; overflow-wrap: anywhere; }}
</style></head><body><h1>{title}</h1><main>
{cards}
</main></body></html>
"""


def base_address(host, port):
    """http://... as other machines write it: where the server listens everywhere, this machine's own address."""
    name = _own_address() if host in EVERYWHERE else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def _own_address():
    """This machine's address in its network; no packet is sent, the system only looks up the way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address of nobody, RFC 5737
            return probe.getsockname()[0]
        except OSError:  # no network
            return "127.0.0.1"


def personal_links(answers, count, base):
    """[(rater, link)] of the first `count` raters, who are made where they are not there yet."""
    while len(answers.raters()) < count:
        answers.add_rater()
    return [(one["rater"], f"{base}/r/{answers.token(one['number'])}/") for one in answers.raters()[:count]]


def write_links(study, links):
    """Write links.csv and links.html, QR codes to cut out, to the study's folder; their paths.

    Who has a link answers as its rater: both files are for the one who runs the study, and readable by nobody else.
    """
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([("number", "rater", "link"), *(
        (number, rater, link) for number, (rater, link) in enumerate(links, 1))])
    cards = "\n".join(f"<section><h2>{number}</h2>{_svg(link)}<p>{escape(link)}</p></section>"
                      for number, (_, link) in enumerate(links, 1))
    page = PRINT.format(title=escape(study.name), cards=cards)
    return [_write(study.folder / LIST, table.getvalue()), _write(study.folder / PRINTED, page)]


def qr_text(link):
    """A QR code in half blocks, for a terminal."""
    import segno

    text = io.StringIO()
    segno.make(link, error="m", micro=False).terminal(text, compact=True)
    return text.getvalue()


def _svg(link):
    import segno

    return segno.make(link, error="m", micro=False).svg_inline(scale=4, omitsize=True, title=f"QR code of {link}")


def _write(path, text):
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise KitError(f"{path}: could not be written ({error.strerror})") from error
    return path
