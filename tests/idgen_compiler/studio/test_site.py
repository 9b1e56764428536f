"""The studio as files: what the build takes from elsewhere is what was tested, and its lack says what to do."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from idgen_compiler.cli import main
from idgen_compiler.errors import IdgenError
from idgen_compiler.studio import site
from idgen_compiler.studio.bundle import archive, archive_of_networkx

PAGE = dict(site.page_files())


def packed() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in site._WANTED:
            content = name.encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A cache that holds a package under the integrity that is asked for."""
    content = packed()
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    monkeypatch.setattr(site, "PYODIDE", ("pyodide", "1.0", f"sha512-{digest}"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    file = tmp_path / "cache" / "idgen" / "studio" / "pyodide-1.0.tgz"
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return file


def test_the_build_holds_the_page_python_and_the_compiler(cached: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert main(["studio", "--build", str(out)]) == 0
    assert json.loads((out / "engine.json").read_text()) == {"engine": "browser"}
    for name, content in PAGE.items():
        assert (out / name).read_bytes() == content
    assert (out / "pyodide" / "pyodide.asm.wasm").read_bytes() == b"pyodide.asm.wasm"
    assert (out / "compiler.zip").read_bytes() == archive()  # what Node.js could not compile goes as it is
    assert (out / "compiler.zip").stat().st_size < 1_000_000
    assert main(["studio", "--build", str(out)]) == 0  # again, over itself


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(IdgenError, match="holds something else"):
        site.build(tmp_path)


def test_without_npm_the_build_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(site.shutil, "which", lambda _: None)
    with pytest.raises(IdgenError, match="npm is not installed"):
        site.pyodide_files()


def test_what_was_tampered_with_is_fetched_anew_and_refused(cached: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cached.write_bytes(b"other")
    monkeypatch.setattr(site, "_fetch", lambda package, to: None)
    with pytest.raises(IdgenError, match="integrity"):
        site.pyodide_files()


def test_modules_import_what_is_there() -> None:
    import re

    for name, content in PAGE.items():
        if name.endswith(".js") and not name.startswith("vendor/"):
            for other in re.findall(r"""(?:from|import\()\s*"\./([\w./-]+)\"""", content.decode()):
                assert other in PAGE or other.startswith("pyodide/"), (name, other)


def test_the_page_asks_nobody_else() -> None:
    """No address of another host stands in our own files, but names of XML's languages."""
    import re

    for name, content in PAGE.items():
        if not name.startswith("vendor/"):
            found = set(re.findall(r"https?://[\w.-]+", content.decode()))
            assert found <= {"http://www.w3.org"}, (name, found)


def test_libraries_come_with_their_licenses() -> None:
    pytest.importorskip("networkx")
    names = zipfile.ZipFile(io.BytesIO(archive_of_networkx() or b"")).namelist()
    assert any("LICENSE" in name for name in names)
    assert {"vendor/cytoscape.LICENSE", "vendor/elkjs.LICENSE"} <= PAGE.keys()
