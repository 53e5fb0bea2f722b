"""A study's tables held against pandas' own means, the verbs that they are made of, and statsmodels' Holm."""

import io

import pandas as pd
import pytest
from made_rows import CONTROLS, MASKS, rows, spec
from statsmodels.stats.multitest import multipletests

from maskedit_helpers.errors import KitError
from maskedit_helpers.studies.comparing import compare_in_pairs
from maskedit_helpers.studies.sweep.table import study_table, study_tables

ROWS = rows()
FRAME = pd.DataFrame(ROWS)
GAINS = {"name": "gains", "by": ["mask", "control"], "metrics": ["truth_psnr", "edit_success"],
         "relative_to": {"control": "blend"}}


def read(page):
    """[list of dict] of the tables of a page in Markdown"""
    tables = []
    for block in page.split("\n\n"):
        if block.startswith("|"):
            heads, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines())
            tables.append([dict(zip(heads, line)) for line in lines])
    return tables


def test_all_that_varies_and_is_known_if_nothing_is_asked():
    (means,) = read(study_table(spec(), form="markdown", rows=ROWS))
    assert [*means[0]] == ["control", "mask", "IoU of the mask with the true one", "truth PSNR (dB)",
                           "share with the colour asked", "scenes"]
    assert [(row["control"], row["mask"]) for row in means] == [(c, m) for c in CONTROLS for m in MASKS]
    for row in means:
        there = FRAME[(FRAME.control == row["control"]) & (FRAME["mask"] == row["mask"])]
        mean, _, rest = row["truth PSNR (dB)"].partition(" (")
        low, high = map(float, rest.strip(")").split(" to "))
        assert float(mean) == pytest.approx(there.truth_psnr.mean(), abs=0.051) and low < float(mean) < high
        assert float(row["share with the colour asked"][:4]) == pytest.approx(there.edit_success.mean(), abs=0.0051)
        assert row["scenes"] == "9 to 12"


def test_gains_are_those_of_the_verb_and_in_the_order_of_by():
    table = study_tables(spec(tables=[GAINS]), ROWS)["gains"]
    assert [(row["mask"], row["control"]) for row in table["means"]] == [(m, c) for m in MASKS for c in CONTROLS]
    theirs = compare_in_pairs(ROWS, "control", "blend", ["truth_psnr", "edit_success"], by="mask")
    assert table["gains"] == theirs and len(theirs) == 12
    _, gains = read(study_table(spec(tables=[GAINS]), form="markdown", rows=ROWS))
    assert [*gains[0]] == ["mask", "control", "metric", "gain", "effect", "p", "pairs"]
    for row, told in zip(gains, theirs):
        assert row["gain"][0] in "+-"
        assert float(row["gain"].split(" ")[0]) == pytest.approx(told["difference"], abs=0.051)
        effect = None if row["effect"] == "-" else float(row["effect"])
        assert effect == (told["effect"] and pytest.approx(told["effect"], abs=0.0051))
        assert row["p"] == ("< 0.001" if told["p_holm"] < 0.001 else f"{told['p_holm']:.3f}")
        assert row["pairs"] == ("12" if told["metric"] == "truth_psnr" else "9")
    where = {row["mask"]: float(row["gain"].split(" ")[0]) for row in gains
             if row["control"] == "channel" and row["metric"].startswith("truth")}
    assert where["shifted"] == pytest.approx(10, abs=0.7) and where["grown"] == pytest.approx(4, abs=0.7)  # as made


def test_p_is_corrected_for_the_whole_study():
    tables = study_tables(spec(tables=[GAINS, {**GAINS, "name": "more", "metrics": "mask_iou"}]), ROWS)
    gains = [row for table in tables.values() for row in table["gains"]]
    assert len(gains) == 18
    theirs = multipletests([row["p"] for row in gains], method="holm")[1]
    assert [row["p_holm"] for row in gains] == pytest.approx(theirs)
    assert "the number of comparisons in this study, 18 (Holm)" in study_table(spec(tables=[
        GAINS, {**GAINS, "name": "more", "metrics": "mask_iou"}]), "more", rows=ROWS)


def test_what_no_level_can_change_counts_as_no_comparison():
    same = [{**row, "mask_iou": 0.9} for row in ROWS]
    table = study_tables(spec(tables=[{**GAINS, "metrics": ["mask_iou", "truth_psnr"]}]), same)["gains"]
    assert table["means"][0]["mask_iou"]["mean"] == 0.9
    assert len(table["gains"]) == 6 and {row["metric"] for row in table["gains"]} == {"truth_psnr"}
    theirs = multipletests([row["p"] for row in table["gains"]], method="holm")[1]
    assert [row["p_holm"] for row in table["gains"]] == pytest.approx(theirs)


def test_as_csv_all_digits_are_there():
    found = pd.read_csv(io.StringIO(study_table(spec(tables=[GAINS]), form="csv", rows=ROWS)))
    psnr = found[(found.metric == "truth_psnr") & found.relative_to.isna()].set_index(["control", "mask"])["mean"]
    means = FRAME.groupby(["control", "mask"]).truth_psnr.mean()
    assert psnr.sort_index().to_numpy() == pytest.approx(means.sort_index().to_numpy(), rel=1e-12)
    assert len(found) == 18 + 12 and set(found.unit.dropna()) == {"dB"}
    assert found[found.relative_to == "blend"].p_holm.notna().all()


def test_as_text_the_columns_are_aligned():
    text = study_table(spec(tables=[GAINS]), rows=ROWS)
    lines = text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("mask"))
    starts = {line.index(control) for line in lines[head + 1:head + 10] for control in CONTROLS if control in line}
    assert starts == {lines[head].index("control")}
    assert lines[0] == "How exact must a mask be? Means with 95 % intervals; pocket models."


def test_labels_are_what_levels_are_called():
    (means,) = read(study_table(spec(tables=[{"labels": {"channel": "mask channel"}, "where": {"mask": "truth"}}]),
                                form="markdown", rows=ROWS))
    assert [row["control"] for row in means] == ["blend", "latent", "mask channel"]


def test_mistakes_are_told():
    with pytest.raises(KitError, match="table 1: mask varies too; name it in by or where"):
        study_table(spec(tables=[{"by": "control"}]), rows=ROWS)
    with pytest.raises(KitError, match="no table 'all'; it has gains"):
        study_table(spec(tables=[GAINS]), "all", rows=ROWS)
    with pytest.raises(KitError, match="form 'pdf': a table is text, markdown or csv"):
        study_table(spec(), form="pdf", rows=ROWS)
    with pytest.raises(KitError, match="there is no 'metric'; it has name, title, by, metrics"):
        study_table(spec(tables=[{"metric": "truth_psnr"}]), rows=ROWS)
