"""An environment of its own for each tool, made where it is missing: a venv, and pip alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.referee.tools import Tool

__all__ = ["NotInstallable", "python_of", "said_by_pip"]


TORCH = "torch==2.13.0"
"""The torch that a tool gets which needs one: any other may be the build with gigabytes of CUDA."""


class NotInstallable(Exception):
    """The tool cannot be installed or imported here; the message is that of pip or of the import."""


def python_of(tool: Tool, folder: Path) -> Path:
    """The Python of a tool's environment; the first call makes it.  Raises NotInstallable with pip's words."""
    if not tool.environment:
        return Path(sys.executable)
    home = folder / "environments" / tool.environment
    python, done = home / "bin" / "python", home / "installed.txt"
    wanted = "\n".join(tool.requires)
    if done.is_file() and done.read_text("utf-8") == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True)
    pinned = home / "constraints.txt"
    pinned.write_text(f"{TORCH}\n", encoding="utf-8")
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    pip += ["-c", pinned, *tool.requires]
    tried = subprocess.run(pip, capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise NotInstallable(said_by_pip(tried.stderr))
    done.write_text(wanted, encoding="utf-8")
    return python


def said_by_pip(text: str) -> str:
    """The lines of pip that say what is wrong, without those that name places."""
    lines = [line for line in text.splitlines() if line.startswith("ERROR")]
    return "; ".join(line.removeprefix("ERROR: ") for line in lines)[:400] or "pip failed without a word"
