"""The tutorial notebooks run from top to bottom, hold no outputs, and what is in them shows itself without a script."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "docs" / "notebooks").glob("*.ipynb"))


@pytest.fixture
def notebooks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "docs"))
    pytest.importorskip("sphinx")
    import extensions.notebooks

    return extensions.notebooks


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, notebooks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("IDGEN_LALONDE", raising=False)
    drawn = 0
    for _, output in notebooks.run(notebooks.read(path)):
        if output is not None and output.value is not None:
            html = notebooks.shown(output.value)
            assert "<script" not in html
            drawn += bool(html)
    assert drawn >= 2
    assert list(tmp_path.iterdir()) == []  # what cells write lies elsewhere


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stripped(path: Path) -> None:
    found = json.loads(path.read_text("utf-8"))
    assert found["nbformat"] == 4
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in found["cells"])
    assert len({cell["id"] for cell in found["cells"]}) == len(found["cells"])
    assert path.stat().st_size < 20_000


def test_what_a_cell_gives_is_kept_apart(notebooks: ModuleType) -> None:
    cells = [
        notebooks.Cell("markdown", "# A"),
        notebooks.Cell("code", "x = 2\nprint(x)"),
        notebooks.Cell("code", "x + 1"),
    ]
    found = [output for _, output in notebooks.run(cells)]
    assert found == [None, notebooks.Output("2\n"), notebooks.Output("", 3)]
