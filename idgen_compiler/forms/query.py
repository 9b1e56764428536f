"""The text form of queries: from `P(Y | do(X=1), Z)` to its parts, and hints for what people write instead."""

from __future__ import annotations

import datetime
import json
import re
from typing import NamedTuple

from idgen_compiler.errors import IdgenError, QueryError
from idgen_compiler.forms.numeral import read_numeral
from idgen_compiler.forms.policy import PolicyForm, PolicyReader
from idgen_compiler.forms.spelling import STRING, WORD, composed, quote_hint, run_at, spelled

__all__ = ["TRUTH", "QueryParts", "QueryReader", "Value", "written"]

Value = bool | int | float | str
"""What a variable of a query may be set to: a truth value, a number or a label."""

_NUMBER = r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?!\w)"
_TOKEN = re.compile(
    rf"""\s*(?:(?P<name>{WORD}|`[^`\n]*`)|(?P<string>{STRING})|(?P<label>'[^'\n]*')|(?P<number>{_NUMBER})
    |(?P<mark>[(),|={{}}\[\]~+-]))""",
    re.VERBOSE,
)
_HEAD = re.compile(rf"(?P<head>P|p|Pr|E)(?:_(?P<subscript>{WORD}|\d[\w.]*)?)?")


TRUTH = {"true": True, "false": False}
"""The words that are truth values, in small letters."""


def written(value: object) -> str:
    """A value as a query's text has it: a label in quotes unless it is a word that means nothing else.

    So are dates and durations; numbers of NumPy are plain ones, and anything else is its text.

    >>> print(written("red"), written("very red"), written("01"), written(True), written(1.5))
    red "very red" "01" true 1.5
    """
    kind = getattr(getattr(value, "dtype", None), "kind", "")  # of a scalar of NumPy's
    if isinstance(value, bool) or kind == "b":
        return str(value).lower()
    if isinstance(value, int | float) and not kind:
        return repr(value)
    text = str(value)
    if not isinstance(value, str | datetime.date | datetime.timedelta) and kind not in ("m", "M"):
        return text
    return text if re.fullmatch(WORD, text) and text.lower() not in TRUTH else json.dumps(text, ensure_ascii=False)


class QueryParts(NamedTuple):
    """What stands where in a query: names in order, values and policies by name."""

    outcomes: list[str]
    treatments: list[str]
    conditions: list[str]
    values: dict[str, Value]
    policies: dict[str, PolicyForm]


class QueryReader(PolicyReader):
    """A recursive descent over `P ( items [ | item {, item} ] )` with item = name, name = value or `do ( items )`."""

    tokens, language, example, failure = _TOKEN, "query", "P(Y1, Y2 | do(X), Z)", QueryError

    def __init__(self, text: str) -> None:
        self.values: dict[str, Value] = {}
        self.policies: dict[str, PolicyForm] = {}
        super().__init__(text)

    def error(self, message: str, start: int | None = None) -> IdgenError:
        """An error with its place; where it may be that of a name or label without its quotes, with these."""
        at = self.start if start is None else start
        if message.startswith(("expected", "cannot read", "nothing may", "a counterfactual")) and (
            meant := self.meant(at)
        ):
            return super().error(f"{message}; {meant}", start)
        whole = run_at(self.text, at)
        before = re.search(rf"({WORD})\s+$", self.text[:at])
        if message.startswith(("expected", "cannot read")):
            if whole and not re.fullmatch(rf"{WORD}|{_NUMBER}", whole):
                message += quote_hint(whole)
            elif whole and before is not None and before[1] not in ("do", "P", "E") and self.kind == "name":
                message += f"; if this is one name, quote it: {spelled(f'{before[1]} {whole}')}"
        return super().error(message, start)

    def meant(self, at: int) -> str:
        """What to do where a person wrote what is no query, but asks for something that samples answer."""
        before, rest = self.text[:at], self.text[at:]
        if re.match(r"[-−+/*]\s*(?:E|P|Pr|p)\b", rest) or re.match(r"(?:[A-Z]*(?:ATE|ATT|ACE|ITE)|RR|OR|RD)\b", rest):
            return "a difference or ratio is no query: compile P(Y | do(X)), sample at both values, and compare"
        if re.match(r"!?[<>≤≥≠]|!=", rest):
            if "|" in before:
                return "a condition is a value: sample P(Y, Z | do(X)), and keep the samples that it holds for"
            return (
                "a query asks for the whole law: sample P(Y | do(X)), and take the share of samples that it holds for"
            )
        at_do = re.match(r"do\s*\(", rest) or (rest[:1] == "(" and re.search(r"\bdo\s*$", before))
        if at_do and "|" not in before:
            return "a bar stands before do(...), as in P(Y | do(X))"
        if re.search(r"\bdo\s+$", before):
            return "parentheses stand after do, as in do(X)"
        return ""

    def query(self) -> QueryParts:
        """The parts of the whole text.  Raises QueryError with the place of what cannot be read."""
        treatments, conditions = list[str](), list[str]()
        is_mean = self.head(treatments)
        closing = "]" if self.value == "[" else ")"
        if not (is_mean and self.skip("[")):
            self.take("(")
        place = self.start
        outcomes = self.items()
        if is_mean and not self.values.keys().isdisjoint(outcomes):
            raise self.error("a mean is over all values of an outcome; write E[Y | ...], or P(Y=1 | ...)", place)
        if self.skip("|"):
            self.item(treatments, conditions)
            while self.value in (",", "|"):
                self.advance()
                self.item(treatments, conditions)
        self.take(closing if is_mean else ")")
        if self.kind:
            raise self.error(f"nothing may follow the query, found {self.value!r}")
        return QueryParts(outcomes, treatments, conditions, self.values, self.policies)

    def head(self, treatments: list[str]) -> bool:
        """Go past P, or E for a mean, with its treatments as a subscript: `P_{x1, x2}`, `P_x`.  Whether it is E."""
        head = _HEAD.fullmatch(self.value) if self.kind == "name" else None
        if head is None:
            raise self.missing("'P'")
        self.advance()
        if head["subscript"]:
            treatments.append(composed(head["subscript"]))
        elif head[0].endswith("_"):
            self.take("{")
            self.item(treatments, treatments)
            while self.skip(","):
                self.item(treatments, treatments)
            self.take("}")
        return head["head"] == "E"

    def items(self) -> list[str]:
        return list(self.listed(self.valued))

    def valued(self) -> str:
        """A name, and its value where it has one."""
        start, found = self.start, self.name()
        if self.value in ("(", "{", "[") and found != "do":
            what = "a counterfactual or a function is no variable; set treatments by do, as in P(Y | do(X=1))"
            raise self.error(what, start)
        if self.skip("="):
            self.values[composed(found)] = self.setting()
        return found

    def setting(self) -> Value:
        kind, value, start = self.kind, self.value, self.start
        if kind == "string":
            return self.string("a label")
        if kind not in ("name", "number", "label"):
            raise self.missing("a value: a number, true, false or a label")
        self.advance()
        if kind == "label" or value.startswith("`"):
            return value[1:-1]
        if kind == "name":
            return TRUTH.get(value.lower(), value)
        try:
            return read_numeral(value)
        except ValueError:  # thousands of digits
            raise self.error(f"{value:.40} is no number", start) from None

    def item(self, treatments: list[str], conditions: list[str]) -> None:
        bare, name = self.kind == "name", self.valued()
        if bare and name == "do" and self.skip("("):
            treatments.extend(self.listed(self.treated))
            self.take(")")
        else:
            conditions.append(name)
