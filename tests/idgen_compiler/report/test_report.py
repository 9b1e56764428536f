"""Reports are values: every rendering is of them, and JSON gives them back."""

from __future__ import annotations

import io
import json
import re
from html import unescape

import pytest
from rich.console import Console

import idgen_compiler as idgen
from idgen_compiler.forms.record import read_record
from idgen_compiler.report.page import THEME, Page
from idgen_compiler.report.regenerations import Explanation, explain_regenerations
from idgen_compiler.report.report import Report
from idgen_compiler.report.stages import StagesReport, describe_stages
from idgen_compiler.report.summary import DataRow, Summary

GRAPH = idgen.ADMG.parse("W1 -> W2 -> X -> Y; X <-> W1 <-> Y")
QUERIES = [idgen.Query.parse(text) for text in ("P(Y | do(X))", "P(Y | do(W2))")]
COMPILED = [idgen.explain(query, GRAPH) for query in QUERIES]
PROGRAM = idgen.compile(QUERIES, GRAPH)
SUMMARY = Summary.of(COMPILED, PROGRAM)
REPORTS: dict[str, Report] = {
    "summary": SUMMARY,
    "stages": StagesReport.of(COMPILED[0]),
    "reason": explain_regenerations(COMPILED[0])[0].explanation,
}


@pytest.mark.parametrize("name", REPORTS)
def test_json_gives_the_report_back(name: str) -> None:
    report = REPORTS[name]
    assert read_record(type(report), json.loads(report.to_json()), name) == report


@pytest.mark.parametrize("name", REPORTS)
def test_text_and_page_say_the_same(name: str) -> None:
    file = io.StringIO()
    REPORTS[name].write(Page.on(file))
    assert file.getvalue() == f"{REPORTS[name]}\n"


@pytest.mark.parametrize("name", REPORTS)
def test_every_rendering_has_every_word(name: str) -> None:
    report, file = REPORTS[name], io.StringIO()
    report.write(Page(Console(file=file, force_terminal=True, width=250, theme=THEME, highlight=False, markup=False)))
    shown = re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())
    html = unescape(re.sub(r"<[^>]+>", "", report.to_html(width=250)))
    words = set(re.findall(r"[\w%(){}]+", str(report)))
    assert words - set(re.findall(r"[\w%(){}]+", shown)) == set()
    assert words - set(re.findall(r"[\w%(){}]+", html)) == set()


def test_html_stands_alone() -> None:
    page = REPORTS["summary"].to_html()
    assert page.startswith("<!DOCTYPE html>")
    assert "http" not in re.sub(r"xmlns=\S+", "", page)


def test_the_values_of_a_summary() -> None:
    assert [answer.query for answer in SUMMARY.answers] == [str(query) for query in QUERIES]
    assert {count.what: (count.literal, count.compiled) for count in SUMMARY.cost}["models"][1] == PROGRAM.cost.models
    assert [rows.name for rows in SUMMARY.data] == ["%obs", "%law0"]
    assert all(isinstance(reason, Explanation) for reason in SUMMARY.reasons)
    assert (SUMMARY.vertices, SUMMARY.directed, SUMMARY.bidirected) == (4, 3, 2)


def test_stages_that_change_nothing_are_one_line() -> None:
    stages = StagesReport.of(COMPILED[0]).stages
    idle = [stage for stage in stages if not stage.changed]
    assert [str(stage) for stage in idle] == [f"{stage.name}: nothing to do" for stage in idle]
    assert describe_stages(COMPILED[0]).count("nothing to do") == len(idle)


def test_each_way_to_have_rows_is_a_line() -> None:
    rows = DataRow("%law0", ("X", "Y"), ("sampled", "weighted"), "P(X, Y ; do(W))")
    assert rows.lines == [("%law0", "X, Y", "sampled", "P(X, Y ; do(W))"), ("", "or", "weighted", "")]


def test_what_one_row_keeps_together_is_said() -> None:
    def told(graph: str) -> list[str]:
        compilation = idgen.explain(idgen.Query.parse("P(Y | do(X))"), idgen.ADMG.parse(graph))
        (answer,) = Summary.of([compilation], compilation.program).answers
        return [text for label, text in answer.facts if not label]

    words = "come from one row: what the graph has independent stays as the data have it"
    assert told("A, B -> X -> Y; A, B -> Y") == [f"A, B {words}"]
    assert told("A, B -> X -> Y; A, B -> Y; A -> B") == []
    many = ", ".join(f"C{k}" for k in range(30))
    (text,) = told(f"{many} -> X -> Y; {many} -> Y")
    assert text.endswith(f"C23 and 6 more {words}")
