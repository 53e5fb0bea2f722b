"""The things in the picture book, each drawn on a canvas as a stack of parts.

Coordinates are a drawing's own: 256 units to the width of the picture, the origin at the middle of its foot,
y down, so a head is at a negative y. `place` turns them into the canvas's unit square.
"""
import numpy as np

from .finishes import SHIRTS, banded, foliage, metal, shingles
from .shapes import capsule, ellipse, rect, rounded, smooth

COLOURS = {
    "red": (210, 42, 48), "blue": (44, 92, 212), "green": (46, 152, 70), "yellow": (248, 212, 52),
    "purple": (130, 58, 174), "orange": (242, 130, 34), "pink": (246, 140, 186), "white": (244, 243, 238),
    "black": (36, 36, 42), "brown": (122, 78, 46),
}

# Who owns a pixel. Background first, so that `ids >= FIRST_THING` is every thing that stands in the scene.
PARTS = {name: i for i, name in enumerate((
    "sky", "ground", "shirt", "hat", "head", "hands", "legs", "dog coat", "dog face", "car body", "car glass",
    "wheels", "glow", "ball", "wall", "roof", "door", "window", "crown", "trunk"))}
FIRST_THING = PARTS["shirt"]
# What a person would click on and name, as unions of parts.
WHOLES = {
    "person": ("shirt", "hat", "head", "hands", "legs"),
    "dog": ("dog coat", "dog face"),
    "car": ("car body", "car glass", "wheels", "glow"),
    "house": ("wall", "roof", "door", "window"),
    "tree": ("crown", "trunk"),
}
# The part that takes the new colour when the thing is recoloured.
PAINTED = {"shirt": "shirt", "hat": "hat", "dog": "dog coat", "car": "car body", "ball": "ball",
           "house": "wall", "tree": "crown"}

INK = (38, 34, 36)
CYAN = (96, 232, 255)


def place(x, y, scale=1.0, flip=False):
    """Map from a drawing's own units to the unit square: foot at (x, y), mirrored if asked."""
    stretch = np.array((-scale if flip else scale, scale)) / 256
    return lambda polygon: np.asarray(polygon, float) * stretch + (x, y)


def tone(colour, factor):
    """The colour made darker (factor < 1) or lighter."""
    return tuple(np.clip(np.asarray(colour, float) * factor, 0, 255))


class Pen:
    """A canvas seen from one drawing's place."""

    def __init__(self, canvas, at):
        self.canvas, self.at = canvas, at

    def __call__(self, part, colour, *polygons, **look):
        self.canvas.fill([self.at(p) for p in polygons], colour, PARTS[part] if part else None, **look)

    def line(self, colour, *points, width=1.6, opacity=0.55):
        """A thin drawn line; owns nothing."""
        strokes = [capsule(p, q, width) for p, q in zip(points, points[1:])]
        self(None, colour, *strokes, volume=0, opacity=opacity)

    def soft(self, colour, *polygons, blur, opacity):
        self.canvas.soft([self.at(p) for p in polygons], colour, blur, opacity)


def shadow(pen, half_width):
    """Contact shadow on the ground."""
    pen.soft((20, 24, 40), ellipse(4, 0, half_width, 5.5), blur=0.014, opacity=0.42)


def person(pen, scene):
    shadow(pen, 38)
    skin, hair, cloth = scene.skin, scene.hair, COLOURS[scene.colours["shirt"]]
    left, right = {"rest": ((-42, -64), (42, -64)), "wave": ((-42, -64), (52, -136)),
                   "hips": ((-44, -80), (44, -80)), "hello": ((-52, -136), (42, -64))}[scene.pose]
    pen("legs", tone(scene.trousers, 0.62), ellipse(-14, -4, 12, 6), ellipse(14, -4, 12, 6))
    pen("legs", scene.trousers, smooth((-22, -66), (0, -68), (22, -66), (21, -30), (19, -6), (7, -5), (3, -34),
                                       (-3, -34), (-7, -5), (-19, -6), (-21, -30)))
    if scene.haircut == "long":
        pen("head", tone(hair, 0.85), rounded(-25, -160, 25, -104, 16))
    pen("hands", skin, ellipse(*left, 7.5), ellipse(*right, 7.5))
    pen("head", tone(skin, 0.9), rect(-7, -128, 7, -110), volume=0.3)
    pen("shirt", cloth, rounded(-27, -119, 27, -55, 12), capsule((-24, -106), _towards((-24, -106), left), 17),
        capsule((24, -106), _towards((24, -106), right), 17), texture=SHIRTS[scene.finishes.get("shirt", "plain")])
    pen.line(tone(cloth, 0.45), (-19, -99), (-21, -72), width=1.8, opacity=0.5)
    pen.line(tone(cloth, 0.45), (19, -99), (21, -72), width=1.8, opacity=0.5)
    pen("head", skin, smooth((-9, -121), (9, -121), (0, -111)), volume=0.2)
    pen("head", skin, ellipse(-20, -142, 4, 5.5), ellipse(20, -142, 4, 5.5))
    pen("head", skin, ellipse(0, -143, 20, 23))
    pen("head", hair, *_hair(scene.haircut))
    for side in (-1, 1):
        pen(None, (255, 255, 255), ellipse(8 * side, -143, 4.2, 4.8), volume=0)
        pen(None, INK, ellipse(8 * side + 0.6, -142.5, 2.5, 3), volume=0)
        pen.soft((240, 110, 100), ellipse(12.5 * side, -134, 3.5, 2.5), blur=0.008, opacity=0.5)
    pen.line(tone(skin, 0.72), (0.5, -139), (1.5, -135.5), width=1.8, opacity=0.8)
    pen.line((150, 50, 50), (-6, -131), (-2.5, -128.6), (2.5, -128.6), (6, -131), width=2, opacity=0.9)
    if "hat" in scene.things:
        pen("hat", COLOURS[scene.colours["hat"]], ellipse(0, -159, 31, 5.5), rounded(-19, -190, 19, -156, 9),
            texture=banded)


def _towards(shoulder, hand, share=0.86):
    """Where the sleeve ends: most of the way down the arm."""
    return tuple(s + (h - s) * share for s, h in zip(shoulder, hand))


def _hair(haircut):
    fringe = smooth((-22, -146), (-21, -164), (0, -171), (21, -164), (22, -146), (15, -155), (2, -158), (-13, -153))
    if haircut == "curly":
        return [fringe, *(ellipse(23 * np.cos(a), -150 + 20 * np.sin(a), 8) for a in np.linspace(3.3, 6.1, 8))]
    if haircut == "bun":
        return [fringe, ellipse(0, -174, 9)]
    return [fringe]


def dog(pen, scene):
    shadow(pen, 56)
    if scene.finishes.get("dog") == "robot":
        return _robot_dog(pen)
    coat = COLOURS[scene.colours["dog"]]
    far = tone(coat, 0.72)
    pen("dog coat", far, capsule((-26, -42), (-25, -5), 11), capsule((26, -42), (27, -5), 11))
    pen("dog coat", coat, smooth((-44, -58), (-56, -64), (-66, -80), (-72, -90), (-64, -92), (-54, -78), (-42, -70)))
    pen("dog coat", coat,
        smooth((-50, -56), (-36, -72), (0, -71), (28, -76), (42, -66), (40, -44), (22, -33), (-8, -37), (-36, -31)),
        capsule((-38, -44), (-39, -6), 14), capsule((16, -44), (15, -6), 13), ellipse(-36, -4, 9, 4.5),
        ellipse(18, -4, 9, 4.5), capsule((32, -62), (44, -84), 26), ellipse(46, -91, 21, 19),
        smooth((52, -98), (68, -93), (78, -86), (74, -77), (58, -76), (48, -80)))
    pen.line(far, (-26, -44), (-30, -36), width=1.8)
    pen("dog coat", tone(coat, 0.66), smooth((30, -106), (42, -107), (43, -90), (36, -70), (26, -72), (25, -90)))
    pen("dog face", (196, 48, 52), capsule((25, -76), (46, -65), 5.5), volume=0.5)
    pen("dog face", (245, 205, 70), ellipse(41, -62, 4))
    pen("dog face", INK, ellipse(77, -87, 5, 4.2))
    pen("dog face", (255, 255, 255), ellipse(55, -96, 4.6, 5), volume=0)
    pen("dog face", INK, ellipse(56.2, -95.5, 2.8, 3.3), volume=0)
    pen.line(INK, (73, -80), (66, -77.5), (61, -79), width=1.8, opacity=0.8)


def _robot_dog(pen):
    steel, dark = (176, 187, 202), (92, 102, 120)
    pen("dog coat", dark, capsule((-26, -42), (-25, -5), 9), capsule((26, -42), (27, -5), 9))
    pen("dog coat", dark, capsule((-46, -62), (-58, -80), 4), capsule((-58, -80), (-66, -76), 4))
    pen("dog coat", (236, 70, 70), ellipse(-68, -78, 6))
    pen("dog coat", steel, capsule((-38, -44), (-39, -8), 11), capsule((16, -44), (15, -8), 11),
        rounded(-48, -10, -28, 0, 3), rounded(6, -10, 26, 0, 3))
    pen("dog coat", dark, capsule((30, -62), (44, -82), 17))
    pen("dog coat", steel, rounded(-52, -73, 40, -35, 10), texture=metal)
    for joint in ((-38, -42), (16, -42)):
        pen("dog coat", dark, ellipse(*joint, 6.5))
        pen("dog coat", (214, 222, 232), ellipse(*joint, 3))
    pen("dog coat", dark, capsule((40, -108), (36, -122), 3.2))
    pen("dog coat", (236, 70, 70), ellipse(36, -124, 5.5))
    pen("dog coat", steel, rounded(26, -111, 68, -74, 9), rounded(58, -96, 82, -77, 6))
    pen("dog coat", dark, rounded(24, -104, 33, -82, 4))
    pen("dog face", (40, 50, 66), rounded(44, -105, 66, -90, 6), volume=0)
    pen("dog face", CYAN, ellipse(56, -97.5, 4.6), volume=0)
    pen("dog face", INK, ellipse(79, -89, 4.5))
    pen("dog face", CYAN, ellipse(-4, -54, 5.5), volume=0.3)
    pen.line((60, 70, 86), (80, -81), (66, -80.5), width=1.8, opacity=0.9)


def car(pen, scene):
    paint = COLOURS[scene.colours["car"]]
    hover = scene.finishes.get("car") == "hovercraft"
    if hover:  # its hull shines: half its own colour, half glow
        paint = tuple(0.45 * np.array(paint) + 0.55 * np.array((150, 240, 255)))
    lift = -5 if hover else 0
    up = lambda polygon: np.asarray(polygon, float) + (0, lift)  # noqa: E731
    if hover:
        pen.soft(CYAN, ellipse(0, -3, 78, 7), blur=0.02, opacity=0.55)
        pen("glow", CYAN, ellipse(0, -8, 70, 9), volume=0.2)
        pen("glow", (226, 253, 255), ellipse(0, -7, 52, 4), volume=0)
    else:
        shadow(pen, 80)
    pen("car body", paint, up(smooth((-80, -32), (-76, -48), (-56, -52), (-40, -78), (-10, -86), (20, -84), (40, -66),
                                     (54, -52), (76, -46), (82, -30), (78, -17), (0, -14), (-76, -16))))
    if hover:
        pen("car body", tone(paint, 0.7), up([(-70, -50), (-84, -74), (-70, -72), (-54, -52)]))
        pen("glow", (52, 60, 78), up(rounded(-78, -22, 80, -11, 5)))
        pen("glow", CYAN, up(rounded(-70, -19, 72, -15, 2)), volume=0)
    glass = (150, 236, 250) if hover else (186, 218, 236)
    pen("car glass", glass, up(smooth((-42, -54), (-33, -74), (-8, -79), (-4, -54), steps=4)), volume=0.4)
    pen("car glass", glass, up(smooth((4, -54), (4, -79), (18, -78), (40, -54), steps=4)), volume=0.4)
    pen.line(tone(paint, 0.5), (0, -50 + lift), (-1, -22 + lift), width=1.6)
    pen.line(tone(paint, 0.5), (8, -45 + lift), (15, -45 + lift), width=2.4)
    pen(None, (255, 240, 170), up(ellipse(77, -37, 4, 5)), volume=0.3)
    pen(None, (225, 60, 50), up(ellipse(-77, -38, 3, 5)), volume=0.3)
    if not hover:
        for x in (-46, 47):
            pen("wheels", (34, 34, 38), ellipse(x, -15, 17))
            pen("wheels", (188, 190, 198), ellipse(x, -15, 8))
            pen("wheels", (110, 112, 122), ellipse(x, -15, 3), volume=0)


def ball(pen, scene):
    shadow(pen, 17)
    pen("ball", COLOURS[scene.colours["ball"]], ellipse(0, -17, 18), volume=1.4)
    pen.soft((255, 255, 255), ellipse(-6, -24, 4, 3), blur=0.006, opacity=0.7)


def house(pen, scene):
    shadow(pen, 36)
    snowy = scene.snowing
    pen("roof", (132, 72, 60), rect(16, -92, 25, -66))
    pen("wall", COLOURS[scene.colours["house"]], rect(-33, -56, 33, 0), volume=0.6)
    pen("roof", (150, 66, 54), [(-41, -53), (41, -53), (24, -86), (-24, -86)], texture=shingles, volume=0.6)
    if snowy:
        pen("roof", (246, 249, 253), [(-30, -74), (30, -74), (24, -87), (-24, -87)], volume=0.5)
    pen("door", (104, 68, 44), rounded(-8, -30, 8, 0, 4), volume=0.5)
    pen(None, (240, 205, 90), ellipse(4.5, -14, 1.6), volume=0)
    for x in (-22, 22):
        pen("window", (246, 244, 238), rect(x - 8, -42, x + 8, -26), volume=0)
        pen("window", (160, 204, 228), rect(x - 6, -40, x + 6, -28), volume=0)
        pen.line((246, 244, 238), (x, -40), (x, -28), opacity=1)


def tree(pen, scene):
    shadow(pen, 20)
    pen("trunk", (112, 78, 50), smooth((-5, -48), (5, -48), (6, -10), (11, 1), (-11, 1), (-6, -10)))
    leaf = COLOURS[scene.colours["tree"]]
    if scene.tree == "pine":
        pen("crown", leaf, [(-27, -26), (27, -26), (0, -66)], [(-22, -48), (22, -48), (0, -84)],
            [(-16, -70), (16, -70), (0, -102)], texture=foliage)
    else:
        pen("crown", leaf, ellipse(0, -64, 25), ellipse(-16, -52, 16), ellipse(16, -52, 16), ellipse(-12, -78, 15),
            ellipse(13, -77, 15), texture=foliage)
    if scene.snowing:
        top = -102 if scene.tree == "pine" else -90
        pen.soft((250, 252, 255), ellipse(0, top + 12, 11, 7), blur=0.012, opacity=0.8)


DRAW = {"person": person, "dog": dog, "car": car, "ball": ball, "house": house, "tree": tree}
