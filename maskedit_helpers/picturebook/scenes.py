"""The picture-book world: a small plain spec, and the picture, exact masks and caption that follow from it.

A photograph set can never say what a perfect edit would look like; a drawn scene can. `Scene` is the spec,
`sample_scene` draws one from a seed, `render` paints it at any size, `caption` says it in words.
"""
import json
import random
from dataclasses import asdict, dataclass, field

import numpy as np

from .canvas import Canvas, noise
from .drawings import COLOURS, DRAW, PARTS, WHOLES, Pen, place
from .drawn import remember
from .shapes import ellipse, rect, smooth

EVALUATION_SEEDS = 10_000_000  # seeds from here on are never trained on
HEROES = ("person", "dog", "car")
GROUNDS = {"grass": (112, 172, 84), "street": (146, 146, 150), "sand": (222, 200, 150), "snow": (238, 243, 250)}
HILLS = {"grass": (120, 168, 128), "street": (160, 176, 168), "sand": (196, 190, 150), "snow": (214, 224, 238)}
SKINS = ((246, 211, 182), (255, 224, 198), (208, 158, 116), (150, 102, 72), (104, 70, 52))
HAIRS = ((62, 42, 28), (34, 30, 32), (186, 136, 62), (128, 66, 34), (120, 118, 122))
TROUSERS = ((62, 74, 110), (70, 66, 64), (104, 92, 74), (52, 92, 96))


@dataclass(frozen=True)
class Scene:
    """Everything there is to know about one picture; plain values, so it writes itself as JSON.

    things: what stands in it ("shirt" is worn by the person, "hat" sometimes). places: (x, y, scale, flip) of
    each drawing, in the unit square. finishes: "striped", "dotted" or "leather" for the shirt, "robot" for the
    dog, "hovercraft" for the car.
    """

    seed: int
    hero: str
    ground: str
    weather: str  # sunny | cloudy
    horizon: float
    sky: tuple
    things: tuple
    places: dict
    colours: dict
    finishes: dict = field(default_factory=dict)
    pose: str = "rest"
    haircut: str = "short"
    skin: tuple = SKINS[0]
    hair: tuple = HAIRS[0]
    trousers: tuple = TROUSERS[0]
    tree: str = "round"
    night: bool = False
    snowing: bool = False

    def to_json(self):
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text):
        tuples = lambda v: tuple(v) if isinstance(v, list) else v  # noqa: E731
        values = {k: tuples(v) for k, v in json.loads(text).items()}
        values["places"] = {k: tuples(v) for k, v in values["places"].items()}
        return cls(**values)


@dataclass(frozen=True)
class Rendered:
    """image: uint8 (S, S, 3). ids: uint8 (S, S), the part that owns each pixel (`PARTS`)."""

    image: np.ndarray
    ids: np.ndarray

    @property
    def masks(self):
        """Visible mask, bool (S, S), of every part and every whole that can be seen."""
        seen = {name: self.ids == i for name, i in PARTS.items() if (self.ids == i).any()}
        for whole, parts in WHOLES.items():
            owners = [PARTS[p] for p in parts if p in seen]
            if owners:
                seen[whole] = np.isin(self.ids, owners)
        return seen


def sample_scene(seed):
    """The scene of a seed: always the same one."""
    r = random.Random(seed)
    hero = r.choice(HEROES)
    horizon = r.uniform(0.50, 0.64)
    scale = r.uniform(0.92, 1.18) * {"person": 0.95, "dog": 1.1, "car": 1.0}[hero]
    foot = min(0.95, horizon + r.uniform(0.22, 0.32))
    flip = r.random() < 0.5
    places = {hero: (r.uniform(0.38, 0.62), foot, scale, flip)}
    things = ["shirt"] + ["hat"] * (r.random() < 0.45) if hero == "person" else [hero]
    side = r.choice((-1, 1))
    if r.random() < 0.45:
        places["house"] = (0.5 + side * r.uniform(0.30, 0.38), horizon + 0.03, r.uniform(0.95, 1.2), False)
    if r.random() < 0.5:
        places["tree"] = (0.5 - side * r.uniform(0.30, 0.42), horizon + 0.05, r.uniform(0.95, 1.2), False)
    if r.random() < 0.45:
        x = r.choice((r.uniform(0.09, 0.2), r.uniform(0.8, 0.91)))
        places["ball"] = (x, min(0.96, foot + r.uniform(-0.03, 0.05)), r.uniform(0.9, 1.15), False)
    things += [name for name in ("ball", "house", "tree") if name in places]
    colours = {name: r.choice(list(COLOURS)) for name in things}
    if "tree" in colours:
        colours["tree"] = r.choice(("green", "green", "green", "yellow", "orange"))
    return Scene(
        seed=seed, hero=hero, ground=r.choice(list(GROUNDS)), weather=r.choice(("sunny", "cloudy")), horizon=horizon,
        sky=tuple(r.randint(a, b) for a, b in ((120, 185), (185, 222), (228, 252))), things=tuple(things),
        places=places, colours=colours, pose=r.choice(("rest", "wave", "hips", "hello")),
        haircut=r.choice(("short", "long", "curly", "bun")), skin=r.choice(SKINS), hair=r.choice(HAIRS),
        trousers=r.choice(TROUSERS), tree=r.choice(("round", "round", "pine")))


def render(scene, size=128):
    """Paint a scene.

    Parameters
    ----------
    scene : Scene
    size : int
        Pixels along each side; the same scene at every size.

    Returns
    -------
    Rendered : `image` uint8 (size, size, 3), `ids` uint8 (size, size), `masks`.
    """
    canvas = Canvas(size)
    rng = np.random.default_rng(scene.seed)
    _backdrop(canvas, scene, rng)
    for name in ("house", "tree", scene.hero, "ball"):  # far to near
        if name in scene.places:
            DRAW[name](Pen(canvas, place(*scene.places[name])), scene)
    if scene.snowing:
        _snowfall(canvas, rng)
    if scene.night:
        _nightfall(canvas, scene, rng)
    return Rendered(remember(np.clip(canvas.rgb + 0.5, 0, 255).astype(np.uint8)), canvas.ids)


def _backdrop(canvas, scene, rng):
    size, horizon = canvas.size, scene.horizon
    y = ((np.arange(size, dtype=np.float32) + 0.5) / size)[:, None, None]
    sky = np.array(scene.sky, np.float32)
    if scene.snowing:
        sky = sky * 0.4 + np.array((196, 203, 216), np.float32) * 0.6
    canvas.rgb[:] = sky + (np.array((250, 248, 242), np.float32) - sky) * np.clip(y / horizon, 0, 1) ** 1.5 * 0.75
    canvas.ids[:] = PARTS["sky"]
    light = 0.5 + rng.uniform(-0.36, 0.36)
    if scene.weather == "sunny" and not (scene.night or scene.snowing):
        canvas.soft([ellipse(light, 0.13, 0.075)], (255, 244, 190), blur=0.04, opacity=0.8)
        canvas.fill([ellipse(light, 0.13, 0.052)], (255, 222, 90), volume=0.3)
    if scene.weather == "cloudy":
        for x in (light, (light + 0.45) % 1):
            cloud = [ellipse(x + dx, 0.13 + dy, r, r * 0.72)
                     for dx, dy, r in ((-0.07, 0.015, 0.045), (0, 0, 0.062), (0.075, 0.02, 0.042))]
            canvas.fill(cloud, (252, 252, 253), volume=0.5, opacity=0.92)
    ground = "snow" if scene.snowing else scene.ground
    base = np.array(GROUNDS[ground], np.float32)
    far = HILLS[ground]
    hill = rng.uniform(0.03, 0.08, 6)
    ridge = [(x, horizon - h) for x, h in zip(np.linspace(-0.1, 1.1, 6), hill)]
    canvas.fill([smooth(*ridge, (1.2, horizon + 0.1), (-0.2, horizon + 0.1))], far, PARTS["ground"], volume=0.3)
    canvas.fill([rect(-0.1, horizon, 1.1, 1.1)], base, PARTS["ground"], volume=0)
    below = canvas.ids == PARTS["ground"]
    depth = 1.06 - 0.22 * np.clip((y - horizon) / (1 - horizon), 0, 1)
    grain = noise(rng, size, 24)[..., None] * {"grass": 0.022, "street": 0.014, "sand": 0.018, "snow": 0.006}[ground]
    canvas.rgb[below] *= (depth + grain)[below]
    if ground == "street":
        canvas.fill([rect(-0.1, horizon, 1.1, horizon + 0.03)], (196, 192, 186), volume=0.3)
        dashes = [rect(x, 0.965, x + 0.12, 0.98) for x in (0.02, 0.27, 0.52, 0.77)]
        canvas.fill(dashes, (240, 238, 226), volume=0, opacity=0.85)
    if ground == "grass":
        tufts = [p for x, d in zip(rng.uniform(0, 1, 12), rng.uniform(0.05, 0.97, 12))
                 for p in _tuft(x, horizon + d * (1 - horizon))]
        canvas.fill(tufts, (82, 140, 62), volume=0, opacity=0.7)


def _tuft(x, y):
    blade = lambda dx: np.array([(x + dx - 0.004, y), (x + dx * 2.2, y - 0.022), (x + dx + 0.004, y)])  # noqa: E731
    return [blade(dx) for dx in (-0.006, 0, 0.006)]


def _snowfall(canvas, rng):
    flakes = [ellipse(x, y, r, points=10) for x, y, r in
              zip(rng.uniform(0, 1, 60), rng.uniform(0, 1, 60), rng.uniform(0.005, 0.009, 60))]
    canvas.fill(flakes, (255, 255, 255), volume=0, opacity=0.95)


def _nightfall(canvas, scene, rng):
    canvas.rgb *= np.array((0.36, 0.40, 0.58), np.float32)
    canvas.rgb[canvas.ids == PARTS["window"]] = (255, 214, 120)
    sky = canvas.ids == PARTS["sky"]
    before = canvas.rgb.copy()
    canvas.fill([ellipse(x, y, 0.005, points=8) for x, y in zip(rng.uniform(0, 1, 26), rng.uniform(0, 0.5, 26))],
                (255, 250, 220), volume=0)
    canvas.fill([ellipse(0.84, 0.14, 0.055)], (250, 246, 220), volume=0.4)
    canvas.rgb[~sky] = before[~sky]


def describe(scene, name):
    """One thing in words: "a red striped shirt", "a robot dog", "a blue ball"."""
    finish = scene.finishes.get(name)
    if finish == "robot":
        return "a robot dog"
    words = [scene.colours[name]]
    if finish in ("striped", "dotted", "leather"):
        words.append(finish)
    words.append("glowing hovercraft" if finish == "hovercraft" else name)
    return f"{'an' if words[0][0] in 'aeiou' else 'a'} {' '.join(words)}"


def caption(scene):
    """The scene in one sentence, as an image caption would have it."""
    if scene.hero == "person":
        clothes = [describe(scene, name) for name in ("shirt", "hat") if name in scene.things]
        hero = "a person in " + " and ".join(clothes)
    else:
        hero = describe(scene, scene.hero)
    others = [describe(scene, name) for name in ("ball", "house", "tree") if name in scene.things]
    beside = f" with {' and '.join(others)}" if others else ""
    ground = "snow" if scene.snowing else scene.ground
    sky = "at night" if scene.night else "in falling snow" if scene.snowing else f"under a {scene.weather} sky"
    return f"{hero}{beside} on {ground} {sky}"
