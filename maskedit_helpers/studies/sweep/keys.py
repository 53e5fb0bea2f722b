"""A cell's key: equal keys, equal rows. Any change of its settings, or of what its rows depend on, is another key."""

import hashlib
import json

LENGTH = 16  # hexadecimal digits of the key that are kept


def cell_key(task, settings, depends):
    """16 hexadecimal digits of the sha256 of a cell's task, settings and dependencies as JSON.

    task : str. settings : dict of plain values. depends : dict, as JSON holds it; in whatever order.
    """
    said = json.dumps({"task": task, "settings": settings, "depends": depends}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()[:LENGTH]
