"""A task for sweeps that is quick, and as slow, heavy or mortal as a study asks; tests name it "toy_sweep:TOY".

What the cells are told besides their settings stands in environment variables, which are no part of a key: where each
call is noted (TOY_CALLS), what the rows depend on (TOY_DEPENDS).
"""

import hashlib
import os
import signal
import time
from pathlib import Path

from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.sweep.tasks import Task


def run(settings):
    note("begin", settings)
    if settings["trap"] == "raise":
        raise ValueError("a trap")
    if settings["trap"] == "time":  # what submitit raises in a job whose time is over
        from submitit.core.utils import UncompletedJobError

        raise UncompletedJobError("timed out")
    if settings["trap"] == "once" and first_time(settings):
        print("this job is about to die", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    if settings["trap"] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(settings["nap"])
    digest = f"{settings}".encode()
    for _ in range(settings["work"]):  # of the processor
        digest = hashlib.sha256(digest * 64).digest()
    rows = [{"scene": scene, "value": int.from_bytes(hashlib.sha256(f"{scene} {settings}".encode()).digest()[:3]) / 7,
             "success": None if scene % 3 else scene % 2 == 0, "kind": "colour" if scene % 2 else "swap"}
            for scene in range(settings["seed"], settings["seed"] + settings["scenes"])]
    note("end", settings)
    return rows


def check(settings):
    if settings["colour"] == "plaid":
        raise KitError("colour plaid: there is no such colour; take red or blue")


def depends(settings):
    return {"weights": os.environ.get("TOY_DEPENDS", "1"), "of": [settings["colour"], 1]}


def note(what, settings):
    """One line in the file of calls: what, when, which process, which cell, how many threads it was given.

    Written at once, so lines stay whole.
    """
    if place := os.environ.get("TOY_CALLS"):
        line = f"{what} {time.monotonic():.6f} {os.getpid()} {settings['colour']}-{settings['number']} "
        line += f"{os.environ.get('OMP_NUM_THREADS')}\n"
        with open(place, "ab", buffering=0) as file:
            file.write(line.encode())


def first_time(settings):
    try:
        Path(os.environ["TOY_CALLS"]).with_suffix(f".{settings['number']}").touch(exist_ok=False)
        return True
    except FileExistsError:
        return False


TOY = Task(run, {"scenes": 3, "seed": 0, "colour": "red", "number": 0, "share": 0.5, "soft": False, "nap": 0.0,
                 "work": 0, "trap": ""}, check, depends)
