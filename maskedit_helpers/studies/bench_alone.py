"""One editor in a process of its own: how long it takes to load, and how much memory it needs at most.

In one process the peaks of several can't be told apart, since a peak only grows. A child that is started anew shows its
own: not `ru_maxrss`, in which Linux counts what the parent held when it was started, but the peak of its own pages.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from ..errors import KitError


def alone(kit, name):
    """An editor loaded in a fresh process, and one edit by it.

    Parameters
    ----------
    kit : Kit; its choice of models is loaded there
    name : str, of one of `bench_editors.editors`

    Returns
    -------
    {"load_seconds": from Python's start to the models in memory, imports among them; "peak_memory_mb": of that process,
    on a GPU of what torch held there}

    Raises KitError where that process fails.
    """
    settings = {"s_T": kit.editor.s_T, "s_I": kit.editor.s_I, "long_side": kit.editor.long_side}
    words = json.dumps([name, kit.choice.size, kit.choice.memory, settings])
    done = subprocess.run([sys.executable, "-m", __name__, words], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["for want of memory perhaps"])[-1]
        raise KitError(f"{name} could not be measured in a process of its own: {last}")
    return json.loads(done.stdout.splitlines()[-1])


def main(words):
    start = time.perf_counter()
    name, size, memory, settings = json.loads(words)
    from ..editing.plan import PLANS
    from ..kit.kit import Kit
    from ..kit.weights import choose
    from ..training.dataset import preview_pairs
    from .bench_editors import planned, stock

    kit = Kit(choose(size, memory))
    if name in PLANS:
        editor = planned(kit, name)
    else:
        editor = next(one for one in stock(kit, SimpleNamespace(**settings)) if one.name == name)
    seconds = time.perf_counter() - start
    pair, = preview_pairs(1)
    editor.prepare()
    editor.edit(pair.before, pair.instruction)
    print(json.dumps({"load_seconds": seconds, "peak_memory_mb": peak_memory_mb(editor.pipe.device.type)}))


def peak_memory_mb(device):
    """The most that this process held at once; None where the system doesn't tell."""
    if device == "cuda":
        import torch

        return torch.cuda.max_memory_allocated() / 2**20
    status = Path("/proc/self/status")
    if status.is_file():
        kilobytes = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(kilobytes[0]) / 2**10
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)  # bytes there, kilobytes elsewhere


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except KitError as error:
        sys.exit(str(error))
