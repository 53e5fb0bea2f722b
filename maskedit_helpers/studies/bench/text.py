"""The benchmark's answer as text, for the command line."""

from ...metrics.tables import format_table
from ..words import counted


def text(answer):
    """What `bench.bench` returns, for a person."""
    head = (f"{answer['models']} models on {answer['device']}, {counted(answer['scenes'], 'scene')} of seed "
            f"{answer['seed']}; {answer['described']}")
    lines = [head, *([f"note: {answer['warning']}"] if answer["warning"] else []), "",
             format_table([_row(name, row) for name, row in answer["editors"].items()]), ""]
    lines += [f"left out: {plan}: {why}" for plan, why in answer["left_out"].items()]
    rates = ", ".join(f"{rate:.0f} in {form}" for form, rate in answer["matrix_gflops"].items())
    lines += [f"stock's best: {answer['best_of_stock']}",
              f"a U-Net row: {answer['unet_row_gmac']:.2f} GMAC; a large matrix product: {rates} GFLOP/s"]
    for name, row in answer["editors"].items():
        stages = {**({"load": row["load_seconds"]} if "load_seconds" in row else {}), **row["stages"]}
        if row["stages"]:
            lines.append(f"seconds of {name}: " + _listed(stages))
    for title, what in (("around", "around an edit"), ("sam", "of SAM alone, per click")):
        lines.append(f"seconds {what}: " + _listed({part: one["median"] for part, one in answer[title].items()}))
    pairs = answer["pairs"]
    lines.append(f"training pairs drawn a second: {pairs['one_process']:.0f} by one process, {pairs['all_cores']:.0f} "
                 f"by {pairs['cores']}")
    if "gpu" in answer:
        gpu = answer["gpu"]
        lines.append(f"SAM {gpu['model']} ({gpu['weights']} weights), seconds to encode: "
                     + _listed({form: one["median"] for form, one in gpu["encode"].items()}))
    return "\n".join([*lines, "", *(f"- {note}" for note in answer["notes"])])


def _listed(seconds):
    return ", ".join(f"{what.replace('_', ' ')} {value:.4f}" for what, value in seconds.items())


def _row(name, row):
    spent = row["seconds"]
    known = {each: row[each] for each in ("unet_rows", "edit_psnr", "sharpness", "background_psnr", "clip_direction",
                                          "edit_success") if each in row}
    return {"editor": name, "seconds": f"{spent['median']:.2f} ({spent['low']:.2f}-{spent['high']:.2f})",
            "times stock": f"{row['times_stock']:.1f}", "times its best": f"{row['times_best']:.1f}",
            "quality held": "yes" if row["holds"] else "no", **known,
            "share of matrix rate": "-" if row["share"] is None else f"{row['share']:.0%}",
            "peak memory (MB)": f"{row['peak_memory_mb']:.0f}" if row.get("peak_memory_mb") else "-"}
