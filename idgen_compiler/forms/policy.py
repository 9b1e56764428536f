"""Policies as queries spell them: `X ~ pi(X | W)`, `X ~ uniform`, `X = X + 1`."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from idgen_compiler.errors import QueryError, near_misses
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.spelling import WORD, composed, spelled, spelled_all

__all__ = ["UNIFORM", "PolicyForm", "PolicyReader", "checked_policies", "names_policy"]

UNIFORM = "uniform"
"""The policy that needs no law: every category, or every number of the observed range, evenly."""

RESERVED = ("rows", "true", "false", "sample")
"""Words that name no policy, since programs have them in its place."""


def names_policy(name: str) -> bool:
    """Whether a word may name a law that somebody gives.

    >>> names_policy("pi"), names_policy("uniform"), names_policy("a rule")
    (True, False, False)
    """
    return name not in (*RESERVED, UNIFORM) and re.fullmatch(WORD, name) is not None


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


class PolicyReader(Cursor):
    """What reads treatments with their policies, for the grammar of queries."""

    values: dict[str, Any]
    policies: dict[str, PolicyForm]

    def valued(self) -> str:
        """A name, and its value where it has one."""
        raise NotImplementedError

    def treated(self) -> str:
        """A treatment: a name, with a value, or with what draws it."""
        start = self.start
        found = self.valued()
        name = composed(found)
        if self.skip("~"):
            if name in self.values:
                raise self.error(f"{found} is set and drawn; keep one", start)
            self.policies[name] = self.policy(name)
        elif self.values.get(name) == found and (self.value in ("+", "-") or self.kind == "number"):
            del self.values[name]  # X = X + 1
            self.policies[name] = PolicyForm("", (name,), self.amount())
        elif self.value in ("+", "-") and self.before < self.start:
            raise self.error(f"a treatment is moved from its own value, as do({spelled(name)} = {spelled(name)} + 1)")
        return found

    def policy(self, treatment: str) -> PolicyForm:
        """What stands after `~`: `pi`, `pi(X)`, `pi(X | W)` or `uniform`."""
        name, inputs = self.word("name", "a policy: a name, as pi(X | W), or uniform"), tuple[str, ...]()
        if self.skip("("):
            start = self.start
            if composed(self.name()) != treatment:
                raise self.error(f"a policy of {treatment} is a law of it: {name}({spelled(treatment)} | ...)", start)
            inputs = tuple(map(composed, self.listed(self.name))) if self.skip("|") else ()
            self.take(")")
        return PolicyForm(name, inputs)

    def amount(self) -> int | float:
        """By how much a treatment is moved: `+ 1`, `- 0.5`, or `-1` as a number that stands close."""
        sign = -1 if self.value == "-" else 1
        signed = self.skip("+") or self.skip("-")
        start, text = self.start, self.value
        if self.kind != "number" or signed == text.startswith("-"):
            raise self.error("expected a number to move by, as in do(X = X + 1)", start)
        self.advance()
        try:
            return sign * (int(text) if re.fullmatch(r"-?\d+", text) else float(text))
        except ValueError:  # thousands of digits
            raise self.error(f"{text:.40} is no number", start) from None


def checked_policies(
    policies: Mapping[str, PolicyForm], treatments: Sequence[str], values: Collection[str]
) -> tuple[tuple[str, PolicyForm], ...]:
    """The policies as pairs in the order of the treatments.  Raises QueryError for those that make no sense."""
    found = {composed(str(name)): policy for name, policy in policies.items()}
    for name, policy in found.items():
        if name not in treatments:
            raise QueryError(f"a policy draws {name!r}, which is no treatment{near_misses(name, treatments)}")
        if name in values:
            raise QueryError(f"{name} is drawn by a policy and set to a value; keep one")
        if not isinstance(policy, PolicyForm):
            raise QueryError(f"the policy of {name} is {policy!r:.80}; write it into the text, as do(X ~ pi(X | W))")
        _check_form(name, policy)
    names = [policy.name for policy in found.values() if policy.by is None and policy.name != UNIFORM]
    if twice := [name for k, name in enumerate(names) if name in names[:k]]:
        raise QueryError(f"{twice[0]} draws two treatments; give each policy a name of its own")
    return tuple((name, found[name]) for name in treatments if name in found)


def _check_form(name: str, policy: PolicyForm) -> None:
    if len(set(policy.inputs)) < len(policy.inputs):
        raise QueryError(f"the policy of {name} reads a variable twice: {', '.join(policy.inputs)}; keep one")
    if policy.by is not None:
        if policy.inputs != (name,) or abs(policy.by) > 1e300 or not math.isfinite(policy.by):
            raise QueryError(f"{name} is moved from its own value by a finite number: do({name} = {name} + 1)")
    elif policy.name != UNIFORM and not names_policy(policy.name):
        raise QueryError(f"{policy.name!r} names no policy; take another word, as pi in do({name} ~ pi({name}))")
    elif policy.name == UNIFORM and policy.inputs:
        raise QueryError(f"the uniform policy of {name} reads nothing; write do({name} ~ uniform)")
