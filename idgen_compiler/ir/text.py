"""The text form of a program: printed for people, read back to the same program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import TypeVar

from idgen_compiler.errors import ProgramError
from idgen_compiler.graph.names import NAME
from idgen_compiler.ir.operations import (
    UNIFORM,
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Regenerate,
    Reweight,
    Rows,
    Sample,
    Statement,
    Train,
)

__all__ = ["parse_program", "print_operation", "print_program", "print_statement"]

T = TypeVar("T")

_COMMENT_COLUMN = 52


# -- printing ---------------------------------------------------------------------------------------------------------


def print_program(name: str, operations: Sequence[Operation]) -> str:
    """The whole program, one operation or statement a line."""
    width = max((len(op.result) for op in operations if not isinstance(op, Sample)), default=0)
    lines = [f"program {json.dumps(name, ensure_ascii=False)} {{"]
    for op in operations:
        lines += ["  " + line for line in _operation_lines(op, width)]
    return "\n".join([*lines, "}"])


def print_operation(op: Operation) -> str:
    """One operation with its comment, as it stands in a program."""
    return "\n".join(_operation_lines(op, 0))


def print_statement(statement: Statement) -> str:
    """One statement of a network."""
    if isinstance(statement, Draw):
        return f"{statement.slot} ~ {statement.policy}"
    if isinstance(statement, Rows):
        return f"{_slots(statement.slots)} ~ rows {statement.data}"
    return f"{_slots(statement.slots)} ~ {statement.model}({', '.join(statement.inputs)})"


def _slots(slots: Sequence[str]) -> str:
    return slots[0] if len(slots) == 1 else f"({', '.join(slots)})"


def _list(names: Sequence[str]) -> str:
    return f"[{', '.join(names)}]"


def _do(draws: Sequence[Draw]) -> str:
    return f"do({', '.join(print_statement(d) for d in draws)})"


def _operation_lines(op: Operation, width: int) -> list[str]:
    left = "" if isinstance(op, Sample) else f"{op.result.ljust(width)} = "
    match op:
        case Observe():
            head, region = f"{left}observe {_list(op.variables)}", None
        case Train():
            given = f" | {', '.join(op.inputs)}" if op.inputs else ""
            head, region = f"{left}train {op.data} : {', '.join(op.targets)}{given}", None
        case Regenerate():
            head, region = f"{left}regenerate {_do(op.do)} {{", op.network
        case Reweight():
            by = f" by {', '.join(op.by)}" if op.by else ""
            head, region = f"{left}reweight {op.data} {_do(op.do)}{by} -> {_list(op.variables)}", None
        case Sample():
            name = f"{json.dumps(op.query, ensure_ascii=False)} " if op.query else ""
            head, region = f"sample {name}({', '.join(op.network.inputs)}) {{", op.network
    if str(op.computes):
        head = f"{head.ljust(_COMMENT_COLUMN)}  # {' '.join(str(op.computes).split())}"
    if region is None:
        return [head]
    body = [" " * (len(left) + 2) + print_statement(s) for s in region.statements]
    return [head, *body, f"{' ' * len(left)}}} -> {_list(region.outputs)}"]


# -- parsing ----------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(
    rf"""(?P<space>[ \t\r\n]+) | (?P<comment>\#[^\n]*) | (?P<value>%\w+) | (?P<name>{NAME}'*)
    | (?P<string>"(?:[^"\\\n]|\\.)*") | (?P<mark>->|[{{}}\[\]()=:|,~])""",
    re.VERBOSE,
)


def parse_program(text: str) -> tuple[str, tuple[Operation, ...]]:
    """The name and the operations of a text form, not yet verified.

    Raises ProgramError with line, column and what was expected there.
    """
    return _Parser(text).program()


class _Parser:
    """Recursive descent over the tokens; a comment belongs to the operation that starts on its line."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        self.comments: dict[int, str] = {}  # line number -> text
        place, line = 0, 1
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                raise self.error(f"cannot read {text[place]!r}", place)
            kind, value = str(token.lastgroup), token[0]
            if kind == "comment":
                self.comments.setdefault(line, value[1:].strip())
            elif kind != "space":
                self.tokens.append((kind, value, place))
            line += value.count("\n")
            place = token.end()
        self.tokens.append(("end", "", len(text)))
        self.next = 0

    @property
    def kind(self) -> str:
        return self.tokens[self.next][0]

    @property
    def value(self) -> str:
        return self.tokens[self.next][1]

    @property
    def place(self) -> int:
        return self.tokens[self.next][2]

    def error(self, message: str, place: int | None = None) -> ProgramError:
        at = self.place if place is None else place
        start = self.text.rfind("\n", 0, at) + 1
        end = self.text.find("\n", at)
        shown = self.text[start : end if end >= 0 else len(self.text)]
        number = self.text.count("\n", 0, at) + 1
        return ProgramError(
            f"program, line {number}, column {at - start + 1}: {message}\n  {shown}\n  {' ' * (at - start)}^"
        )

    def take(self, kind: str, what: str) -> str:
        if self.kind != kind:
            raise self.error(f"expected {what}" + (f", not {self.value!r}" if self.value else " before the end"))
        value = self.value
        self.next += 1
        return value

    def mark(self, mark: str) -> None:
        if self.value != mark or self.kind == "string":
            raise self.error(f"expected {mark!r}" + (f", not {self.value!r}" if self.value else " before the end"))
        self.next += 1

    def string(self) -> str:
        place = self.place
        raw = self.take("string", "a quoted name")
        try:
            return str(json.loads(raw))
        except json.JSONDecodeError as error:
            raise self.error(f"a quoted name that JSON cannot read ({error.msg})", place) from None

    def name(self) -> str:
        return self.take("name", "a variable's name")

    def listed(self, item: Callable[[], T]) -> tuple[T, ...]:
        found = [item()]
        while self.value == ",":
            self.next += 1
            found.append(item())
        return tuple(found)

    def enclosed(self, left: str, item: Callable[[], T], right: str) -> tuple[T, ...]:
        self.mark(left)
        found = () if self.value == right else self.listed(item)
        self.mark(right)
        return found

    def program(self) -> tuple[str, tuple[Operation, ...]]:
        self.mark("program")
        name = self.string()
        self.mark("{")
        operations = []
        while self.value != "}":
            line = self.text.count("\n", 0, self.place) + 1
            operations.append(self.operation(self.comments.get(line, "")))
        self.mark("}")
        if self.kind != "end":
            raise self.error("nothing may follow the program")
        return name, tuple(operations)

    def operation(self, comment: str) -> Operation:
        if self.value == "sample":
            self.next += 1
            query = self.string() if self.kind == "string" else ""
            inputs = self.enclosed("(", self.name, ")")
            return Sample(self.region(inputs), query, comment)
        result = self.take("value", "an operation: %name = ..., or sample")
        self.mark("=")
        word = self.take("name", "observe, train, regenerate or reweight")
        if word == "observe":
            return Observe(result, self.enclosed("[", self.name, "]"), comment)
        if word == "train":
            return self.train(result, comment)
        if word == "regenerate":
            do = self.do()
            return Regenerate(result, do, self.region(tuple(d.slot for d in do)), comment)
        if word == "reweight":
            return self.reweight(result, comment)
        self.next -= 1
        raise self.error(f"expected observe, train, regenerate or reweight, not {word!r}")

    def data(self) -> str:
        return self.take("value", "a value such as %obs")

    def train(self, result: str, comment: str) -> Train:
        data = self.data()
        self.mark(":")
        targets, inputs = self.listed(self.name), tuple[str, ...]()
        if self.value == "|":
            self.next += 1
            inputs = self.listed(self.name)
        return Train(result, data, targets, inputs, comment)

    def reweight(self, result: str, comment: str) -> Reweight:
        data, do, by = self.data(), self.do(), tuple[str, ...]()
        if self.value == "by":
            self.next += 1
            by = self.listed(self.data)
        self.mark("->")
        return Reweight(result, data, do, by, self.enclosed("[", self.name, "]"), comment)

    def do(self) -> tuple[Draw, ...]:
        self.mark("do")
        return self.enclosed("(", self.draw, ")")

    def draw(self) -> Draw:
        slot = self.name()
        self.mark("~")
        return Draw(slot, self.policy())

    def policy(self) -> str:
        if self.kind == "value":
            return self.data()
        self.mark(UNIFORM)
        return UNIFORM

    def region(self, inputs: tuple[str, ...]) -> Network:
        self.mark("{")
        statements = []
        while self.value != "}":
            statements.append(self.statement())
        self.mark("}")
        self.mark("->")
        return Network(inputs, tuple(statements), self.enclosed("[", self.name, "]"))

    def statement(self) -> Statement:
        slots = self.enclosed("(", self.name, ")") if self.value == "(" else (self.name(),)
        self.mark("~")
        if self.value == "rows" and self.kind == "name":
            self.next += 1
            return Rows(slots, self.data())
        if self.kind == "value" and self.is_call():
            model = self.data()
            return Apply(slots, model, self.enclosed("(", self.name, ")"))
        if len(slots) != 1:
            raise self.error(
                "a draw fills one slot; write `rows %data` for a row as it stands, or a model's inputs: %m(X)"
            )
        return Draw(slots[0], self.policy())

    def is_call(self) -> bool:
        """Whether the value is a model with inputs: a parenthesis on the next line starts another statement."""
        (_, value, place), (_, mark, after) = self.tokens[self.next : self.next + 2]
        return mark == "(" and "\n" not in self.text[place + len(value) : after]
