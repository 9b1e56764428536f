"""Changes that no test can notice, since the program means the same, each with the reason."""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

EQUIVALENT: dict[str, str] = {}
"""`module: line as changed` -> why the changed program is as right as the original."""
