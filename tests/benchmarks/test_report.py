"""The benchmark page keeps what stands outside a benchmark's markers."""

from __future__ import annotations

import re
from io import StringIO

from rich.console import Console

from tests.benchmarks import report
from tests.benchmarks.__main__ import PAGE as BENCHMARKS

PAGE = "# Benchmarks\n\n<!-- bench:a -->\nold\n<!-- /bench:a -->\n\n<!-- bench:b -->\nkept\n<!-- /bench:b -->\n"


def test_replacing_a_section_keeps_the_rest() -> None:
    page = report.replace_section(PAGE, "a", r"new \1")
    assert page == PAGE.replace("old", r"new \1")


def test_a_section_without_markers_is_added_at_the_end_once() -> None:
    once = report.replace_section(PAGE, "c", "first")
    twice = report.replace_section(once, "c", "second")
    assert once.startswith(PAGE.rstrip())
    assert twice == once.replace("first", "second")


def test_markdown_has_one_line_per_row_and_every_column() -> None:
    rows = [{"case": "x|y", "seconds": 0.012345}, {"case": "chain", "ratio": 1234.5}]
    lines = report.markdown("speed", "What is measured.", rows, seconds=3.2).splitlines()
    assert lines[-4] == "| case | seconds | ratio |"
    assert lines[-2] == "| x\\|y | 0.0123 |  |"
    assert lines[-1] == "| chain |  | 1,234 |"


def test_brackets_stay_in_the_terminal() -> None:
    console = Console(width=80, record=True, file=StringIO())
    console.print(report.table("said", [{"error": "none of [columns] are in [red]"}]))
    assert "none of [columns] are in [red]" in console.export_text()


def test_the_page_names_each_section_under_its_question() -> None:
    """A benchmark that was new when it wrote its section is moved to where a reader looks for it."""
    table, *questions = re.split(r"^## ", BENCHMARKS.read_text("utf-8"), flags=re.MULTILINE)
    for question in questions:
        named = re.findall(r"^### (.+)$", question, flags=re.MULTILINE)
        assert f"| {question.splitlines()[0]} | {', '.join(named)}" in table
