"""measure --folder: what belongs to a folder of edits rather than to one."""

import csv
import io

from ..errors import KitError
from .options import output, watched


def measure_a_folder(folder, layout, edits, masks, common, size, csv_file, as_json):
    """All metrics of all edits; the rows to a CSV file, too, if one is asked for."""
    from ..pictures.images import write_file
    from ..studies.outside.run import measure_folder

    if csv_file is not None and csv_file.suffix.lower() != ".csv":
        raise KitError(f"{csv_file}: this writes a CSV file, so let its name end in .csv")
    if csv_file is not None and not csv_file.parent.is_dir():
        raise KitError(f"{csv_file}: there is no folder {csv_file.parent}; make it first")
    found = measure_folder(folder, layout=layout, edits=edits or None, size=size, masks=masks, common=common,
                           progress=watched())
    if csv_file is not None:
        write_file(csv_file, _csv(found.rows).encode(), ".csv")
    values = {"layout": found.layout, "scores": found.scores, "conventions": found.conventions, "rows": found.rows,
              "left_out": found.left_out, "notes": found.notes}
    written = [f"{csv_file}: written, {len(found.rows)} rows"] if csv_file else []
    output(as_json, values, "\n\n".join((repr(found), *written)))


def _csv(rows):
    """A line for each edit; empty where a metric has no value."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if value != value else value for name, value in row.items()} for row in rows)
    return file.getvalue()
