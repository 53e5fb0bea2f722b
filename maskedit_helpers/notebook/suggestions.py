"""What the studio offers to choose from: instructions that suit the picture, plans that the kit can follow."""

from ..editing.plan import PLANS
from ..errors import KitError

# By the part of a drawn scene that they speak of.
ASKED = {
    "shirt": ("turn the shirt into red leather", "make the shirt green", "make it a dotted shirt"),
    "hat": ("make the hat purple",),
    "dog": ("turn the dog into a playful robot", "make the dog white"),
    "car": ("turn the car into a glowing hovercraft", "paint the car green"),
    "ball": ("make the ball blue",),
    "house": ("make the house pink",),
    "tree": ("turn the tree red",),
}
WHOLE = ("make it night", "make it snow")


def suggestions(case, kit):
    """List of instructions for a Case, or None for a picture of which nobody has said what is in it.

    A case's own comes first. Beyond it a photograph gets none: nobody has tried whether they suit it.
    """
    own = [case.instruction] if case else []
    if case and not case.parts:
        return own
    things = [text for part, texts in ASKED.items() if case is None or part in case.parts for text in texts]
    return list(dict.fromkeys([*own, *things, *WHOLE]))


def plans_of(kit):
    """Names of the plans that this kit can follow, the quickest first if it answers in one row, else the kit's own."""
    try:
        kit.editor.student  # noqa: B018 - loaded now, or not there
        able, first = list(PLANS), "distilled"
    except KitError:
        able, first = [name for name, plan in PLANS.items() if not plan.distilled], kit.editor.plan
    return [first, *(name for name in able if name != first)]
