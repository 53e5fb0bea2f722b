"""What is odd in a folder's edits though it can be measured: nothing was edited, or other places than the masks."""

import numpy as np

from ...metrics.pixels import change_map, is_unedited
from ...pictures.images import WHITE


class Oddities:
    """Sees one edit after the other."""

    def __init__(self):
        self.unedited, self.spilt, self.whole = {}, {}, {}

    def see(self, edit, found):
        """edit : Edit. found : dict of `edit.known`"""
        if "x0" not in found:
            return
        if is_unedited(found["x0"], found["y"]):
            self.unedited.setdefault(edit.heading, []).append(edit.name)
        elif "M" in found:
            self.spilt.setdefault(edit.heading, []).append(_more_outside(found))
        if "M" in found and (found["M"] > WHITE).all():
            self.whole[edit.name] = True

    @property
    def notes(self):
        """list of str"""
        said = []
        if self.whole:
            said.append(f"the mask covers all of {_few(self.whole)}: there is no background to measure")
        for heading, names in self.unedited.items():
            said.append(f"{heading}: the original picture came back, no value off by more than one grey level, in "
                        f"{_few(names)}")
        for heading, more in self.spilt.items():
            if sum(more) > len(more) / 2:
                said.append(f"{heading}: {sum(more)} of {len(more)} edits have changed more outside the mask than "
                            "inside, pixel for pixel; are they the right masks, and white where the edit is?")
        return said


def _more_outside(found):
    change, inside = change_map(found["x0"], found["y"]), found["M"] > WHITE
    return bool(inside.any() and not inside.all() and np.mean(change[~inside]) > np.mean(change[inside]))


def _few(names):
    """ "5 pictures (a, b, c, ...)" """
    names = list(names)
    return f"{len(names)} picture{'s' * (len(names) > 1)} ({', '.join(names[:3])}{', ...' * (len(names) > 3)})"
