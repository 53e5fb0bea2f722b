"""The same instruction without the name of the thing: "paint the house red" becomes "paint it red".

Then the words say what, and only the mask where.
"""

import re

from ...picturebook.drawings import COLOURS

THE_THING = re.compile(r"\bthe (shirt|hat|dog|car|ball|house|tree)\b")


def said_it(instruction):
    """The instruction with "it" in place of the thing; where it names none so ("give me a red hat"), "make it red".

    None where neither can be said, as for an edit of the whole scene.
    """
    if THE_THING.search(instruction):
        return THE_THING.sub("it", instruction, count=1)
    words = instruction.split()
    colour = next((word for word in words if word in COLOURS), None)
    return f"make it {colour}" if colour and thing_of(instruction) else None


def thing_of(instruction):
    """The thing that an instruction names, as "house", or None."""
    return next((word for word in instruction.split() if THE_THING.fullmatch(f"the {word}")), None)
