"""The server: uvicorn in this process, until Ctrl-C."""

import socket
from importlib.util import find_spec

from ....errors import KitError
from .app import Site
from .links import base_address, personal_links, qr_text, write_links

NEEDED = ("starlette", "jinja2", "uvicorn", "segno")
LOCAL = ("127.0.0.1", "localhost", "::1")
BACKLOG = 256


def serve(studies, host="127.0.0.1", port=8000, raters=None, tell=print):
    """Serve studies until Ctrl-C; each answer is kept when it is given, so the server may be stopped at any time.

    Parameters
    ----------
    studies : folders of studies
    host : str, the address to listen at; 0.0.0.0 for the whole local network
    port : int; 0 for any that is free
    raters : int or None. With a number, so many personal links are made for each study, written to links.csv and
        links.html in its folder, and nobody else may come; with None, whoever knows the class code may.
    tell : called with each line to show

    Raises
    ------
    KitError
        A library that is missing, no such study, a port that is taken.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise KitError(f"{', '.join(missing)} missing: the pages need more than the kit does; "
                       f"pip install {' '.join(NEEDED)}, or the kit with its extra [study]")
    import uvicorn

    site = Site(studies, join=raters is None)
    listening = _listen(host, port)
    base = base_address(host, listening.getsockname()[1])
    for line in _welcome(site, base, host, raters):
        tell(line)
    # No access log: an address holds the rater's token. No header that says what serves.
    config = uvicorn.Config(site.app(), log_level="warning", access_log=False, server_header=False, lifespan="off",
                            timeout_keep_alive=30, backlog=BACKLOG)
    uvicorn.Server(config).run(sockets=[listening])


def _listen(host, port):
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # TCP by name: asyncio turns Nagle's algorithm off only where the socket says that it is TCP; with it on, a page
        # waits 40 ms for an acknowledgement.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        raise KitError(f"can't listen at {host}, port {port} ({getattr(error, 'strerror', None) or error}); give "
                       "another --port, or --host 127.0.0.1") from error
    return listening


def _welcome(site, base, host, raters):
    """What the one who runs the study reads first."""
    for study, answers in zip(site.studies, site.answers):
        if raters is not None:
            links = personal_links(answers, raters, base)
            yield f"{study.name}: {len(links)} links, in {' and '.join(map(str, write_links(study, links)))}"
        else:
            link = f"{base}/?code={study.code}"
            yield f"{study.name}: {link} (class code {study.code})"
            if host not in LOCAL:
                yield qr_text(link)
    if host in LOCAL:
        yield "Only this machine can reach it; --host 0.0.0.0 is for a class in the same network."
    else:
        yield "Whoever is in this network and has a link or the code can answer; the pages go unencrypted."
    yield "Answers are kept as they are given. Ctrl-C stops; the same command goes on."
