"""A table as HTML is read back by a parser that knows nothing of how it was written; as text it is aligned."""
import math
from html.parser import HTMLParser

import numpy as np
import pytest

import maskedit_helpers as me
from maskedit_helpers.metrics.columns import Column, Table


class Reader(HTMLParser):
    """.cells: [{"tag", "text", "bold", and its attributes}] of each line; .tags: all that were opened and closed."""

    def __init__(self, text):
        super().__init__()
        self.lines, self.open, self.attributes, self.caption = [], [], {}, ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag == "br":
            return
        self.open.append(tag)
        self.attributes.setdefault(tag, dict(attributes))
        if tag == "tr":
            self.lines.append([])
        if tag in ("th", "td"):
            self.lines[-1].append({"tag": tag, "text": "", "bold": False, **dict(attributes)})

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "caption" in self.open:
            self.caption += data
        elif self.open[-1] in ("th", "td", "strong"):
            self.lines[-1][-1]["text"] += data
            self.lines[-1][-1]["bold"] |= self.open[-1] == "strong"


ROWS = [{"result": "edit", "change_iou": 0.50812, "background_psnr": 23.71, "seam_error": 9.3, "foreground_psnr": 12.0},
        {"result": "blend <b>", "change_iou": np.float32(0.94), "background_psnr": math.inf, "seam_error": 8.28,
         "foreground_psnr": math.nan, "note": "a & b"}]


def read(rows, **options):
    return Reader(me.table(rows, **options)._repr_html_())


def bold(reader):
    return [cell["text"] for line in reader.lines[1:] for cell in line if cell["bold"]]


def test_heads_have_labels_and_units_and_say_the_name_and_what_is_better():
    heads = read(ROWS).lines[0]
    assert [cell["text"] for cell in heads] == [
        "result", "change IoU", "background PSNR (dB)", "seam error (grey levels)", "foreground PSNR (dB)", "note"]
    assert all(cell["tag"] == "th" and cell["scope"] == "col" for cell in heads)
    assert [cell["title"] for cell in heads[1:5]] == [
        "change_iou: higher is better", "background_psnr: higher is better", "seam_error: lower is better",
        "foreground_psnr"]


def test_cells_read_as_their_metrics_say_and_numbers_stand_right():
    first, second = read(ROWS).lines[1:]
    assert [cell["text"] for cell in first] == ["edit", "0.508", "23.7", "9.30", "12.0", "-"]
    assert [cell["text"] for cell in second] == ["blend <b>", "0.940", "exact", "8.28", "-", "a & b"]
    for line in (first, second):
        assert [("scope" in cell, cell["tag"]) for cell in line] == [(True, "th")] + [(False, "td")] * 5
        assert ["text-align: right" in cell["style"] for cell in line] == [False, True, True, True, True, False]
        assert all("white-space: nowrap" in cell["style"] for cell in line)
        assert [cell["style"].endswith("font-weight: normal") for cell in line] == [True] + [False] * 5


def test_the_best_of_a_column_is_bold_where_there_is_one():
    assert bold(read(ROWS)) == ["0.940", "exact", "8.28"]
    assert bold(read(ROWS[:1])) == []  # alone it is no best
    tie = [{"result": name, "change_iou": value} for name, value in {"a": 0.9, "b": 0.90004, "c": 0.1}.items()]
    assert bold(read(tie)) == ["0.900", "0.900"] and bold(read(tie[:2])) == []  # what reads alike is alike
    assert bold(read([{"case": name, "anything": i} for i, name in enumerate("ab")])) == []
    assert bold(read([{"case": "a", "change_iou": "-"}, {"case": "b", "change_iou": 0.2}])) == []


def test_columns_that_say_more_read_as_their_metric():
    row = {"picture": "x", "by caption: clip_score": 71.26, "baseline_background_psnr": 60.0, "IoU": 0.5}
    heads, cells = read([row]).lines
    assert [cell["text"] for cell in heads] == [
        "picture", "by caption: CLIP score", "background PSNR, baseline (dB)", "IoU"]
    assert [cell["text"] for cell in cells] == ["x", "71.3", "60.0", "0.500"]


def test_all_words_before_the_first_number_name_the_row():
    line = read([{"case": "dog", "result": "edit", "change_iou": 0.5, "kind": "colour"}]).lines[1]
    assert [cell.get("scope") for cell in line] == ["row", "row", None, None]
    line = read([{"s_T": 3.0, "kind": "colour"}]).lines[1]
    assert [cell.get("scope") for cell in line] == ["row", None]


def test_a_wide_table_scrolls_in_a_box_that_keys_reach_and_has_a_caption():
    reader = read(ROWS, caption="Table 1 <of> 2")
    assert "overflow-x: auto" in reader.attributes["div"]["style"] and reader.attributes["div"]["tabindex"] == "0"
    assert reader.attributes["div"]["aria-label"] == reader.caption == "Table 1 <of> 2"
    assert "caption" not in read(ROWS).attributes


def test_no_colours_but_the_pages_own():
    """Whatever is dark or light stays legible: text inherits its colour, and the one line is half-transparent grey."""
    html = me.table(ROWS)._repr_html_()
    assert "color:" not in html.replace("border-color:", "") and "background" not in html.split("<th", 1)[0]
    assert html.count("rgba(") == html.count("rgba(128, 128, 128,")


def test_text_has_names_that_programs_use():
    lines = str(me.table(ROWS, caption="Two results")).splitlines()
    assert lines[0] == "Two results" and "background_psnr (dB)" in lines[1] and lines[3].endswith("a & b")
    assert repr(me.table(ROWS)).splitlines() == lines[1:]
    assert str(me.table([])) == "" and Reader(me.table([])._repr_html_()).lines == [[]]


@pytest.mark.parametrize(("value", "reads"), [
    (None, "-"), (math.nan, "-"), (3, "3"), (np.int64(3), "3"), (2.5, "2.50"), (np.float32(2.5), "2.50"), ("x", "x"),
    (math.inf, "inf"), (True, "True")])
def test_values_read(value, reads):
    assert Column("a", "a", digits=2).cell(value) == reads


def test_a_table_of_its_own_columns():
    table = Table([{"a": 1.0}, {"a": 2.0}], [Column("a", "A", "m", "low", 0)])
    assert str(table) == "a (m)\n    1\n    2" and bold(Reader(table._repr_html_())) == ["1"]
