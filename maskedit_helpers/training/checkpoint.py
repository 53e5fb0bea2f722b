"""What a training run leaves behind, so that any kill finds it whole: one checkpoint file and one log."""
import csv
import io
import os
import pickle

from ..errors import KitError
from ..pictures.images import write_file


def read_checkpoint(path, name):
    """The state of part `name` as train wrote it: modules, ema, optimizer, step, elapsed, settings, name."""
    import torch

    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise KitError(f"no checkpoint at {path}: train {name} first") from None
    except (RuntimeError, OSError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        raise KitError(f"{path} is not a checkpoint ({type(error).__name__}): delete it and train again") from None
    if state.get("name") != name:
        raise KitError(f"{path} holds {state.get('name')!r}, not {name!r}: use another folder")
    return state


def write_checkpoint(path, state):
    """One file, written aside, forced to the disk, then renamed: a kill leaves the old one or the new one."""
    import torch

    aside = path.with_suffix(".part")
    try:
        with open(aside, "wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise KitError(f"cannot write {path}: {error.strerror}") from None


def load_states(modules, states, name):
    """Fill the modules of part `name` from a checkpoint's states."""
    try:
        for key, module in modules.items():
            module.load_state_dict(states[key])
    except (KeyError, RuntimeError):
        raise KitError(f"the checkpoint of {name} has other layers than today's code: train it anew") from None


class Log:
    """A CSV file that holds no row later than the step it is opened at."""

    def __init__(self, path, step):
        self.path, self.columns = path, None
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = []
        if path.exists() and step:
            with open(path, newline="") as file:
                # A kill may have cut the last row short.
                rows = [r for r in csv.DictReader(file) if None not in r.values() and int(r["step"]) <= step]
        if not rows:
            path.unlink(missing_ok=True)
            return
        self.columns = list(rows[0])
        text = io.StringIO()
        writer = csv.DictWriter(text, self.columns)
        writer.writeheader()
        writer.writerows(rows)
        write_file(path, text.getvalue().encode(), ".csv")  # aside, so that a kill here loses nothing

    def write(self, row):
        with open(self.path, "a", newline="") as file:
            if self.columns is None:
                self.columns = list(row)
                csv.writer(file).writerow(self.columns)
            csv.DictWriter(file, self.columns).writerow(row)
