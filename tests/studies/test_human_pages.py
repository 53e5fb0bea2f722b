"""The pages over real HTTP, without JavaScript: a study from start to end, and everybody who should not get in."""

import asyncio
import http.client
import re
import socket
import time
from collections import Counter

import human
import pytest

import maskedit_helpers as me
from maskedit_helpers.studies.human.answers import Answers
from maskedit_helpers.studies.human.serving import run
from maskedit_helpers.studies.human.serving.links import base_address, personal_links, write_links

FORM = "application/x-www-form-urlencoded"
HOSTILE = "</textarea><script>alert(1)</script> '; DROP TABLE answer; -- {{7*7}} \u202e 🦔"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(server, study, another study that it serves, a third that it does not)"""
    folder = tmp_path_factory.mktemp("studies")
    one, two, three = (human.study(folder / name, seed=seed, attention=("untouched", "everywhere"))
                       for seed, name in enumerate(("one", "two", "three")))
    server = human.Serving(one, two)
    yield server, one, two, three
    server.close()


def new_rater(served, agreed=True):
    """(rater, address of their pages)"""
    server, study = served[:2]
    answers = Answers(study)
    rater = answers.add_rater()
    if agreed:
        answers.agree(rater)
    return rater, f"/r/{answers.token_of(rater)}/"


def answered(study, rater):
    return [row for row in human.kept(study) if row[0] == rater]


def test_a_study_from_start_to_end(served):
    server, study = served[:2]
    status, headers, page = server.ask("GET", f"/?code={study.code}")
    assert status == 200 and f'value="{study.code}"'.encode() in page
    status, headers, _ = server.ask("POST", "/", {"code": f" {study.code.upper()} "})
    home = headers["Location"]
    assert status == 303 and re.fullmatch(r"/r/[a-z2-7]{20}/", home)
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert f'href="{home}"'.encode() in server.ask("GET", "/", headers={"Cookie": cookie.partition(";")[0]})[2]
    rater = Answers(study).rater_with(home[3:-1])
    status, _, page = server.ask("GET", home)
    assert status == 200 and "You will see 15 pairs" in human.text(page)
    for closed in ("1", "1/edited.png"):
        assert server.ask("GET", home + closed)[0] == 404  # not without consent
    assert server.ask("POST", f"{home}1", {"region": 3})[0] == 404 and answered(study, rater) == []
    at = server.ask("POST", home, {})[1]["Location"]
    for n in range(1, 16):
        assert at == f"{home}{n}" == (server.ask("GET", home)[1]["Location"])  # also who comes again
        status, _, page = server.ask("GET", at)
        assert status == 200 and f"Pair {n} of 15" in human.text(page) and b" checked" not in page
        assert (f'href="{home}{n - 1}"'.encode() in page) == (n > 1)  # the way back
        for kind in ("outlined", "edited", "original"):
            assert f"{at}/{kind}.png".encode() in page
            status, headers, picture = server.ask("GET", f"{at}/{kind}.png")
            assert status == 200 and headers["Content-Type"] == "image/png" and picture[:4] == b"\x89PNG"
        at = server.ask("POST", at, {"region": n % 5 + 1, "instruction": 4})[1]["Location"]
    assert b'value="1" required checked' in server.ask("GET", f"{home}5")[2]
    assert at == f"{home}end"
    assert "anything that you would like to say" in human.text(server.ask("GET", at)[2])
    server.ask("POST", f"{home}2", {"region": 1, "instruction": 1})  # thought better of it
    assert server.ask("POST", at, {"comment": HOSTILE})[1]["Location"] == f"{home}done"
    assert "Your answers are kept" in human.text(server.ask("GET", f"{home}done")[2])
    assert server.ask("GET", home)[1]["Location"] == f"{home}done"
    expected = {n - 1: {"region": n % 5 + 1, "instruction": 4} for n in range(1, 16)}
    assert Answers(study).given(rater) == expected | {1: {"region": 1, "instruction": 1}}
    page = server.ask("GET", f"{home}end")[2]
    assert b"&lt;/textarea&gt;&lt;script&gt;" in page and b"<script" not in page and b"{{7*7}}" in page
    assert Answers(study).rater(rater)["comment"] == HOSTILE


def test_one_answer_of_two_is_kept_and_the_other_asked_for(served):
    server, study = served[:2]
    rater, home = new_rater(served)
    status, _, page = server.ask("POST", f"{home}1", {"instruction": 2})
    assert status == 422 and human.text(page).count("Please answer this question") == 1
    assert b'name="instruction" value="2" required checked' in page
    assert server.ask("POST", f"{home}1", {"region": 4, "quietly": 1})[0] == 204
    assert Answers(study).given(rater, 0) == {"region": 4, "instruction": 2}
    assert server.ask("GET", f"{home}end")[0] == 303 and server.ask("POST", f"{home}end", {"comment": "x"})[0] == 303
    assert Answers(study).rater(rater)["comment"] == ""


def test_nothing_that_is_sent_tells_method_or_order(served):
    """Pages and headers of every item of three raters, pictures' lengths among them: equal within a source; no page
    holds a name of a method, a source, an item, a picture, nor says what is a repeat or an attention item."""
    server, study = served[:2]
    keys = ("item", "source", "method", "attention", "edited", "original", "outlined")
    telling = {item[key].removesuffix(".png") for item in study.items.values() for key in keys} - {"", "original"}
    lengths, heads, pages = {}, Counter(), Counter()
    for _ in range(3):
        rater, home = new_rater(served)
        for at, (item, _) in enumerate(study.order(Answers(study).raters()[-1]["number"])):
            known = study.items[item]
            _, headers, page = server.ask("GET", f"{home}{at + 1}")
            said = page.decode().replace(known["instruction"], "ASKED")
            assert not any(word in said for word in telling)
            if 0 < at < 9:
                said = said.replace(home, "").replace(f"{at + 1}", "N").replace(f"{at}", "M")
                pages[re.sub(r"[0-9NM]", "#", said)] += 1
            for kind in ("outlined", "edited", "original"):
                _, headers, data = server.ask("GET", f"{home}{at + 1}/{kind}.png")
                lengths.setdefault(known["source"], set()).add(len(data))
                assert not {"etag", "last-modified", "server"} & {name.lower() for name in headers}
                heads[tuple((name, value) for name, value in headers.items()
                            if name.lower() not in ("date", "content-length"))] += 1
    assert len(pages) == 1 and sum(pages.values()) == 24 and len(heads) == 1
    assert len(lengths) == 4 and all(len(of) == 1 for of in lengths.values())


def test_headers_of_everything(served):
    server, study = served[:2]
    _, home = new_rater(served)
    for path in ("/", "/rate.css", "/rate.js", home, f"{home}1", f"{home}1/edited.png", "/r/none/", "/none", "/docs"):
        _, headers, _ = server.ask("GET", path)
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'") and "unsafe" not in policy and "*" not in policy, path
        assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff" and "frame-ancestors 'none'" in policy
    page = server.ask("GET", f"{home}1")[2].decode()
    assert 'lang="en"' in page and not re.search(r"https?:|style=|\son[a-z]+=|<script>", page)


def test_wrong_and_foreign_tokens(served):
    server, study, other, unserved = served
    _, home = new_rater(served)
    token = home[3:-1]
    assert server.ask("GET", home + "1")[0] == 200
    before = len(human.kept(study))
    wrong = [token[:-1], token[1:], token.upper(), token + "a", "a" * 20, "%27%20OR%201=1--", "%00", "%ff", "*", "%25",
             human.token(unserved), Answers(study).token(9999), f"{token}%00", f"{token}%20"]
    for one in wrong:
        for path in ("", "1", "1/edited.png", "end", "done"):
            status, _, page = server.ask("GET", f"/r/{one}/{path}")
            assert status == 404 and "There is no such page" in human.text(page), one
        for path in ("", "1", "end"):
            assert server.ask("POST", f"/r/{one}/{path}", {"region": 3, "instruction": 3})[0] == 404
    assert server.ask("GET", f"/r/{human.token(other)}/")[0] == 200  # the other study that is served has its own
    assert len(human.kept(study)) == before and human.kept(other) == [] == human.kept(unserved)


def test_paths_outside_the_study(served):
    server, study = served[:2]
    _, home = new_rater(served)
    inside = "../study.json", "study.json", "answers.sqlite3", "pictures/", next(iter(study.items.values()))["edited"]
    paths = [home + path for path in inside] + [f"{home}1/{path}" for path in inside]
    for up in ("../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%5c", "%252e%252e%252f", "....//"):
        for end in ("etc/passwd", "etc/passwd%00.png", "study.json", "study.json.png"):
            paths += [f"{start}{9 * up}{end}" for start in ("/", home, f"{home}1/")]
    paths += [f"{home}1/{name}.png" for name in ("study", "untouched", "everywhere", "edited%00", "%2fetc%2fpasswd")]
    paths += [f"{home}{place}/edited.png" for place in ("0", "-1", "99", "1.0", "1e0", "%31%00", "9" * 400, "a")]
    for path in paths:
        status, headers, page = server.ask("GET", path)
        assert status in (400, 404), path
        assert b"root:" not in page and study.told["secret"].encode() not in page and b"Traceback" not in page
        assert headers["Content-Type"].startswith("text/html") or status == 400


FORMS_THAT_ARE_NONE = [
    "region=6&instruction=1", "region=0", "region=", "region=3.0", "region=%D9%A3",  # a three, in Arabic digits
    "region=3&region=4", "region=3&colour=4", "region=3&rater=x", "region=3&position=2", "region[]=3", "region", "=3",
    "region=3%00", "region=%ff", "region=unsure", "region=1' OR '1'='1", "é".encode("latin1"),
    "region=3&" * 99, "&".join(f"a{n}=1" for n in range(60)),
]


@pytest.mark.parametrize(("body", "kind", "status"), [
    *((body, FORM, 400) for body in FORMS_THAT_ARE_NONE),
    ('{"region": 3}', "application/json", 400), ("region=3", "text/plain", 400),
    ("region=3", "multipart/form-data", 400), ("region=3&x=" + "a" * 70_000, FORM, 413),
], ids=lambda value: str(value)[:20])
def test_forms_that_are_none(served, body, kind, status):
    server, study = served[:2]
    rater, home = new_rater(served)
    got, headers, page = server.ask("POST", f"{home}1", body=body, headers={"Content-Type": kind})
    assert got == status and "This did not work" in human.text(page) and b"Traceback" not in page
    assert answered(study, rater) == [] and headers["Content-Security-Policy"]


def test_oversized_and_unended_bodies(served):
    server, study = served[:2]
    rater, home = new_rater(served)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", f"{home}1")
    for name, value in (("Content-Type", FORM), ("Transfer-Encoding", "chunked")):
        connection.putheader(name, value)
    connection.endheaders()
    sent = 0
    try:  # a gigabyte, if it is taken
        for _ in range(16_000):
            connection.send(b"10000\r\n" + b"a" * 65536 + b"\r\n")
            sent += 65536
    except OSError:
        pass
    assert sent < 64 * 2**20
    connection.close()
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as raw:  # a header without end
        raw.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000)
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
    assert server.ask("POST", f"{home}end", {"comment": "a" * 5000})[0] == 400
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert server.ask(method, f"{home}1", {"region": 3})[0] == 405
    assert answered(study, rater) == [] and server.ask("GET", f"{home}1")[0] == 200


def test_a_page_of_another_site_can_post_nothing(served):
    server, study = served[:2]
    rater, home = new_rater(served)
    for site in ("cross-site", "same-site"):
        assert server.ask("POST", f"{home}1", {"region": 3, "instruction": 3}, {"Sec-Fetch-Site": site})[0] == 403
    assert answered(study, rater) == []
    assert server.ask("POST", f"{home}1", {"region": 3, "instruction": 3}, {"Sec-Fetch-Site": "same-origin"})[0] == 303


def test_another_raters_answers_stay_as_they_are(served):
    """Each rater's seventh page is their own: whatever one posts lands in their own answers."""
    server, study = served[:2]
    (one, home), (other, elsewhere) = new_rater(served), new_rater(served)
    for address in (home, elsewhere):
        server.ask("POST", f"{address}7", {"region": 5, "instruction": 5})
    kept = answered(study, other)
    server.ask("POST", f"{home}7", {"region": 1, "instruction": 1})
    assert answered(study, other) == kept and len(kept) == 2
    cookie = {"Cookie": f"maskedit-rater={elsewhere[3:-1]}"}
    server.ask("POST", f"{home}7", {"region": 2, "instruction": 2}, cookie)
    assert answered(study, other) == kept and {row[4] for row in answered(study, one)} == {2}


def test_a_wrong_class_code_waits_and_makes_nobody(served):
    server, study, other, unserved = served
    before = len(Answers(study).raters())
    for code in ("", "a" * 8, study.code[:-1], unserved.code, "é", "' OR 1=1 --", "\ud800".encode("utf-8", "replace")):
        began = time.monotonic()
        status, _, page = server.ask("POST", "/", {"code": code})
        assert status == 403 and "No study has this code" in human.text(page) and time.monotonic() - began > 0.4
    assert b"<b>" not in server.ask("GET", "/?code=%3Cb%3E%22onx")[2]
    assert len(Answers(study).raters()) == before
    assert server.ask("POST", "/", {"code": other.code})[0] == 303 and len(Answers(other).raters()) > 0


def test_personal_links_let_nobody_else_in(tmp_path):
    study = human.study(tmp_path / "study")
    server = human.Serving(study, words=("--raters", "3"))
    try:
        rows = (study.folder / "links.csv").read_text().splitlines()
        links = [row.split(",") for row in rows[1:]]
        assert rows[0] == "number,rater,link" and [row[0] for row in links] == ["1", "2", "3"]
        for _, rater, link in links:
            assert link.startswith(server.url)
            assert server.ask("GET", link.removeprefix(server.url))[0] == 200
            assert Answers(study).rater_with(link.rsplit("/", 2)[1]) == rater
        assert b"<input" not in server.ask("GET", "/")[2]
        assert server.ask("POST", "/", {"code": study.code})[0] == 403
        assert len(Answers(study).raters()) == 3
        printed = (study.folder / "links.html").read_text()
        assert printed.count("<svg") == 3 and all(link in printed for *_, link in links)
        assert all((study.folder / name).stat().st_mode & 0o077 == 0 for name in ("links.csv", "links.html"))
    finally:
        told = server.close()
    assert "3 links" in told and not any(link in told for *_, link in links) and "Only this machine" in told
    again = personal_links(Answers(study), 4, "http://host:1")
    assert [row[1] for row in links] == [rater for rater, _ in again[:3]] and len(again) == 4
    assert len(write_links(study, again)) == 2


def test_addresses():
    assert base_address("127.0.0.1", 8000) == "http://127.0.0.1:8000" and base_address("::1", 80) == "http://[::1]:80"
    assert re.fullmatch(r"http://\d+(\.\d+){3}:8000", base_address("0.0.0.0", 8000))
    assert "0.0.0.0" not in base_address("0.0.0.0", 8000)


def test_for_the_network_a_qr_code_is_printed(tmp_path):
    server = human.Serving(human.study(tmp_path / "study"), words=("--host", "0.0.0.0"))
    told = server.close()
    assert "▀" in told or "█" in told
    assert "class code" in told and "unencrypted" in told and "/?code=" in told


def test_no_page_waits_for_an_acknowledgement():
    """A connection as the server takes it has Nagle's algorithm off."""
    async def taken(listening):
        server = await asyncio.start_server(lambda reader, writer: told.set_result(writer), sock=listening)
        told = asyncio.get_running_loop().create_future()
        _, mine = await asyncio.open_connection(*listening.getsockname())
        theirs = await told
        off = theirs.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        for end in (mine, theirs, server):
            end.close()
        return off

    assert asyncio.run(taken(run._listen("127.0.0.1", 0)))


def test_what_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "find_spec", lambda name: None if name in ("segno", "uvicorn") else name)
    with pytest.raises(me.KitError, match=r"uvicorn, segno missing.*pip install starlette jinja2 uvicorn segno"):
        run.serve([tmp_path])


def test_in_another_language(tmp_path):
    file = tmp_path / "ar.toml"
    file.write_text('lang = "ar"\ndirection = "rtl"\n[[questions]]\nname = "q"\ntext = "<i>1 & 2</i>"\nlow = "لا"\n'
                    'high = "نعم"\nunsure = "لا أعرف"\n[texts]\nnext = "التالي"\n'
                    'progress = "{i} من {n} {x.__class__}"\n', encoding="utf-8")
    with pytest.warns(UserWarning, match="English stays"):
        study = human.study(tmp_path / "study", questions=file)
    server = human.Serving(study)
    try:
        home = f"/r/{human.token(study)}/"
        server.ask("POST", home, {})
        page = server.ask("GET", f"{home}1")[2].decode()
        assert '<html lang="ar" dir="rtl">' in page and "التالي" in page and "1 من 13 {x.__class__}" in page
        assert "&lt;i&gt;1 &amp; 2&lt;/i&gt;" in page
        assert server.ask("POST", f"{home}1", {"q": "unsure"})[0] == 303
        assert [row[-1] for row in human.kept(study)] == [None]
        assert b'value="unsure" required checked' in server.ask("GET", f"{home}1")[2]
    finally:
        server.close()
