"""One training loop for every pocket model, which any kill leaves resumable.

The idea: nothing random survives from one step to the next. Each step seeds its own generators from (seed, step,
process), so weights, averaged weights, optimizer and a step number are the whole state, and a resumed run is the
uninterrupted run bit for bit. The weights that are shown and exported are an exponential moving average
(Polyak & Juditsky 1992; the warm-up of its decay as in TensorFlow's ExponentialMovingAverage).

What is trained is a **part**: any object with

    name                      "sam", "clip", "vae", "editor": also what its checkpoint is signed with
    lr, betas, eps, weight_decay, batch_size      of AdamW; batch_size is per process
    minutes                   budget used when the caller gives neither minutes nor steps
    modules()                 dict of the nn.Modules that are trained (always the same objects)
    batch(step, generator)    a batch on the CPU; all its chance from the CPU `generator`
    loss(batch, generator)    (scalar loss tensor, dict of floats or scalar tensors for the log); `generator`
                              lies on the training device
    preview(modules)          uint8 picture (H, W, 3) drawn with the averaged modules, or None
    export(modules, folder)   writes the averaged modules as the product loads them
"""
import contextlib
import copy
import hashlib
import math
import time
from pathlib import Path

from ..devices import native_bf16
from ..errors import KitError
from .books import Books
from .budget import Budget, learning_rate
from .checkpoint import load_states, read_checkpoint
from .signature import refuse_another, signature
from .stop import stop_on_signal
from .team import Team


def train(part, folder, minutes=None, steps=None, resume=False, device="auto", seed=0, settings=None):
    """Train a part and leave `checkpoint.pt`, `log.csv` and `preview.png` in `folder`.

    Parameters
    ----------
    part : see the module's docstring.
    folder : made if missing.
    minutes, steps : the whole budget, of which a resumed run has spent some; one of them, or neither for
        `part.minutes`.
    resume : go on from the folder's checkpoint, or begin where there is none.
    device : "auto" (a GPU if there is one, several under `accelerate launch`), "cpu" or "cuda".
    seed : of everything.
    settings : dict of plain values, what else the run hangs on (its pairs, for one); a resumed run must have the same.

    Returns
    -------
    dict with step, elapsed (seconds, of all runs together) and loss (of the last row of the log).

    Raises
    ------
    KitError : minutes, steps or a device that can't be; a checkpoint is there and `resume` is not asked, is another
        part's, was begun with other settings or is broken; the loss is no longer a number. In all processes, where
        there are several. KeyboardInterrupt : Ctrl-C or SIGTERM, after the checkpoint is written; the second time at
        once.
    """
    run = Run(part, Path(folder), Budget.of(minutes, steps, part.minutes), resume, device, seed, settings or {})
    with stop_on_signal(run.team.main) as stop, run.bar():
        while run.go(stop):
            run.one_step()
        run.finish()
    if stop:
        raise KeyboardInterrupt(f"stopped at step {run.step}; go on with --resume")
    row = run.books.row if run.team.main else {}
    return {"step": run.step, "elapsed": run.elapsed, "loss": row.get("loss", math.nan)}


def begun(name, folder, resume):
    """The checkpoint in `folder` to go on from, or None; KitError for one that is there unasked, or another part's."""
    path = Path(folder) / "checkpoint.pt"
    if not path.exists():
        return None
    if not resume:
        raise KitError(f"{folder} already holds a run: add --resume to go on, or delete it to begin anew")
    return read_checkpoint(path, name)


def export(part, folder, out):
    """Write the averaged weights of the checkpoint in `folder` to the folder `out` as the product loads them."""
    state = read_checkpoint(Path(folder) / "checkpoint.pt", part.name)
    averaged = _averaged(part.modules())
    load_states(averaged, state["ema"], part.name)
    Path(out).mkdir(parents=True, exist_ok=True)
    part.export(averaged, Path(out))


class Run:
    """The state of one call of train."""

    def __init__(self, part, folder, budget, resume, device, seed, settings):
        import torch

        self.part, self.folder, self.budget, self.seed = part, folder, budget, seed
        self.team = Team(device)
        self.device = self.team.device
        self.bf16 = native_bf16(self.device)

        self.modules = part.modules()
        for module in self.modules.values():
            # Convolutions run fastest with channels last; matrices are left as they are.
            module.to(self.device, memory_format=torch.channels_last).train()
        self.averaged = _averaged(self.modules)
        self.params = [p for m in self.modules.values() for p in m.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.params, lr=part.lr, betas=part.betas, eps=part.eps, weight_decay=part.weight_decay, fused=True)
        self.step, self.elapsed = 0, 0.0
        self.settings = signature(part, seed, self.team.size, settings)
        if state := begun(part.name, folder, resume):
            self._restore(state)
        self.team.begin_alike((*self.modules.values(), *self.averaged.values()))
        self.books, self.failure = Books(self) if self.team.main else None, None
        self.before, self.started = self.elapsed, time.monotonic()  # before: seconds of the runs before this one

    def _restore(self, state):
        refuse_another(self.folder / "checkpoint.pt", state, dict.fromkeys(state.get("settings") or ()) | self.settings)
        load_states(self.modules, state["modules"], self.part.name)
        load_states(self.averaged, state["ema"], self.part.name)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed = state["step"], state["elapsed"]

    def bar(self):
        """The progress bar, to be closed however the run ends."""
        return self.books.bar if self.books else contextlib.nullcontext()

    def state(self):
        """All of it, for the checkpoint."""
        return {
            "name": self.part.name, "settings": self.settings, "step": self.step, "elapsed": self.elapsed,
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "ema": {name: module.state_dict() for name, module in self.averaged.items()},
            "optimizer": self.optimizer.state_dict(),
        }

    def go(self, stop):
        """Look at the clock; False when the budget is spent or a signal asks to stop.

        The main process's clock decides for all, since each must take the same steps at the same rate.
        """
        self.elapsed = self.before + time.monotonic() - self.started
        self.progress = self._agreed(math.inf if stop else self.budget.progress(self.step, self.elapsed))
        return self.progress < 1

    def _agreed(self, number):
        """The main process's number in all of them; or, once it has failed, an error in all of them."""
        told = self.team.told(math.nan if self.failure else number)
        if math.isnan(told):
            raise self.failure or KitError(f"{self.part.name}: the main process stopped; it says why")
        return told

    def one_step(self):
        """Batch, loss, gradient, AdamW, moving average; then the books."""
        import torch
        from accelerate.utils import send_to_device

        rank = self.team.rank
        torch.manual_seed(_number(self.seed, self.step, rank, "layers"))  # dropout takes the global generator
        batch = self.part.batch(self.step, _generator("cpu", self.seed, self.step, rank, "batch"))
        batch = send_to_device(batch, self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            loss, terms = self.part.loss(batch, _generator(self.device, self.seed, self.step, rank, "loss"))
        loss.backward()
        self.team.share_gradients(self.params)
        norm = torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        self.lr = self.part.lr * learning_rate(self.step, self.progress)
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._average()
        self.step += 1
        self._book(lambda books: (books.note({"loss": loss, "gradient": norm, **terms}), books.keep()))

    def _average(self):
        """theta_ema <- theta_ema + (1 - decay) (theta - theta_ema); counters such as BatchNorm's are copied."""
        import torch

        decay = min(0.999, (1 + self.step) / (10 + self.step))
        old, new = [], []
        for name, module in self.modules.items():
            mine = self.averaged[name].state_dict()
            for key, value in module.state_dict().items():
                if value.is_floating_point():
                    old.append(mine[key])
                    new.append(value)
                else:
                    mine[key].copy_(value)
        with torch.no_grad():
            torch._foreach_lerp_(old, new, 1 - decay)

    def _book(self, write):
        """Let the main process write; what goes wrong there it says when all meet next, lest the others wait for it."""
        if self.team.main:
            try:
                write(self.books)
            except Exception as error:
                self.failure = error

    def finish(self):
        """The last row, checkpoint and preview; then all are done."""
        self._book(Books.close)
        self._agreed(1)


def _averaged(modules):
    """Copies for the moving average: never trained, always in eval mode."""
    return {name: copy.deepcopy(module).eval().requires_grad_(False) for name, module in modules.items()}


def _number(*words):
    """A number for a generator from anything printable: the same on every machine and in every process."""
    return int.from_bytes(hashlib.blake2b(repr(words).encode(), digest_size=4).digest(), "little")


def _generator(device, *words):
    import torch

    return torch.Generator(device).manual_seed(_number(*words))
