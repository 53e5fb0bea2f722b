"""What a browser sends: a small form, read strictly; whatever else comes is refused before anything is done."""

import asyncio
from urllib.parse import parse_qsl

from ..answers import COMMENT
from ..questions import SCALE

MOST_BYTES = 64 * 1024  # a comment of COMMENT characters takes 12 bytes each at worst, written as %F0%9F%98%80
MOST_FIELDS = 50
PATIENCE = 20  # seconds for a form to arrive
KIND = "application/x-www-form-urlencoded"


class Refused(Exception):
    """A request that is answered with a plain page: status, and which of the study's texts says why."""

    def __init__(self, status, text="not_understood"):
        super().__init__(status, text)
        self.status, self.text = status, text


async def read_form(request):
    """The fields of a posted form, {name: value}; each name may stand there once.

    Raises
    ------
    Refused
        403 from another site's page; 413 too long; 400 another kind of content, no UTF-8, a name twice; 408 too slow.
    """
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Refused(403)
    try:
        async with asyncio.timeout(PATIENCE):
            body = await _body(request)
    except TimeoutError:
        raise Refused(408) from None
    if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise Refused(400)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict",
                          max_num_fields=MOST_FIELDS)
    except ValueError:  # UnicodeDecodeError is one
        raise Refused(400) from None
    fields = dict(pairs)
    if len(fields) < len(pairs) or any("\0" in text for pair in pairs for text in pair):
        raise Refused(400)
    return fields


async def _body(request):
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise Refused(413)
    return bytes(body)


def answers_in(fields, questions):
    """{question: 1 to 5, or None for unsure} of a posted page; Refused for a field or an answer that is none."""
    allowed = {one["name"]: {str(value): value for value in SCALE} | ({"unsure": None} if "unsure" in one else {})
               for one in questions}
    answers = {}
    for name, value in fields.items():
        if name not in allowed or value not in allowed[name]:
            raise Refused(400)
        answers[name] = allowed[name][value]
    return answers


def comment_in(fields):
    """The comment of a posted last page; Refused if it is too long."""
    comment = fields.get("comment", "").replace("\r\n", "\n")
    if fields.keys() - {"comment"} or len(comment) > COMMENT:
        raise Refused(400)
    return comment
