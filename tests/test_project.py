"""Each dependency has a pinned version and a stated reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    requirements = [
        *project["dependencies"],
        *(r for extra in project["optional-dependencies"].values() for r in extra),
    ]
    names = {re.split(r"[\[<>=]", requirement)[0] for requirement in requirements}
    return names - {project["name"]}


def test_every_dependency_is_pinned() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[\w.-]+==[\w.]+", pin)] == []
    assert dependencies() - {pin.split("==")[0] for pin in pins} == set()


def test_every_dependency_has_its_reason() -> None:
    text = (ROOT / "docs" / "design-decisions.md").read_text(encoding="utf-8")
    table = text.split("## Dependencies")[1].split("## Decisions")[0]
    stated = {
        name.strip() for row in re.findall(r"^\| ([^|]+) \|", table, flags=re.MULTILINE) for name in row.split(",")
    }
    assert dependencies() - stated == set()
