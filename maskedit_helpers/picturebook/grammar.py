"""Instructions: what may be asked of a scene, in several phrasings, and the edited scene that it means."""
from dataclasses import dataclass, replace

from .drawings import COLOURS
from .scenes import GROUNDS, Scene

RECOLOUR = ("make the {o} {c}", "turn the {o} {c}", "change the {o} to {c}", "paint the {o} {c}",
            "the {o} should be {c}", "make it {a} {c} {o}", "give me {a} {c} {o}", "recolor the {o} {c}")
SHIRT = ("make the shirt {m}", "turn the shirt into {m}", "change the shirt to {m}", "make it {a} {m} shirt",
         "the shirt should be {m}")
ROBOT = ("turn the dog into a playful robot", "turn the dog into a robot", "make the dog a robot",
         "make it a robot dog", "replace the dog with a robot", "what if the dog were a robot")
HOVER = ("turn the car into a glowing hovercraft", "turn the car into a hovercraft", "make the car a hovercraft",
         "make it a glowing hovercraft", "replace the car with a hovercraft", "what if the car were a hovercraft")
NIGHT = ("make it night", "turn the day into night", "make it a night scene", "what if it were night")
SNOW = ("make it snow", "make it a snowy day", "add falling snow", "what if it were snowing")


@dataclass(frozen=True)
class Edit:
    """kind: colour | shirt | robot | hovercraft | night | snow. target: what is edited, None: the whole scene."""

    kind: str
    target: str | None
    colour: str | None
    instruction: str
    scene: Scene


def _article(word):
    return "an" if word[0] in "aeiou" else "a"


def recolour(scene, thing, colour, r):
    words = r.choice(RECOLOUR).format(o=thing, c=colour, a=_article(colour))
    return Edit("colour", thing, colour, words, replace(scene, colours={**scene.colours, thing: colour}))


def remake_shirt(scene, material, colour, r):
    """Another material, and another colour too where `colour` is given."""
    named = f"{colour} {material}" if colour else material
    words = r.choice(SHIRT).format(m=named, a=_article(named))
    edited = replace(scene, finishes={**scene.finishes, "shirt": material},
                     colours={**scene.colours, **({"shirt": colour} if colour else {})})
    return Edit("shirt", "shirt", colour, words, edited)


def transform(scene, r):
    """The dog becomes a robot, the car a hovercraft."""
    form, phrases = {"dog": ("robot", ROBOT), "car": ("hovercraft", HOVER)}[scene.hero]
    edited = replace(scene, finishes={**scene.finishes, scene.hero: form})
    return Edit(form, scene.hero, None, r.choice(phrases), edited)


def whole_scene(scene, r):
    if r.random() < 0.5:
        return Edit("night", None, None, r.choice(NIGHT), replace(scene, night=True))
    return Edit("snow", None, None, r.choice(SNOW), replace(scene, snowing=True))


def sample_edit(scene, visible, r):
    """One edit of a scene. visible: the names of the things that can be seen well enough to be edited."""
    dice = r.random()
    if dice < 0.06:
        return whole_scene(scene, r)
    if dice < 0.26 and scene.hero in visible and scene.hero != "person":
        return transform(scene, r)
    if dice < 0.34 and "shirt" in visible:
        colour = r.choice([c for c in COLOURS if c != scene.colours["shirt"]]) if r.random() < 0.75 else None
        return remake_shirt(scene, r.choice(("striped", "dotted", "leather", "leather")), colour, r)
    thing = r.choice(visible)
    return recolour(scene, thing, r.choice([c for c in COLOURS if c != scene.colours[thing]]), r)


def words():
    """Every word that an instruction or a caption can hold: what the pocket models can read."""
    phrases = " ".join(RECOLOUR + SHIRT + ROBOT + HOVER + NIGHT + SNOW).replace("{", " ").replace("}", " ")
    things = "shirt hat dog car ball house tree person robot hovercraft"
    captions = "a an person in and with on under at night falling snow sunny cloudy sky glowing"
    found = set(f"{phrases} {things} {captions} striped dotted leather".split()) | set(COLOURS) | set(GROUNDS)
    return sorted(word for word in found if len(word) > 1 or word == "a")
