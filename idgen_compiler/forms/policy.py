"""Policies as queries spell them: `X ~ pi(X | W)`, `X ~ uniform`, `X = X + 1`."""

from __future__ import annotations

from dataclasses import dataclass

from idgen_compiler.forms.spelling import spelled, spelled_all

__all__ = ["RESERVED", "UNIFORM", "PolicyForm"]

UNIFORM = "uniform"
"""The policy that needs no law: every category, or every number of the observed range, evenly."""

RESERVED = ("rows", "true", "false")
"""Words that name no policy, since programs have them in its place."""


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """How a treatment comes about: from the law `name` of it given `inputs`, or from its natural value moved by `by`.

    The treatment among its own `inputs` is its natural value, the one that it would have had. A law without `inputs`
    knows nothing of the unit.

    >>> print(PolicyForm("pi", ("W",)).of("X"), "and", PolicyForm("", ("X",), -2).of("X"))
    X ~ pi(X | W) and X = X - 2
    """

    name: str
    inputs: tuple[str, ...] = ()
    by: int | float | None = None

    def reads_natural(self, treatment: str) -> bool:
        """Whether the policy looks at the value that the treatment would have had."""
        return treatment in self.inputs

    def of(self, treatment: str) -> str:
        """The text in a query, for a treatment that is so drawn."""
        shown = spelled(treatment)
        if self.by is not None:
            return f"{shown} = {shown} {'-' if self.by < 0 else '+'} {abs(self.by)!r}"
        if self.name == UNIFORM and not self.inputs:
            return f"{shown} ~ {self.name}"
        given = f" | {spelled_all(self.inputs)}" if self.inputs else ""
        return f"{shown} ~ {self.name}({shown}{given})"
