"""The page of the referee: every section has its place, every tool its row, and the counts add up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.referee import page, results
from tests.referee.tools import TOOLS

TEXT = page.PAGE.read_text("utf-8")
SECTIONS = ("real", "real-kinds", "real-lost", "discrete", "pictures", "words", "versions")


def rows_of(section: str) -> list[dict[str, str]]:
    """The rows of a table of the page by their columns."""
    text = TEXT.split(f"<!-- bench:{section} -->")[1].split(f"<!-- /bench:{section} -->")[0]
    lines = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in text.splitlines() if line[:1] == "|"
    ]
    return [dict(zip(lines[0], line, strict=True)) for line in lines[2:]]


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_is_there_and_filled(section: str) -> None:
    assert rows_of(section)


@pytest.mark.parametrize("part", ["real", "discrete", "pictures"])
def test_rows_are_tools_that_are_asked_ours_first(part: str) -> None:
    rows = [row["tool"] for row in rows_of(part)]
    asked = [name for name, tool in TOOLS.items() if part in tool.parts]
    assert rows == [name for name in asked if name in rows]
    assert rows[0] == "idgen"
    assert len(rows) >= 0.8 * len(asked)


def test_no_row_counts_more_than_was_asked() -> None:
    for part, of in (("real", page.REAL), ("pictures", page.PICTURES)):
        for row in rows_of(part):
            told = sum(
                int(row[verdict] or 0) for verdict in ("answered", "refused", "failed", "cannot ask", "not asked")
            )
            assert told == of or row["installable"] == "no", row["tool"]
    for row in rows_of("discrete"):
        assert int(row["asked"].replace(",", "") or 0) <= page.DISCRETE


def result(case: str, w1: float, **more: object) -> dict[str, object]:
    return {"case": case, "kind": case.rsplit(" ", 1)[0], "verdict": "answered", "words": "", "W1": w1, "KS": w1,
            "fit s": 1.0, "cpu": 1.0, "memory": 100, "versions": "1", **more}  # fmt: skip


def test_rows_without_results_are_not_lost(tmp_path: Path) -> None:
    results.add("idgen", "real", result("a", 0.1), tmp_path)
    results.add("forest", "real", result("a", 0.2), tmp_path)
    marks = "<!-- bench:real -->\n<!-- /bench:real -->\n"
    shown = page.page_of(
        marks + "".join(f"<!-- bench:{n} -->\n<!-- /bench:{n} -->\n" for n in page.sections(tmp_path) if n != "real"),
        tmp_path,
    )
    assert page.lost(shown, tmp_path) == {}
    (tmp_path / "forest.real.jsonl").unlink()
    assert page.lost(shown, tmp_path) == {"real": ["forest"]}


def test_tables_from_results(tmp_path: Path) -> None:
    for case, ours, theirs in (("steps 1", 0.02, 0.01), ("smooth 1", 0.02, 0.03), ("smooth 2", 0.0105, 0.01)):
        results.add("idgen", "real", result(case, ours), tmp_path)
        results.add("forest", "real", result(case, theirs), tmp_path)
    refused = {"case": "steps 1", "kind": "steps", "verdict": "refused", "words": "no", "cpu": 0.1, "memory": 5}
    results.add("y0", "real", refused, tmp_path)
    results.add("DeCaFlow", "real", {"case": "", "verdict": "not installable", "words": "No matching"}, tmp_path)
    made = page.tables(tmp_path)
    first, forest, y0, absent = made["real"]
    assert (first["answered"], first["first or within 10 %"]) == (3, "2 of 60")
    assert (forest["first or within 10 %"], forest["idgen's W1 on these"]) == ("2 of 60", pytest.approx(0.0505 / 3))
    assert (y0["refused"], y0["W1"], y0["not asked"]) == (1, None, 59)
    assert absent["installable"] == "no"
    assert [row["case"] for row in made["real-lost"]] == ["steps 1"]
    assert [row["words"] for row in made["words"]] == ["no", "No matching"]
    written = page.page_of("# Page\n\n<!-- bench:real -->\n<!-- /bench:real -->\n\nkept\n", tmp_path)
    assert "| idgen | 3 |" in written
    assert "\nkept\n" in written
