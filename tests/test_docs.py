"""Every block of the documentation runs and prints what the page says; no page is lost, and links lead to files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from idgen_compiler.data.kinds import registry
from idgen_torch.families import registry as families
from tests import pages

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
RUNNING = [
    page for page in PAGES if any(b.language in ("python", "console") for b in pages.blocks(page.read_text("utf-8")))
]


def name_of(page: Path) -> str:
    return page.relative_to(DOCS).as_posix()


@pytest.mark.parametrize("path", RUNNING, ids=name_of)
def test_page_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "_KINDS", dict(registry._KINDS))  # what a page registers is for that page
    monkeypatch.setattr(families, "_LOADED", dict(families._LOADED))
    monkeypatch.setenv("COLUMNS", "80")  # help texts are folded to the terminal
    page = path.read_text(encoding="utf-8")
    wrong = [run for run in pages.run(page, path) if not pages.matches(run.expected, run.printed)]
    if request.config.getoption("--bless"):
        path.write_text(pages.renewed(page, wrong), encoding="utf-8")
        return
    for run in wrong:
        pytest.fail(
            f"{name_of(path)}, line {run.block.line}: the page says\n{run.expected}\n"
            f"but this was printed\n{run.printed}\nrenew the page with pytest --bless"
        )


def test_the_front_pages_show_running_code() -> None:
    assert {"index.md", "tutorial.md"} <= {name_of(page) for page in RUNNING}


def test_every_page_is_in_the_site() -> None:
    listed = {"index"}
    for page in PAGES:
        for tree in re.findall(r"^```\{toctree\}\n(.*?)^```$", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL):
            entries = [line.strip() for line in tree.splitlines() if line.strip() and not line.startswith(":")]
            for entry in entries:
                found = [path for path in page.parent.glob(f"{entry}.md") if path != page]
                listed.update(name_of(path).removesuffix(".md") for path in found)
    assert {name_of(page).removesuffix(".md") for page in PAGES} == listed


FRONT = [DOCS.parent / name for name in ("CHANGELOG.md", "CONTRIBUTING.md")]


@pytest.mark.parametrize("path", [*PAGES, *FRONT], ids=lambda path: path.name if path in FRONT else name_of(path))
def test_links_lead_to_files(path: Path) -> None:
    prose = re.sub(r"^(`{3,}).*?^\1", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", prose)
    assert [target for target in targets if not (path.parent / target).exists()] == []


def test_the_files_to_touch_are_there() -> None:
    """Paths in CONTRIBUTING.md are those of the compiler, the backends, the documentation or the tests."""
    root = DOCS.parent
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    named = [name for name in re.findall(r"`([\w./-]+/[\w./-]*)`", text) if "NAME" not in name and "..." not in name]
    torch = root / "backends" / "idgen_torch"
    places = [root, root / "idgen_compiler", root / "backends", torch, torch / "running"]
    assert [name for name in named if not any((place / name).exists() for place in places)] == []
    assert len(named) > 20


@pytest.mark.parametrize(
    ("expected", "printed", "same"),
    [
        ("a 0.25 b\n", "a 0.26 b\n", True),
        ("a 0.25 b\n", "a 0.35 b\n", False),
        ("1200 rows\n", "1201 rows\n", False),
        ("first\n...\nlast\n", "first\nx\ny\nlast\n", True),
        ("first\n...\nlast\n", "first\nx\ny\n", False),
        ("one\n", "one\ntwo\n", False),
    ],
)
def test_comparison_of_output(expected: str, printed: str, same: bool) -> None:
    assert pages.matches(expected, printed) is same


def test_a_page_is_renewed_where_it_is_wrong() -> None:
    page = "```python\nprint(1 + 1)\n```\n\n```output\n3\n```\n"
    runs = list(pages.run(page, Path("page.md")))
    assert pages.renewed(page, runs) == page.replace("3", "2")
