"""Raters of a study and what they answered: an SQLite file in its folder, written at each answer.

SQLite's write-ahead log lets the server, a notebook and an export use the file at once, and an answer that was
acknowledged is on the disk (synchronous = FULL): a killed server loses none of them. Of a rater's answers to one
question about one showing the last counts, which the table's UNIQUE makes sure of; that a rater answers only what was
shown to them, its FOREIGN KEY.
"""

import hashlib
import hmac
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

from ...errors import KitError
from .questions import SCALE

FILE = "answers.sqlite3"
PATIENCE = 10  # seconds to wait for another process that writes
MOST = 500  # raters of a study: who knows the class code must not be able to fill the disk
COMMENT = 4000  # characters of a comment at most
TABLES = """
CREATE TABLE IF NOT EXISTS rater (
    study TEXT NOT NULL, rater TEXT NOT NULL, number INTEGER NOT NULL UNIQUE, token BLOB NOT NULL UNIQUE,
    arrived_at TEXT NOT NULL, agreed_at TEXT, ended_at TEXT, comment TEXT NOT NULL DEFAULT '',
    UNIQUE (study, rater));
CREATE TABLE IF NOT EXISTS shown (
    study TEXT NOT NULL, rater TEXT NOT NULL, position INTEGER NOT NULL, item TEXT NOT NULL, showing INTEGER NOT NULL,
    UNIQUE (study, rater, position), UNIQUE (study, rater, item, showing),
    FOREIGN KEY (study, rater) REFERENCES rater (study, rater));
CREATE TABLE IF NOT EXISTS answer (
    study TEXT NOT NULL, rater TEXT NOT NULL, item TEXT NOT NULL, showing INTEGER NOT NULL, question TEXT NOT NULL,
    answer INTEGER CHECK (answer BETWEEN 1 AND 5), given_at TEXT NOT NULL,
    UNIQUE (study, rater, item, showing, question),
    FOREIGN KEY (study, rater, item, showing) REFERENCES shown (study, rater, item, showing));
"""
KEEP = """
INSERT INTO answer (study, rater, item, showing, question, answer, given_at)
SELECT study, rater, item, showing, ?, ?, ? FROM shown WHERE study = ? AND rater = ? AND position = ?
ON CONFLICT (study, rater, item, showing, question) DO UPDATE SET answer = excluded.answer, given_at = excluded.given_at
"""


class Answers:
    """The answers of one study; several threads may share it, several processes may have one each.

    Parameters
    ----------
    study : Study

    Raises
    ------
    KitError
        The file can't be opened or written, here and in every method.
    """

    def __init__(self, study):
        self.study, self.path = study, study.folder / FILE
        self._questions = {one["name"]: one for one in study.questions}
        self._orders = {}  # {rater: [(item, showing)]}, which never changes once a rater is here
        self._looking, self._keeping = threading.Lock(), threading.Lock()
        with self._told():
            # Two connections, so that nobody who looks waits for the disk on which another's answer is being kept.
            self._base, self._look = (sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None,
                                                      check_same_thread=False) for _ in range(2))
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA synchronous = FULL")
            self._base.execute("PRAGMA foreign_keys = ON")
            self._base.executescript(TABLES)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._base.close()
        self._look.close()

    def add_rater(self, name=None, most=MOST):
        """A new rater: their opaque id. `name` makes the id, so that who gives it again is the same rater; it is not
        kept. Raises KitError where there are `most` already."""
        with self._writing() as base:
            number = base.execute("SELECT coalesce(max(number), -1) + 1 FROM rater").fetchone()[0]
            if number >= most:
                raise KitError(f"{self.study.name} has {number} raters, which is all that it takes")
            rater = self._named(name) if name else self._fresh(number)
            token = hashlib.sha256(self.token(number).encode()).digest()
            base.execute("INSERT INTO rater (study, rater, number, token, arrived_at) VALUES (?, ?, ?, ?, ?)",
                         (self.study.name, rater, number, token, _now()))
            base.executemany("INSERT INTO shown VALUES (?, ?, ?, ?, ?)", [
                (self.study.name, rater, position, item, showing)
                for position, (item, showing) in enumerate(self.study.order(number))])
        return rater

    def token(self, number):
        """The word of 100 bits in the link of the rater of that number."""
        return self.study.word(f"link {number}", 20)

    def token_of(self, rater):
        return self.token(self._rows("SELECT number FROM rater WHERE study = ? AND rater = ?",
                                     self.study.name, rater)[0][0])

    def rater_with(self, token):
        """The rater whose link has that word; None if there is none. What is compared are hashes, so the time that it
        takes tells nothing about a word that is nearly right."""
        digest = hashlib.sha256(token.encode("utf-8", "replace")).digest()
        found = self._rows("SELECT rater, token FROM rater WHERE token = ?", digest)
        return found[0][0] if found and hmac.compare_digest(found[0][1], digest) else None

    def rater_named(self, name):
        """The rater of a name that a notebook gives, new or known."""
        rater = self._named(name)
        known = self._rows("SELECT 1 FROM rater WHERE study = ? AND rater = ?", self.study.name, rater)
        return rater if known else self.add_rater(name)

    def order(self, rater):
        """[(item's id, showing)] as the rater sees them; showing is 1 where a repeat is."""
        if rater not in self._orders:
            self._orders[rater] = self._rows("SELECT item, showing FROM shown WHERE study = ? AND rater = ? "
                                             "ORDER BY position", self.study.name, rater)
        return self._orders[rater]

    def given(self, rater, position=None):
        """{position: {question: answer}} of a rater, or {question: answer} of one position."""
        where, values = ("", ()) if position is None else (" AND position = ?", (position,))
        rows = self._rows("SELECT position, question, answer FROM shown JOIN answer USING (study, rater, item, "
                          f"showing) WHERE study = ? AND rater = ?{where}", self.study.name, rater, *values)
        found = {}
        for at, question, answer in rows:
            found.setdefault(at, {})[question] = answer
        return found if position is None else found.get(position, {})

    def next(self, rater):
        """The first position where an answer is missing; None if all are there."""
        given = self.given(rater)
        return next((at for at in range(len(self.order(rater))) if self._questions.keys() - given.get(at, {}).keys()),
                    None)

    def keep(self, rater, position, answers):
        """Keep a rater's answers, {question: 1 to 5, or None for unsure}, in one step; earlier ones are replaced.

        Raises KitError where the position was not shown to the rater, a question is none of the study's, an answer is
        out of range; nothing is kept then.
        """
        for question, answer in answers.items():
            if question not in self._questions:
                raise KitError(f"no question is called {question!r}; there are {', '.join(self._questions)}")
            if not (type(answer) is int and answer in SCALE or
                    answer is None and "unsure" in self._questions[question]):
                raise KitError(f"{question}: the answer is {answer!r}; give a number from {SCALE[0]} to {SCALE[-1]}")
        if type(position) is not int or not 0 <= position < len(self.order(rater)):
            raise KitError(f"nothing was shown at position {position}; they go from 0 to {len(self.order(rater)) - 1}")
        with self._writing() as base:
            now = _now()
            base.executemany(KEEP, [(question, answer, now, self.study.name, rater, position)
                                    for question, answer in answers.items()])

    def agree(self, rater):
        """Note that a rater consented, once."""
        self._note(rater, "agreed_at = coalesce(agreed_at, ?)", _now())

    def finish(self, rater, comment):
        """Keep the comment at the end."""
        if len(comment) > COMMENT:
            raise KitError(f"the comment has {len(comment)} characters; {COMMENT} fit")
        self._note(rater, "comment = ?, ended_at = coalesce(ended_at, ?)", comment, _now())

    def rater(self, rater):
        """{"agreed", "ended": bool, "comment"}"""
        (agreed, ended, comment), = self._rows("SELECT agreed_at, ended_at, comment FROM rater WHERE study = ? AND "
                                               "rater = ?", self.study.name, rater)
        return {"agreed": agreed is not None, "ended": ended is not None, "comment": comment}

    def raters(self):
        """A dict of every rater, in the order of their coming: rater, number, arrived_at, agreed_at, ended_at, comment,
        shown (how many pages), answered (of how many all questions), last_at (of the latest answer)."""
        rows = self._rows("""
            SELECT rater, number, arrived_at, agreed_at, ended_at, comment,
                (SELECT count(*) FROM shown s WHERE s.study = r.study AND s.rater = r.rater),
                (SELECT count(*) FROM (SELECT 1 FROM answer a WHERE a.study = r.study AND a.rater = r.rater
                                       GROUP BY item, showing HAVING count(*) = ?)),
                (SELECT max(given_at) FROM answer a WHERE a.study = r.study AND a.rater = r.rater)
            FROM rater r WHERE study = ? ORDER BY number""", len(self._questions), self.study.name)
        names = "rater number arrived_at agreed_at ended_at comment shown answered last_at".split()
        return [dict(zip(names, row)) for row in rows]

    def all(self):
        """(rater, item, question, answer, position, showing, given_at) of every answer, in the order of the showing."""
        return self._rows("""
            SELECT rater, item, question, answer, position, showing, given_at
            FROM answer JOIN shown USING (study, rater, item, showing) JOIN rater USING (study, rater)
            WHERE study = ? ORDER BY number, position, question""", self.study.name)

    def _named(self, name):
        return self.study.word(f"rater called {name}", 8)

    def _fresh(self, number):
        return self.study.word(f"rater {number}", 8)

    def _note(self, rater, what, *values):
        with self._writing() as base:
            base.execute(f"UPDATE rater SET {what} WHERE study = ? AND rater = ?", (*values, self.study.name, rater))

    def _rows(self, statement, *values):
        with self._told(), self._looking:
            return self._look.execute(statement, values).fetchall()

    @contextmanager
    def _writing(self):
        """One transaction, on the disk at its end; begun as a writer, so that two can't pass each other."""
        with self._told(), self._keeping:
            self._base.execute("BEGIN IMMEDIATE")
            try:
                yield self._base
                self._base.execute("COMMIT")
            finally:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")

    @contextmanager
    def _told(self):
        try:
            yield
        except sqlite3.Error as error:
            raise KitError(f"{self.path}: the answers can't be read or kept ({error})") from error


def _now():
    return datetime.now(UTC).isoformat(timespec="milliseconds")
