"""What one test found."""

from __future__ import annotations

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
