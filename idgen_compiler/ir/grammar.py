"""The grammar of programs: from the text form to a name, a graph and operations."""

from __future__ import annotations

import json
import math
import re

from idgen_compiler.errors import ProgramError
from idgen_compiler.forms.cursor import Cursor
from idgen_compiler.forms.spelling import STRING, WORD, composed
from idgen_compiler.ir.operations import (
    MOST_OPERATIONS,
    Apply,
    Assign,
    Bind,
    Condition,
    Draw,
    LawType,
    Network,
    Observe,
    Operation,
    Realize,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
    Way,
    Weigh,
)
from idgen_compiler.ir.policies import Assignment, ByModel, Column, Fixed, Moved, Named, Policy, Shifted, Uniform

__all__ = ["parse_program"]

_TOKEN = re.compile(
    rf"""(?P<value>%\w+) | (?P<name>{WORD}'*|{STRING}'+|`[^`\n]*`'*) | (?P<string>{STRING})
    | (?P<number>-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?) | (?P<mark>->|:=|[{{}}\[\]()=:;|,~+-])""",
    re.VERBOSE,
)
_BETWEEN = re.compile(r"(?:\s|\#[^\n]*)*")

_OPERATIONS = "observe, train, bind, condition or realize"
_WAYS = "regenerate or reweight"


def parse_program(text: str) -> tuple[str, str, tuple[Operation, ...]]:
    """The name, the graph's text and the operations of a text form, not yet verified.

    Raises ProgramError with line, column and what was expected there.
    """
    return _Parser(text).program()


class _Parser(Cursor):
    """Recursive descent over the tokens."""

    tokens = _TOKEN
    between = _BETWEEN
    language = "program"
    counts_lines = True
    failure = ProgramError

    def program(self) -> tuple[str, str, tuple[Operation, ...]]:
        self.take("program")
        name = self.string("a quoted name")
        self.take("{")
        if not self.skip("graph"):
            raise self.missing('the graph, as in graph "X -> Y" (programs of version 1 had none; compile them again)')
        graph = self.string("a quoted graph")
        operations: list[Operation] = []
        while self.value != "}":
            if len(operations) == MOST_OPERATIONS:
                raise self.error(f"a program that is read has at most {MOST_OPERATIONS} operations")
            operations.append(self.operation())
        self.take("}")
        if self.kind:
            raise self.error("nothing may follow the program")
        return name, graph, tuple(operations)

    # -- operations -----------------------------------------------------------------------------------------------

    def operation(self) -> Operation:
        if self.kind == "name" and self.skip("sample"):
            query = self.string("a query") if self.kind == "string" else ""
            inputs = self.enclosed("(", self.name, ")")
            statements = self.statements()
            self.take("->")
            return Sample(Network(inputs, statements, self.names()), query)
        result = self.word("value", "an operation: %name = ..., or sample")
        self.take("=")
        match self.value if self.kind == "name" else "":
            case "observe":
                return self.observe(result)
            case "train":
                return self.train(result)
            case "bind":
                return self.bind(result)
            case "condition":
                return self.condition(result)
            case "realize":
                return self.realize(result)
            case "regenerate" | "reweight":
                raise self.error(f"{self.value} is a way to realize a law: write realize P(...) -> [...] {{ ... }}")
        raise self.missing(_OPERATIONS)

    def observe(self, result: str) -> Observe:
        self.advance()
        source = self.string("a source") if self.kind == "string" else ""
        variables = self.names()
        lacks = self.kind == "name" and self.skip("lacks")
        return Observe(result, variables, source, self.names() if lacks else ())

    def train(self, result: str) -> Train:
        self.advance()
        data = self.data()
        self.take(":")
        targets = self.listed(self.name)
        inputs = self.listed(self.name) if self.skip("|") else ()
        if not (self.kind == "name" and self.skip("or")):
            return Train(result, data, targets, inputs)
        self.take("condition")
        return Train(result, data, targets, inputs, (Network(inputs, self.statements(), targets),))

    def condition(self, result: str) -> Condition:
        self.advance()
        law = self.law()
        self.take(":")
        targets = self.listed(self.name)
        inputs = self.listed(self.name) if self.skip("|") else ()
        return Condition(result, law, Network(inputs, self.statements(), targets))

    def bind(self, result: str) -> Bind:
        self.advance()
        targets = self.listed(self.name)
        if self.skip("="):
            return Bind(result, targets, self.enclosed("(", self.name, ")"), function=True)
        inputs = self.listed(self.name) if self.skip("|") else ()
        fallback = (self.data(),) if self.kind == "name" and self.skip("or") else ()
        return Bind(result, targets, inputs, fallback=fallback)

    def realize(self, result: str) -> Realize:
        self.advance()
        law = self.law()
        self.take("->")
        variables = self.names()
        self.take("{")
        ways = [self.way(variables)]
        while self.kind == "name" and self.skip("or"):
            ways.append(self.way(variables))
        self.take("}")
        return Realize(result, law, variables, tuple(ways))

    def law(self) -> LawType:
        """`P(targets ; do(fixed)) on "graph"`, whose last two parts may be missing."""
        self.take("P")
        self.take("(")
        targets, fixed = self.listed(self.name), tuple[str, ...]()
        if self.skip(";"):
            self.take("do")
            fixed = self.enclosed("(", self.name, ")")
        self.take(")")
        on = self.kind == "name" and self.skip("on")
        return LawType(targets, fixed, self.string("a quoted graph") if on else "")

    def way(self, variables: tuple[str, ...]) -> Way:
        match self.value if self.kind == "name" else "":
            case "regenerate":
                self.advance()
                do = self.do()
                return Regenerate(do, Network(tuple(d.slot for d in do), self.statements(), variables))
            case "reweight":
                self.advance()
                data, do = self.data(), self.do()
                by = self.listed(self.data) if self.kind == "name" and self.skip("by") else ()
                return Reweight(data, do, by)
        raise self.missing(_WAYS)

    def do(self) -> tuple[Draw, ...]:
        self.take("do")
        return self.enclosed("(", self.draw, ")")

    def draw(self) -> Draw:
        slot = self.name()
        self.take("~")
        return Draw(slot, self.policy())

    # -- statements -----------------------------------------------------------------------------------------------

    def statements(self) -> tuple[Statement, ...]:
        self.take("{")
        found = []
        while self.value != "}":
            found.append(self.statement())
        self.take("}")
        return tuple(found)

    def statement(self) -> Statement:
        if self.kind == "name" and self.skip("weigh"):
            if self.value not in ("~", ":="):
                return self.weigh()
            slots: tuple[str, ...] = ("weigh",)  # a variable of this name
        else:
            slots = self.slots()
        if len(slots) == 1 and self.skip(":="):
            return Assign(slots[0], self.assigned())
        self.take("~")
        if self.kind == "name" and self.skip("rows"):
            return Rows(slots, self.data())
        start = self.start
        policy = self.policy()
        if isinstance(policy, ByModel):
            return Apply(slots, policy.model, policy.inputs)
        if len(slots) != 1:
            what = "a draw fills one slot; write `rows %data` for a row as it stands, or a model's inputs: %m(X)"
            raise self.error(what, start)
        return Draw(slots[0], policy)

    def weigh(self) -> Weigh:
        values = self.slots()
        self.take("by")
        return Weigh(values, self.data(), self.enclosed("(", self.name, ")"))

    def slots(self) -> tuple[str, ...]:
        return self.enclosed("(", self.name, ")") if self.value == "(" else (self.name(),)

    def assigned(self) -> Assignment:
        """What stands after `:=`: a named law of earlier slots, a slot that is moved, uniform or a value."""
        start = self.start
        if self.kind not in ("name", "string") or self.value in ("uniform", "true", "false"):
            policy = self.policy()
            if not isinstance(policy, Uniform | Fixed):
                raise self.error("a treatment is assigned by pi(W), uniform, a value, or a slot that is moved", start)
            return policy
        label = self.string("a label") if self.kind == "string" else None
        name = composed(label) if label is not None else self.name()
        if not self.on_next_line and (self.value in ("+", "-") or (self.kind == "number" and self.value[0] == "-")):
            sign = -1 if self.skip("-") else 1
            self.skip("+")
            return Moved(name, sign * self.amount())
        return Fixed(label) if label is not None else Named(name, self.enclosed("(", self.name, ")"))

    def policy(self) -> Policy:
        if self.kind == "value":
            return self.of_value(self.data())
        if self.kind == "string":
            return Fixed(self.string("a label"))
        if self.kind == "number":
            return Fixed(self.number())
        if self.value in ("true", "false"):
            return Fixed(self.word("name", "a truth value") == "true")
        if self.value != "uniform":
            raise self.missing("a policy: %data, uniform, a value or %model(inputs)")
        self.advance()
        return Uniform()

    def of_value(self, value: str) -> Policy:
        """What follows a value on its line: the inputs of a model, or by how much a column is moved."""
        if self.on_next_line:
            return Column(value)
        if self.value == "(":
            return ByModel(value, self.enclosed("(", self.name, ")"))
        if self.kind == "number" and self.value.startswith("-"):  # %obs -1
            return Shifted(value, self.amount())
        if self.skip("+"):
            return Shifted(value, self.amount())
        return Shifted(value, -self.amount()) if self.skip("-") else Column(value)

    # -- words ----------------------------------------------------------------------------------------------------

    def number(self) -> int | float:
        start = self.start
        raw = self.word("number", "a number")
        try:
            value: int | float = json.loads(raw)
        except ValueError:  # leading zeros, or thousands of digits
            raise self.error(f"{raw:.40} is no number", start) from None
        if isinstance(value, float) and not math.isfinite(value):
            raise self.error(f"{raw:.40} is no finite number", start)
        return value

    def amount(self) -> float:
        start = self.start
        value = self.number()
        try:
            return float(value)
        except OverflowError:  # a whole number beyond all floats
            raise self.error(f"{value!r:.40}... is beyond all floating-point numbers", start) from None

    def names(self) -> tuple[str, ...]:
        return self.enclosed("[", self.name, "]")

    def data(self) -> str:
        return self.word("value", "a value such as %obs")
