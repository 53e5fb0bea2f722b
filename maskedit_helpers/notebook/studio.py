"""Studio: one picture, and all that decides an edit of it under one's hands.

A change reaches Python at once, and what is quick is answered at once: the mask, and the blend of a known edit. What
takes longer, the edit and the metrics, Python only says that it wants; the browser, if its hand has come to rest, says
go with the number of that wish. So requests that were superseded while they waited are never computed: whatever else
waited before the go has made its number an old one. All of it happens in the messages' own handlers, without threads
or timers, as every notebook's kernel can do it.
"""

import time
import warnings

from traitlets import Dict, Float, Int, List, Unicode

from ..errors import KitError
from ..metrics.measure import measure
from ..metrics.metric import metric
from ..picturebook.cases import Case
from ..pictures.blend import blend, check_growth
from .kept import Kept
from .picture_widget import module, png
from .pointing import Pointing
from .suggestions import plans_of, suggestions

EDITING = ("instruction", "plan", "s_T", "s_I", "seed")  # what an edit follows from, besides the picture
JOINING = ("dilate", "feather")
REACH = {"s_T": [1.5, 12, 0.5], "s_I": [1, 2.5, 0.1], "dilate": [0, 20, 1], "feather": [0, 10, 0.5]}  # from, to, step


class Studio(Pointing):
    """One picture to edit: click the mask, say what to do, turn what can be turned, and see what comes of it.

    Parameters
    ----------
    image : Case, or anything `read_image` takes
        A case brings its instruction and its click, of a photograph its box too, and, as long as its own instruction
        stands, the captions, the true edit and the true mask to measure against.
    kit : Kit
    instruction : str; of a case its own, otherwise empty, if not given
    points, labels, box : as for `Segmenter.predict`; the prompts to start with
    s_T, s_I : float; the kit's own if not given
    seed : int
    plan : a name out of `plan.PLANS`; "distilled" if not given, or without its weights the kit's own
    dilate, feather : pixels, as for `blend`
    instructions : list of str, offered beside the field to type in; some that suit the picture if not given
    border, how : as for `ClickMask`
    show_code : bool; whether the widget shows what `code` gives

    Attributes
    ----------
    instruction, plan, s_T, s_I, seed, dilate, feather : as the controls stand; may be set
    prompts, choice, points, labels, box, scores, mask : as of `ClickMask`
    y : uint8 (H, W, 3), the edit
    y_tilde : uint8 (H, W, 3), the blend
    figures : list of two rows of `measure`, of "edit" and "blend"; `me.table` shows them

    All are there from the start, and belong to the controls as they stand: what has not been computed yet is computed
    when it is read.

    Raises
    ------
    KitError
        First prompts that `Segmenter.predict` refuses, pixels that `blend` cannot use. What else is wrong, and all that
        becomes wrong later, is told in the widget and raised when what needs it is read.
    """

    _esm = module("pointing.js", "swipe.js", "studio.js", view="studio")
    instruction = Unicode().tag(sync=True)
    plan = Unicode().tag(sync=True)
    s_T = Float().tag(sync=True)
    s_I = Float().tag(sync=True)
    seed = Int().tag(sync=True)
    dilate = Int().tag(sync=True)
    feather = Float().tag(sync=True)
    _reach = Dict(REACH).tag(sync=True)
    _offered = List().tag(sync=True)
    _plans = List().tag(sync=True)
    _go = Int(0).tag(sync=True)  # the number of the wish that the browser grants

    def __init__(self, image, kit, instruction=None, points=None, labels=None, box=None, *, s_T=None, s_I=None,
                 seed=1337, plan=None, dilate=0, feather=0.0, instructions=None, border="snap", how="auto",
                 show_code=True):
        self._case = image if isinstance(image, Case) else None
        if self._case:
            image = self._case.image
            instruction = self._case.instruction if instruction is None else instruction
            if points is None and labels is None and box is None:
                points, box = [self._case.click], None if self._case.parts else self._case.box
        check_growth(dilate, feather)
        offered = suggestions(self._case, kit) if instructions is None else instructions
        self._kit, self._kept, self._seconds, self._warned = kit, Kept(), 0.0, ""
        self._show_code = show_code
        self._told, self._wish, self._wished = 0, 0, None
        plans = plans_of(kit)
        super().__init__(
            image, kit, points, labels, box, border, how, _offered=list(offered), _plans=plans,
            instruction=instruction or "", plan=plan or plans[0],
            s_T=kit.editor.s_T if s_T is None else s_T, s_I=kit.editor.s_I if s_I is None else s_I, seed=seed,
            dilate=dilate, feather=feather)
        while self._step():
            pass
        self._tell()
        self.observe(self._tell, [*EDITING, *JOINING])
        self.observe(self._grant, "_go")

    @property
    def y(self):
        return self._y().copy()

    @property
    def y_tilde(self):
        return self._y_tilde().copy()

    @property
    def figures(self):
        return [dict(row) for row in self._figures()]

    def code(self):
        """The lines that give `mask`, `y` and `y_tilde` without the widget, from a `kit` and the picture."""
        image = "case.image" if self._case else "image"
        how = {"plan": f'"{self.plan}"', **{name: _number(getattr(self, name)) for name in ("s_T", "s_I", "seed")}}
        grown = {name: _number(getattr(self, name)) for name in JOINING if getattr(self, name)}
        how, grown = ("".join(f", {name}={value}" for name, value in said.items()) for said in (how, grown))
        return "\n".join([self._code_of_mask(image), f"y = kit.edit({image}, {_quoted(self.instruction)}{how})",
                          f"y_tilde = me.blend({image}, y, mask{grown})"])

    # Each is kept under what it follows from; the getters compute what is not there.

    def _of_edit(self):
        return tuple(getattr(self, name) for name in EDITING)

    def _of_blend(self):
        return (*self._of_edit(), repr(self.prompts), self.choice, self.dilate, self.feather)

    def _y(self):
        return self._kept.get("y", self._of_edit(), self._edited)

    def _edited(self):
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            how = {name: getattr(self, name) for name in EDITING[1:]}
            y = self._kit.edit(self._image, self.instruction, progress=False, **how)
        self._seconds = time.perf_counter() - start
        self._warned = "".join(f" {warning.message}." for warning in said if warning.category is UserWarning)
        return y

    def _y_tilde(self):
        def made():
            return blend(self._image, self._y(), self.mask, dilate=self.dilate, feather=self.feather)

        return self._kept.get("y_tilde", self._of_blend(), made)

    def _figures(self):
        """Rows of the edit and of the blend; the edit's stays while only the blend is turned."""
        def row(name, picture):
            return {"result": name, **measure(self._image, picture, kit=self._kit, **self._judge())}

        def made():
            y_tilde, by = self._y_tilde(), () if self._has_truth() else (repr(self.prompts), self.choice)
            edit = self._kept.get("row", (*self._of_edit(), *by), lambda: row("edit", self._y()))
            return [edit, row("blend", y_tilde)]

        return self._kept.get("figures", self._of_blend(), made)

    def _is_cases_own(self):
        return self._case is not None and self._case.instruction == self.instruction

    def _has_truth(self):
        return self._is_cases_own() and self._case.mask is not None

    def _judge(self):
        """What `measure` measures by: a case's truth for the case's own instruction, else the mask and the words."""
        words = {"captions": self._case.captions} if self._is_cases_own() else {"instruction": self.instruction}
        return {"mask": self._case.mask, "truth": self._case.truth, **words} if self._has_truth() else {
            "mask": self.mask, **words}

    # What the browser is told, and what it asks for.

    def _step(self):
        """Compute the next thing that is missing, and say whether there was one."""
        pieces = ("y", self._of_edit(), self._y), ("figures", self._of_blend(), self._figures)
        for name, key, make in pieces:
            if not self._kept.has(name, key):
                try:
                    make()
                except KeyboardInterrupt:
                    self._kept.fail(name, key, KitError("it was interrupted; change anything to start it again"))
                except Exception:  # which is kept, and told; what needs it fails too, and at once
                    continue
                return True
        return False

    def _grant(self, change):
        """Do what is missing, one thing at a time, so that the edit shows before it is measured; unless the browser
        grants a wish that is no longer the latest."""
        if change.new == self._wish:
            self._step()
            self._tell()

    def _tell(self, change=None):
        """Send the browser what to draw and say, and what is still missing; a part that is on its way is left out."""
        self._told += 1  # so that no two answers are alike, and each one is sent
        said = self._told_of_mask()
        says, answer = [said.pop("status")], {
            **said, "n": self._told, "wish": 0, "of": dict(zip(EDITING, self._of_edit())), "seconds": self._seconds,
            "code": self._shown(self.code)[0] if self._show_code else ""}
        if self._kept.has("y", self._of_edit()):
            for name, get in {"edit": self._y, "blend": self._y_tilde}.items():
                picture, wrong = self._shown(get)
                answer[name] = png(picture) if wrong is None else None
                says.append(wrong or (self._of_its_making() if name == "edit" else ""))
            if answer["blend"] is None:
                answer["table"] = None  # there is nothing to measure
            elif self._kept.has("figures", self._of_blend()):
                rows, wrong = self._shown(self._figures)
                answer["table"] = None if wrong else _cells(rows)
                answer["by"] = "the true mask" if self._has_truth() else "your mask"
                says.append(wrong)
        else:
            says.append("Editing …")
        if "table" not in answer:
            self._wish += self._wished != (wished := (*self._of_blend(), "edit" in answer))
            self._wished, answer["wish"] = wished, self._wish
        answer["status"] = "\n".join(dict.fromkeys(filter(None, says)))
        self._answer = answer

    def _of_its_making(self):
        return f"The edit took {self._seconds:.2g} s.{self._warned}"

    @staticmethod
    def _shown(get):
        """(what get() gives, None), or ("", what is wrong, in words)."""
        try:
            return get(), None
        except KitError as error:
            return "", str(error)
        except Exception as error:  # a traceback in a widget's handler nobody would see
            return "", f"{type(error).__name__}: {error}"


def _quoted(text):
    return f'"{text}"' if text.isprintable() and not set(text) & {'"', "\\"} else repr(text)


def _number(value):
    return repr(value).removesuffix(".0")


def _cells(rows):
    """Rows of `measure` as the browser shows them: [label, unit, cell of each row, which row's cell is best or -1]."""
    lines = []
    for one in (metric(name) for name in rows[0] if name not in ("result", "note")):
        cells, best = [one.cell(row[one.name]) for row in rows], one.best([row[one.name] for row in rows])
        lines.append([one.label, one.unit, *cells, cells.index(best) if best in cells else -1])
    return lines
