"""The page as files: its own, the libraries beside them, and Python with the compiler for a browser alone."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from idgen_compiler.errors import IdgenError
from idgen_compiler.studio.bundle import archive, archive_of_networkx

__all__ = ["PYODIDE", "SNAPSHOT", "build", "page_files", "pyodide_files"]

PYODIDE = (
    "pyodide",
    "314.0.7",
    "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A==",
)
"""Package, version and integrity of Python for the browser, as npm has them."""

_WANTED = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "pyodide-lock.json",
    "package.json",
)

SNAPSHOT = "python.snapshot"
"""The memory of a Python that has imported the compiler, packed by gzip, from which a browser goes on."""

_PATIENCE = 300
"""Seconds that another program may take."""


def page_files() -> Iterator[tuple[str, bytes]]:
    """Path -> content of the files that are the same wherever Python runs."""
    folder = Path(__file__).parent / "page"
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts:
            yield file.relative_to(folder).as_posix(), file.read_bytes()


def build(out: Path) -> Path:
    """Write the studio that runs in a browser alone to a folder, which any web server can serve.

    Python comes from the npm registry that the `npm` of this machine is set to, once, and is kept in the user's cache.
    Raises IdgenError where it is not to be had, and for a folder that holds something else.
    """
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / "engine.json").exists())):
        raise IdgenError(f"{str(out)!r} holds something else; give --build a folder that is new, or an earlier studio")
    files = dict(page_files())
    files |= {f"pyodide/{name}": content for name, content in pyodide_files().items()}
    files["compiler.zip"] = _compiled(archive(), files)
    begun = _by_node("snapshot.mjs", files["compiler.zip"], files)
    if begun is not None:
        files[SNAPSHOT] = begun
    if (networkx := archive_of_networkx()) is not None:
        files["networkx.zip"] = networkx
    files["engine.json"] = json.dumps({"engine": "browser"} | ({"snapshot": SNAPSHOT} if begun else {})).encode()
    for name, content in files.items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(content)
    return out


def _compiled(sources: bytes, files: Mapping[str, bytes]) -> bytes:
    """The archive with bytecode in the place of its sources, which a browser imports sooner.

    The sources themselves where there is no Node.js that could run Pyodide.
    """
    return _by_node("compile.mjs", sources, files) or sources


def _by_node(script: str, archive: bytes, files: Mapping[str, bytes]) -> bytes | None:
    """What one of `tools` makes of the archive by the very Pyodide of the page; None where Node.js cannot run it."""
    node = shutil.which("node")
    if node is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in _WANTED:
            (folder / file).write_bytes(files[f"pyodide/{file}"])
        (folder / "in.zip").write_bytes(archive)
        paths = [str(folder), str(folder / "in.zip"), str(folder / "out")]
        done = _run([node, str(Path(__file__).parent / "tools" / script), *paths], folder) == ""
        return (folder / "out").read_bytes() if done else None


def pyodide_files() -> dict[str, bytes]:
    """The files of Pyodide, from the cache or from npm; their integrity is checked each time.

    Raises IdgenError where they are not to be had.
    """
    name, version, integrity = PYODIDE
    kept = _cache() / f"{name}-{version}.tgz"
    if not kept.exists() or not _is_whole(kept.read_bytes(), integrity):
        kept.parent.mkdir(parents=True, exist_ok=True)
        _fetch(f"{name}@{version}", kept)
    packed = kept.read_bytes()
    if not _is_whole(packed, integrity):
        raise IdgenError(f"{name} {version} is not what was tested: its integrity is not {integrity:.20}...; try again")
    found = {}
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        for wanted in _WANTED:
            file = tar.extractfile(f"package/{wanted}")
            if file is None:
                raise IdgenError(f"{name} {version} holds no {wanted}")
            found[wanted] = file.read()
    return found


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "idgen" / "studio"


def _fetch(package: str, to: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise IdgenError(
            f"npm is not installed, by which {package} (Python for the browser) is fetched; install Node.js, or use "
            "idgen studio, which needs neither"
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        patience = ["--fetch-retries=1", "--fetch-timeout=60000"]
        said = _run([npm, "pack", package, "--silent", *patience, "--pack-destination", name], folder)
        found = list(folder.glob("*.tgz"))
        if said or len(found) != 1:
            raise IdgenError(
                f"npm does not give {package} (Python for the browser){': ' if said else ''}{said}; build where a "
                "registry can be reached, or use idgen studio, which needs none"
            )
        shutil.copyfile(found[0], to)


def _run(command: Sequence[str], folder: Path) -> str:
    """Run a program in a folder; nothing where it did what it should, else the first line of what it says."""
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, timeout=_PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (run.stderr or run.stdout).strip().splitlines() or [f"exit code {run.returncode}"]
    return said[0] if run.returncode else ""


def _is_whole(content: bytes, integrity: str) -> bool:
    kind, _, digest = integrity.partition("-")
    return base64.b64encode(hashlib.new(kind, content).digest()).decode() == digest
