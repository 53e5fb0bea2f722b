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
import signal
import time
from pathlib import Path

from ..errors import KitError
from .checkpoint import Log, load_states, read_checkpoint, write_checkpoint

CHECKPOINT_SECONDS = 120
PREVIEW_SECONDS = 600
LOG_STEPS = 10  # one row of the log is the mean of so many steps
WARM_UP_STEPS = 100  # Adam's second moment is noise before; a short run warms up over its first tenth
LAST_LR = 0.02  # of the full rate, at the end of the cosine


def train(part, folder, minutes=None, steps=None, resume=False, device="auto", seed=0):
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

    Returns
    -------
    dict with step, elapsed (seconds, of all runs together) and loss (of the last row of the log).

    Raises
    ------
    KitError : a checkpoint is there and `resume` is not asked, is another part's or is broken; the loss is
        no longer a number. KeyboardInterrupt : Ctrl-C or SIGTERM, after the checkpoint is written.
    """
    if minutes is not None and steps is not None:
        raise KitError("give minutes or steps, not both")
    if minutes is None and steps is None:
        minutes = part.minutes
    run = _Run(part, Path(folder), minutes, steps, resume, device, seed)
    with _stop_on_signal() as stop, run.bar() as bar:
        while run.go(stop):
            run.one_step()
            run.keep_books(bar)
    run.finish()
    if stop:
        raise KeyboardInterrupt(f"stopped at step {run.step}; go on with resume")
    return {"step": run.step, "elapsed": run.elapsed, "loss": run.last_row.get("loss", math.nan)}


def export(part, folder, out):
    """Write the averaged weights of the checkpoint in `folder` to the folder `out` as the product loads them."""
    state = read_checkpoint(Path(folder) / "checkpoint.pt", part.name)
    averaged = _averaged(part.modules())
    load_states(averaged, state["ema"], part.name)
    Path(out).mkdir(parents=True, exist_ok=True)
    part.export(averaged, Path(out))


def learning_rate(step, progress):
    """Factor on the full rate: linear warm-up, then a cosine down to LAST_LR. progress: 0-1 of the budget."""
    warm = min(1.0, max((step + 1) / WARM_UP_STEPS, 10 * progress))
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return warm * (LAST_LR + (1 - LAST_LR) * cosine)


def mixed_precision(device):
    """ "bf16" where the device computes in it by itself, else "no".

    CPUs with AMX tiles multiply bf16 matrices five to ten times faster than float32 ones, with AVX-512's bf16
    instructions about twice as fast; others, and GPUs that only emulate bf16 (a T4), are slower with it.
    """
    import torch

    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "no"
    fast = device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
    return "bf16" if fast else "no"


class _Run:
    """The state of one call of train, and the books it keeps."""

    def __init__(self, part, folder, minutes, steps, resume, device, seed):
        import torch
        from accelerate import Accelerator

        self.part, self.folder, self.minutes, self.steps, self.seed = part, folder, minutes, steps, seed
        self.accelerator = Accelerator(cpu=device == "cpu")
        self.device = self.accelerator.device
        if device == "cuda" and self.device.type != "cuda":
            raise KitError("device cuda was asked but torch finds no GPU: use --device auto")
        self.bf16 = mixed_precision(self.device) == "bf16"

        self.modules = part.modules()
        for module in self.modules.values():
            # Convolutions run fastest with channels last; matrices are left as they are.
            module.to(self.device, memory_format=torch.channels_last).train()
        self.averaged = _averaged(self.modules)
        self.params = [p for m in self.modules.values() for p in m.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(
            self.params, lr=part.lr, betas=part.betas, eps=part.eps, weight_decay=part.weight_decay, fused=True)
        self.step, self.elapsed = 0, 0.0
        self._restore(resume)
        self._agree()
        self.log = Log(folder / "log.csv", self.step) if self.main else None
        self.sums, self.count, self.last_row = {}, 0, {}
        self.started = self.checked = self.shown = time.monotonic()
        self.before = self.elapsed  # seconds of the runs before this one

    @property
    def main(self):
        """Whether this process writes; the others only compute."""
        return self.accelerator.is_main_process

    def _restore(self, resume):
        path = self.folder / "checkpoint.pt"
        if not path.exists():
            return
        if not resume:
            raise KitError(f"{self.folder} already holds a run: add --resume to go on, or delete it to begin anew")
        state = read_checkpoint(path, self.part.name)
        if state["seed"] != self.seed:
            raise KitError(f"{path} was begun with seed {state['seed']}, not {self.seed}: resume with that seed")
        load_states(self.modules, state["modules"], self.part.name)
        load_states(self.averaged, state["ema"], self.part.name)
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.elapsed = state["step"], state["elapsed"]

    def _agree(self):
        """All processes start from the main one's weights."""
        from accelerate.utils import broadcast

        if self.accelerator.num_processes > 1:
            for module in (*self.modules.values(), *self.averaged.values()):
                for tensor in module.state_dict().values():
                    tensor.copy_(broadcast(tensor.clone()))

    def go(self, stop):
        """Look at the clock; False when the budget is spent or a signal asks to stop.

        The main process's clock decides for all, since each must take the same steps at the same rate.
        """
        import torch
        from accelerate.utils import broadcast

        self.elapsed = self.before + time.monotonic() - self.started
        spent = self.step / self.steps if self.steps is not None else self.elapsed / (60 * self.minutes)
        self.progress = math.inf if stop else spent
        if self.accelerator.num_processes > 1:
            at = torch.tensor([self.progress], dtype=torch.float64, device=self.device)
            self.progress = broadcast(at).item()
        return self.progress < 1

    def one_step(self):
        """Batch, loss, gradient, AdamW, moving average."""
        import torch
        from accelerate.utils import send_to_device

        rank = self.accelerator.process_index
        torch.manual_seed(_number(self.seed, self.step, rank, "layers"))  # dropout takes the global generator
        batch = self.part.batch(self.step, _generator("cpu", self.seed, self.step, rank, "batch"))
        batch = send_to_device(batch, self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            loss, terms = self.part.loss(batch, _generator(self.device, self.seed, self.step, rank, "loss"))
        loss.backward()
        self._share_gradients()
        norm = torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        lr = self.part.lr * learning_rate(self.step, self.progress)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._average()
        self.step += 1

        for key, value in {"loss": loss, "gradient": norm, **terms}.items():
            self.sums[key] = self.sums.get(key, 0.0) + (value.detach() if torch.is_tensor(value) else value)
        self.count, self.lr = self.count + 1, lr

    def _share_gradients(self):
        """Mean of the gradients over the processes.

        Written out instead of DistributedDataParallel, whose wrapper only knows `forward`: parts call a module's
        methods too (a VAE's encode and decode, SAM's three stages).
        """
        import torch

        if self.accelerator.num_processes > 1:
            grads = [p.grad for p in self.params if p.grad is not None]
            flat = self.accelerator.reduce(torch.cat([g.reshape(-1) for g in grads]), reduction="mean")
            for grad, part in zip(grads, flat.split([g.numel() for g in grads]), strict=True):
                grad.copy_(part.view(grad.shape))

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

    def keep_books(self, bar):
        """The log, the bar, and from time to time the checkpoint and the preview."""
        if not self.main:
            return
        now = time.monotonic()
        due = now - self.checked >= CHECKPOINT_SECONDS
        if self.count >= LOG_STEPS or due:
            self._write_row()
            samples = self._samples() / (now - self.started)
            bar.set_postfix_str(f"step {self.step}, loss {self.last_row['loss']:.4g}, {samples:.1f} samples/s")
        bar.update((self.step if self.steps is not None else min(self.elapsed, 60 * self.minutes)) - bar.n)
        if due:
            self._checkpoint()
            self.checked = now
        if now - self.shown >= PREVIEW_SECONDS:
            self._preview()
            self.shown = time.monotonic()

    def finish(self):
        if self.main:
            if self.count:
                self._write_row()
            self._checkpoint()
            self._preview()
        self.accelerator.wait_for_everyone()

    def _samples(self):
        """Seen by all processes since this call of train began."""
        return (self.step - self.first_step) * self.part.batch_size * self.accelerator.num_processes

    def _write_row(self):
        means = {key: float(total) / self.count for key, total in self.sums.items()}
        if not math.isfinite(means["loss"] + means["gradient"]):
            raise KitError(
                f"{self.part.name}: the loss is no longer a number at step {self.step}; the checkpoint in "
                f"{self.folder} is from before: resume with a lower learning rate")
        self.last_row = {"step": self.step, "elapsed": round(self.elapsed, 1), "lr": self.lr, **means}
        self.log.write(self.last_row)
        self.sums, self.count = {}, 0

    def _checkpoint(self):
        state = {
            "name": self.part.name, "seed": self.seed, "step": self.step, "elapsed": self.elapsed,
            "modules": {name: module.state_dict() for name, module in self.modules.items()},
            "ema": {name: module.state_dict() for name, module in self.averaged.items()},
            "optimizer": self.optimizer.state_dict(),
        }
        write_checkpoint(self.folder / "checkpoint.pt", state)

    def _preview(self):
        import torch

        from ..images import write_png

        with torch.no_grad():
            picture = self.part.preview(self.averaged)
        if picture is not None:
            write_png(self.folder / "preview.png", picture)

    def bar(self):
        from tqdm.auto import tqdm

        self.first_step = self.step
        total = self.steps if self.steps is not None else 60 * self.minutes
        shape = "{desc} {percentage:3.0f}%|{bar}| {elapsed}<{remaining} {postfix}"
        done = self.step if self.steps is not None else min(self.elapsed, total)
        return tqdm(total=total, initial=done, desc=self.part.name, bar_format=shape, disable=not self.main)


def _averaged(modules):
    """Copies for the moving average: never trained, always in eval mode."""
    return {name: copy.deepcopy(module).eval().requires_grad_(False) for name, module in modules.items()}


def _number(*words):
    """A number for a generator from anything printable: the same on every machine and in every process."""
    return int.from_bytes(hashlib.blake2b(repr(words).encode(), digest_size=4).digest(), "little")


def _generator(device, *words):
    import torch

    return torch.Generator(device).manual_seed(_number(*words))


@contextlib.contextmanager
def _stop_on_signal():
    """A list that is empty until Ctrl-C or SIGTERM: a step under way is finished, so no state is half new."""
    asked = []
    try:
        old = {s: signal.signal(s, lambda number, frame: asked.append(number)) for s in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not the main thread, where a notebook's server may run us
        old = {}
    try:
        yield asked
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
