"""What a study asks and in which words: a TOML file, for which questions.toml beside this one is the pattern."""

import re
import tomllib
import warnings
from pathlib import Path

from ...errors import KitError

SCALE = (1, 2, 3, 4, 5)
DEFAULT = Path(__file__).with_name("questions.toml")
KEYS = {"name", "text", "low", "high", "unsure"}  # of a question; the last may be left out
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,39}")


def read_questions(file=None):
    """Questions and texts of a study.

    Parameters
    ----------
    file : path of a TOML file like questions.toml, or None for that one

    Returns
    -------
    dict with "lang", "direction", "questions" (a list of {"name", "text", "low", "high", and maybe "unsure"}) and
        "texts" ({name: text}, all of them: what the file leaves out is English, and a warning says so where the page
        is in another language).

    Raises
    ------
    KitError
        The file can't be read, a key that is none, a question that lacks something, two of one name.
    """
    told = _read(DEFAULT)
    if file is None:
        return told
    own = _read(Path(file))
    _refuse_unknown(file, own, told)
    _refuse_unknown(f"{file}, [texts]", own.get("texts", {}), told["texts"])
    for key in ("lang", "direction"):
        if not isinstance(own.get(key, ""), str):
            raise KitError(f"{file}: {key} is no text; put it in quotes")
    lang = own.get("lang", told["lang"])
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", lang):
        raise KitError(f"{file}: lang is {lang!r}; give a language as HTML names it, such as de or pt-BR")
    if own.get("direction", "ltr") not in ("ltr", "rtl"):
        raise KitError(f"{file}: direction is {own['direction']!r}; give ltr or rtl")
    for name, text in own.get("texts", {}).items():
        if not isinstance(text, str) or not text.strip():
            raise KitError(f"{file}: the text {name} is empty or none; leave the line out to keep the English one")
    if english := [name for name in told["texts"] if name not in own.get("texts", {})]:
        if lang.partition("-")[0] != "en":
            warnings.warn(f"{file}: English stays {', '.join(english)}", stacklevel=2)
    questions = own.get("questions", told["questions"])
    _check(file, questions)
    return {"lang": lang, "direction": own.get("direction", told["direction"]), "questions": questions,
            "texts": told["texts"] | own.get("texts", {})}


def _read(path):
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KitError(f"{path}: could not be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KitError(f"{path}: is no TOML file in UTF-8 ({error})") from error


def _refuse_unknown(where, given, known):
    if not isinstance(given, dict):
        raise KitError(f"{where}: write it as a table, as questions.toml of the kit does")
    if unknown := [key for key in given if key not in known]:
        raise KitError(f"{where}: {unknown[0]!r} is nothing that a study knows; there are {', '.join(known)}")


def _check(file, questions):
    if not isinstance(questions, list) or not questions or not all(isinstance(one, dict) for one in questions):
        raise KitError(f"{file}: no questions; write each as a table under [[questions]]")
    for one in questions:
        if missing := KEYS - {"unsure"} - one.keys():
            raise KitError(f"{file}: the question {one.get('name', '')!r} has no {', no '.join(sorted(missing))}")
        if unknown := one.keys() - KEYS:
            raise KitError(f"{file}: a question has no {sorted(unknown)[0]!r}; there are {', '.join(sorted(KEYS))}")
        if wrong := [key for key, text in one.items() if not isinstance(text, str) or not text.strip()]:
            raise KitError(f"{file}: {wrong[0]} of a question is empty or no text; put it in quotes")
        if not NAME.fullmatch(one["name"]):
            raise KitError(f"{file}: {one['name']!r} can't name a question; take letters, digits, - and _")
    names = [one["name"] for one in questions]
    if len(set(names)) < len(names):
        raise KitError(f"{file}: two questions have one name; the exported answers tell them apart by it")
