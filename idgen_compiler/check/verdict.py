"""What one test found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One test's result: `p_value` is None where the data allow no test, and `why` says why.

    `freedom` are the degrees of freedom, 0 for a permutation test; `rows` is the number of rows, or the effective
    number where rows are weighted.
    """

    test: str
    statistic: float = 0.0
    freedom: int = 0
    p_value: float | None = None
    rows: float = 0.0
    why: str = ""

    @classmethod
    def untested(cls, why: str) -> Outcome:
        """No test, and the reason."""
        return cls("none", why=why)

    @classmethod
    def lacking(cls, share: float, fixed: str, beside: Sequence[str]) -> Outcome:
        """No test of a law after `fixed` is set, since for such a share of the rows one of its values hardly occurs."""
        return cls.untested(f"for {share:.0%} of the rows some {fixed} hardly occurs beside {', '.join(beside)}")
