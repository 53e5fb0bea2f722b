"""Rows as a table."""

import math

import numpy as np


def format_table(rows):
    """Rows of `measure` (dicts, with more columns where you like) as aligned text.

    Columns in the order in which the keys first appear, "note" last and only where there is one. An infinite
    PSNR reads "exact", a missing number "-".
    """
    keys = list(dict.fromkeys(key for row in rows for key in row if key != "note"))
    if any(row.get("note") for row in rows):
        keys.append("note")
    lines = [[key + " (dB)" if key.endswith("psnr") else key for key in keys]]
    lines += [[_cell(key, row.get(key)) for key in keys] for row in rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(keys))]
    words = [any(isinstance(row.get(key), str) for row in rows) for key in keys]
    aligned = [[cell.ljust(width) if word else cell.rjust(width)
                for cell, width, word in zip(line, widths, words)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in aligned)


def _cell(key, value):
    if value is None or value != value:  # nan
        return "-"
    if not isinstance(value, (float, np.floating)):
        return str(value)
    if math.isinf(value) and key.endswith("psnr"):
        return "exact"
    return f"{value:.1f}" if key.endswith(("psnr", "clip_score", "seconds")) else f"{value:.4f}"
