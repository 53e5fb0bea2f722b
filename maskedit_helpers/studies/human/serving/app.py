"""The site that raters visit, as a Starlette app: a page an item, kept answers, and nothing that says which method.

    /                                 the class code; POST makes a new rater and leads to their own pages
    /r/TOKEN/                         where one is: consent, the first page without an answer, the end
    /r/TOKEN/7                        the seventh item; POST keeps its answers
    /r/TOKEN/7/outlined.png           its pictures: outlined, original, edited
    /r/TOKEN/end, /r/TOKEN/done       a comment, and thanks

The token says who one is and is the right to write: no other site's page can know it, so none can post in a rater's
name. An address holds a place in the rater's own list and nothing else; no part of it is ever part of a file's path.
"""

import asyncio
import hmac

from ....errors import KitError
from ..answers import MOST, Answers
from ..folder import open_study
from .forms import Refused, answers_in, comment_in, read_form
from .pages import HERE, SCRIPT, STYLE, onward, page, sent

KINDS = ("outlined", "original", "edited")
COOKIE = "maskedit-rater"  # so that who scans the class code again finds their own pages
WRONG_CODE = 0.5  # seconds that a wrong code waits for its answer


class Site:
    """What the pages of several studies do; `join` says whether new raters may come by the class code."""

    def __init__(self, studies, join=True, most=MOST):
        self.studies = [open_study(one) for one in studies]
        if not self.studies:
            raise KitError("there is no study to serve; give its folder")
        self.answers = [Answers(study) for study in self.studies]
        self.join, self.most = join, most

    def app(self):
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.routing import Route

        mine = "/r/{token}"
        static = {path: sent((HERE / path[1:]).read_bytes(), kind)
                  for path, kind in ((STYLE, "text/css"), (SCRIPT, "text/javascript"))}
        static["/favicon.ico"] = sent(b"", None, 204)  # every browser asks

        async def file(request):
            return static[request.url.path]

        def pages(path, *, get, post=None):
            return [Route(path, get, methods=["GET"])] + ([Route(path, post, methods=["POST"])] if post else [])

        return Starlette(
            routes=[*(Route(path, file) for path in static),
                    *pages("/", get=self.door, post=self.come),
                    *pages(f"{mine}/", get=self.where, post=self.agree),
                    *pages(f"{mine}/end", get=self.end, post=self.finish),
                    *pages(f"{mine}/done", get=self.done),
                    *pages(f"{mine}/{{place:int}}", get=self.item, post=self.answer),
                    *pages(f"{mine}/{{place:int}}/{{kind}}.png", get=self.picture)],
            exception_handlers={HTTPException: self.refused, Refused: self.refused, KitError: self.failed,
                                Exception: self.failed})

    # The door

    async def door(self, request):
        token = request.cookies.get(COOKIE, "")
        known = self._known(token)
        return self._door(request.query_params.get("code", "")[:20], mine=f"/r/{token}/" if known else "")

    async def come(self, request):
        fields = await read_form(request)
        code = fields.get("code", "").strip().lower().encode("utf-8", "replace")
        found = [i for i, study in enumerate(self.studies)
                 if hmac.compare_digest(code, study.code.encode()) and self.join]
        if not found:
            await asyncio.sleep(WRONG_CODE)
            return self._door("", "join_wrong", 403)
        answers = self.answers[found[0]]
        try:
            rater = await kept(answers.add_rater, None, self.most)
        except KitError:
            return self._door("", "join_full", 403)
        token = answers.token_of(rater)
        response = onward(f"/r/{token}/")
        response.set_cookie(COOKIE, token, max_age=30 * 24 * 3600, httponly=True, samesite="lax")
        return response

    def _door(self, code, problem="", status=200, mine=""):
        return page(self.studies[0], "door.html", status, code=code, problem=problem, mine=mine, join=self.join)

    # A rater's pages

    async def where(self, request):
        answers, rater = self._rater(request)
        if not answers.rater(rater)["agreed"]:
            return page(answers.study, "consent.html", n=len(answers.order(rater)))
        return onward(self._next(request, answers, rater))

    async def agree(self, request):
        answers, rater = self._rater(request)
        await read_form(request)
        await kept(answers.agree, rater)
        return onward(self._next(request, answers, rater))

    async def item(self, request):
        answers, rater, at, item = self._item(request)
        return self._page(request, answers, rater, at, item, answers.given(rater, at))

    async def answer(self, request):
        answers, rater, at, item = self._item(request)
        fields = await read_form(request)
        quietly = fields.pop("quietly", None)  # rate.js keeps each answer as it is given
        given = answers_in(fields, answers.study.questions)
        await kept(answers.keep, rater, at, given)
        if quietly is not None:
            return sent(b"", None, 204)
        given = answers.given(rater, at)
        if any(one["name"] not in given for one in answers.study.questions):
            return self._page(request, answers, rater, at, item, given, 422)
        last = at + 1 == len(answers.order(rater))
        return onward(self._next(request, answers, rater) if last else f"{self._home(request)}{at + 2}")

    def _page(self, request, answers, rater, at, item, given, status=200):
        return page(answers.study, "item.html", status, home=self._home(request), at=at,
                    total=len(answers.order(rater)), asked=item["instruction"], size=item["size"],
                    questions=answers.study.questions, given=given, missing=status == 422)

    async def picture(self, request):
        answers, _, _, item = self._item(request)
        kind = request.path_params["kind"]
        if kind not in KINDS:
            raise Refused(404, "not_found")
        return sent(answers.study.picture(item[kind]), "image/png")

    async def end(self, request):
        answers, rater = self._rater(request)
        if answers.next(rater) is not None:
            return onward(self._home(request))
        return page(answers.study, "end.html", comment=answers.rater(rater)["comment"],
                    total=len(answers.order(rater)), home=self._home(request))

    async def finish(self, request):
        answers, rater = self._rater(request)
        comment = comment_in(await read_form(request))
        if answers.next(rater) is not None:
            return onward(self._home(request))
        await kept(answers.finish, rater, comment)
        return onward(f"{self._home(request)}done")

    async def done(self, request):
        answers, rater = self._rater(request)
        if not answers.rater(rater)["ended"]:
            return onward(self._home(request))
        return page(answers.study, "done.html", home=self._home(request))

    # What they share

    def _known(self, token):
        """(answers, rater) of a token, or None."""
        for answers in self.answers:
            if rater := answers.rater_with(token):
                return answers, rater

    def _rater(self, request):
        known = self._known(request.path_params["token"])
        if known is None:
            raise Refused(404, "not_found")
        return known

    def _item(self, request):
        """(answers, rater, position, item) of an address; 404 unless the rater agreed and the place is in the list."""
        answers, rater = self._rater(request)
        order, at = answers.order(rater), request.path_params["place"] - 1
        if not 0 <= at < len(order) or not answers.rater(rater)["agreed"]:
            raise Refused(404, "not_found")
        return answers, rater, at, answers.study.items[order[at][0]]

    def _next(self, request, answers, rater):
        at = answers.next(rater)
        if at is not None:
            return f"{self._home(request)}{at + 1}"
        ended = answers.rater(rater)["ended"]
        return f"{self._home(request)}{'done' if ended else 'end'}"

    def _home(self, request):
        return f"/r/{request.path_params['token']}/"

    async def refused(self, request, error):
        """A plain page that says no more than it must."""
        status = getattr(error, "status", None) or getattr(error, "status_code", 400)
        text = getattr(error, "text", "not_found" if status == 404 else "not_understood")
        response = page(self.studies[0], "problem.html", status, text=text)
        if status in (408, 413):
            response.headers["Connection"] = "close"  # or the rest would still be read, if only to be thrown away
        return response

    async def failed(self, request, error):
        return page(self.studies[0], "problem.html", 500, text="trouble")


async def kept(write, *values):
    """Call what waits for the disk, without keeping other raters waiting."""
    from starlette.concurrency import run_in_threadpool

    return await run_in_threadpool(write, *values)
