"""The curves of `curve` as a figure: a panel for each score, bad masks kept and good ones lost over the threshold."""

from ...errors import KitError
from ...figures.show import subplots
from .curve import filter_report

COLUMNS = 3
SAYS = {
    "clip_image": "CLIP: the two pictures", "clip_direction": "CLIP: direction", "clip_source": "CLIP: first caption",
    "clip_target": "CLIP: second caption", "change_iou": "IoU of mask and change",
    "change_inside": "share of change inside", "mask_score": "IoU that SAM expects",
    "phrase_score": "CLIP: mask and phrase", "anyedit_l1": "AnyEdit's L1"}


def show_filter(pairs=None, mask_source="all"):
    """What each threshold throws out, as a figure: see `curve.filter_curve`.

    Parameters
    ----------
    pairs : a report of `filter_report`, or what that takes; the kept one if not given
    mask_source : "all", or "click", "box" or "words": masks that were made in this way alone

    Returns
    -------
    figures.show.PictureRow : shows itself as a cell's last line; `me.save_figure` writes it. A dotted line stands where
    a threshold loses 5 % of the good masks and throws out several times as many of the bad; where there is none, the
    score says little of masks.

    Raises
    ------
    KitError
        No masks that were made in this way; as `filter_report`.
    """
    report = pairs if isinstance(pairs, dict) else filter_report(pairs)
    if mask_source not in report["curves"]:
        raise KitError(f"no masks here are from {mask_source!r}; use one of {', '.join(report['curves'])}")
    curves, limits = report["curves"][mask_source], report["chosen"].get(mask_source, {})
    rows = -(-len(curves) // COLUMNS)
    figure, axes = subplots(rows, COLUMNS, figsize=(3.1 * COLUMNS, 2.3 * rows + 0.4),
                            alt=_alt(report, curves, limits, mask_source))
    for axis, (name, curve) in zip(axes.flat, curves.items()):
        axis.plot(curve["threshold"], curve["bad_kept"], color="C3", label="bad masks kept")
        axis.plot(curve["threshold"], curve["good_lost"], color="C0", linestyle="--", label="good masks lost")
        if name in limits:
            axis.axvline(limits[name], color="0.3", linestyle=":")
        axis.set(title=SAYS[name], ylim=(-0.03, 1.03))
        axis.title.set_fontsize(9)
        axis.tick_params(labelsize=8)
    for axis in axes.flat[len(curves):]:
        axis.axis("off")
    figure.legend(*axes.flat[0].get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=9)
    figure.supxlabel("threshold: what scores less is thrown out", fontsize=9)
    figure.supylabel("share", fontsize=9)
    return figure


def _alt(report, curves, limits, way):
    one = next(iter(curves.values()))
    said = [f"{SAYS[name]} from {limit:.2f} on" for name, limit in limits.items()]
    return (f"{len(curves)} panels, one for each score of the filter, over its threshold: the share of the "
            f"{one['bad']} bad masks (IoU under {report['bad']:g}) that stay falls, the share of the {one['good']} "
            f"good ones that are lost rises. Masks by {'all ways' if way == 'all' else way}. " +
            (f"Worth its loss: {'; '.join(said)}." if said else "No line is drawn."))
