"""What packages say is read once, and again where one was installed since."""

from __future__ import annotations

from pathlib import Path

import pytest

from idgen_compiler.hinge.installed import entry_points, version


def install(site: Path, name: str) -> None:
    folder = site / f"{name}-2.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.0\n", encoding="utf-8")
    (folder / "entry_points.txt").write_text(f"[idgen.tests]\n{name} = module:Name\n", encoding="utf-8")


def test_a_package_that_is_installed_later_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "site"
    assert version("one") is None
    assert entry_points("idgen.tests") == ()
    site.mkdir()
    install(site, "one")
    monkeypatch.syspath_prepend(str(site))
    assert version("one") == "2.0"
    assert [point.name for point in entry_points("idgen.tests")] == ["one"]
    assert entry_points("idgen.tests") is entry_points("idgen.tests")
    install(site, "two")
    assert version("two") == "2.0"
    assert {point.name for point in entry_points("idgen.tests")} == {"one", "two"}
