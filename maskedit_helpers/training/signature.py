"""What a run was begun with, which a resumed one must have too: otherwise it is no longer the same run.

Minutes and steps may differ, since going on longer is what resuming is for. So may the machine, though its device and
number format round differently: a run goes on elsewhere, but not bit for bit.
"""
from ..errors import KitError

OF_PART = ("batch_size", "lr", "betas", "eps", "weight_decay")


def signature(part, seed, processes, settings):
    """{name: value} of all that a run hangs on. settings: the caller's share of it, plain values."""
    return {"seed": seed, "processes": processes, **settings, **{name: getattr(part, name) for name in OF_PART}}


def refuse_another(path, state, now):
    """KitError if the checkpoint `state` of `path` was begun with other values than `now` names."""
    began = state.get("settings")
    if began is None:
        raise KitError(f"{path} does not say what it was begun with, as an older kit wrote it: delete {path.parent} "
                       "and begin anew")
    for name, value in now.items():
        if name not in began or began[name] != value:
            was = began.get(name)
            raise KitError(f"{path} was begun with {name} {was}, not {value}: {_remedy(name, was)}, or delete "
                           f"{path.parent} to begin anew")


def _remedy(name, was):
    if name == "warm":
        return "resume with --warm" if was else "resume without --warm"
    if name == "processes":
        return f"resume on as many (accelerate launch --num_processes {was})"
    if name in ("seed", "pairs"):
        return f"resume with --{name} {was}"
    return f"bring back the {name} that it was begun with"
