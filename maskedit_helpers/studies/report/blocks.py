"""What a report is made of, whether it becomes Markdown or LaTeX. Words carry the marks of `marks`."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    """supplement : does what stands behind the sources begin here?"""

    words: str
    level: int = 1
    supplement: bool = False


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    words: str


@dataclass(frozen=True)
class Items:
    """A list, or numbered sources."""

    items: tuple
    numbered: bool = False


@dataclass(frozen=True)
class Equation:
    tex: str


@dataclass(frozen=True)
class Figure:
    """The figure of a name."""

    name: str


@dataclass(frozen=True)
class Inset:
    """The table of a name. printed : in the paper too? If not, it stands on the page alone."""

    name: str
    printed: bool = True


@dataclass(frozen=True)
class Yours:
    """A place for what a person writes; it stays when the report is written anew."""

    name: str
    prompt: str
