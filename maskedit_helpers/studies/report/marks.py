r"""The report's few marks, and what they become: `code`, **bold**, $formula$, and @fig:NAME and @tab:NAME, which point
at a figure or a table; "\" before a mark takes it as it is.

Whatever comes from outside, a method's name or a path, goes through `safe` first.
"""

import re
import unicodedata

MARK = re.compile(r"\\(?P<as_it_is>[\\`*$@])|`(?P<code>[^`]*)`|\*\*(?P<bold>.+?)\*\*|\$(?P<formula>[^$]+)\$"
                  r"|@(?P<pointer>(?:fig|tab):\w+)")
LONG = re.compile(r"(?<=\w{6}[a-z])(?=[A-Z][a-z]{3})")  # names of classes, too long for a narrow column
MINUS = re.compile(r"(?<![^\s(\[])-(?=\d)")
POINTERS = {"fig": "Figure", "tab": "Table"}
SPECIAL = {"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_",
           "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}",
           ">": r"\textgreater{}", "|": r"\textbar{}", '"': "''", "`": r"\textasciigrave{}", "'": "'",
           "×": r"$\times$", "≥": r"$\geq$", "≤": r"$\leq$", "±": r"$\pm$", "→": r"$\to$", "−": "$-$", "–": "--",
           "—": "---", "…": r"\dots{}", "°": r"\textdegree{}", "λ": r"$\lambda$", "µ": r"$\mu$", "μ": r"$\mu$",
           "\u00a0": "~", "“": "``", "”": "''", "‘": "`", "’": "'"}


def safe(words):
    """Words of anybody's, none of whose letters is a mark."""
    return re.sub(r"([\\`*$@])", r"\\\1", str(words))


def code(words):
    """Words of anybody's, marked as code."""
    return "`" + str(words).replace("`", "'") + "`"


def plain(words):
    """Without marks."""
    return MARK.sub(lambda found: found[found.lastgroup], words)


def tex(words):
    """Words of anybody's as LaTeX prints them; a letter that its usual fonts lack is named by its number."""
    words = "".join(map(_letter, unicodedata.normalize("NFC", re.sub(r"\s*[\r\n]\s*", " ", str(words)))))
    return MINUS.sub("$-$", LONG.sub(r"\\allowbreak{}", words))


def as_tex(words):
    """Words with marks as LaTeX."""
    return _changed(words, tex, {"as_it_is": tex, "code": lambda code: rf"\texttt{{{_breakable(code)}}}",
                                 "bold": lambda bold: rf"\textbf{{{as_tex(bold)}}}",
                                 "formula": lambda formula: f"${formula}$",
                                 "pointer": lambda to: rf"{POINTERS[to[:3]]}~\ref{{{to}}}"})


def as_markdown(words):
    """Words with marks as Markdown."""
    return _changed(words, _escaped, {"as_it_is": _escaped, "code": lambda code: f"`{code}`".replace("|", r"\|"),
                                      "bold": lambda bold: f"**{as_markdown(bold)}**",
                                      "formula": lambda formula: f"${formula}$",
                                      "pointer": lambda to: f"{POINTERS[to[:3]]} `{to[4:]}`"})


def _changed(words, rest, by_kind):
    parts, last = [], 0
    for found in MARK.finditer(words):
        parts += [rest(words[last:found.start()]), by_kind[found.lastgroup](found[found.lastgroup])]
        last = found.end()
    return "".join([*parts, rest(words[last:])])


def _escaped(words):
    for mark in "\\`*_|<>[]$":
        words = words.replace(mark, f"&#{ord(mark)};" if mark in "|<>$" else "\\" + mark)
    return words


def _breakable(code):
    """A line may end after a slash or an underscore, for paths are long."""
    return re.sub(r"(\\_|/|-)(?=.)", r"\1\\allowbreak{}", tex(code).replace("--", "-{}-"))


def _letter(letter):
    if letter in SPECIAL:
        return SPECIAL[letter]
    if " " <= letter <= "~" or "À" <= letter <= "ž" and letter.isalpha():
        return letter
    simple = unicodedata.normalize("NFKD", letter)
    if simple != letter and simple.isascii() and simple.isprintable():
        return tex(simple)
    return f"(U+{ord(letter):04X})" if letter.isprintable() else " "
