"""The values of a program that are defined so far, and what each may be used for."""

from __future__ import annotations

import re

from idgen_compiler.graph.admg import ADMG
from idgen_compiler.ir.operations import Bind, Condition, LawType, Observe, Operation, Realize, Statement, Train
from idgen_compiler.ir.verifier.faults import fault

__all__ = ["Defined"]

_VALUE = re.compile(r"%\w+")


class Defined:
    """The values defined so far."""

    def __init__(self, graph: ADMG) -> None:
        self.graph = graph
        self.data: dict[str, dict[str, None]] = {}  # data set -> its variables, in order and quick to look up
        self.observable: set[str] = set()  # variables of any data set
        self.models: dict[str, Train | Bind | Condition] = {}
        self.laws: dict[str, LawType] = {}
        self.unobserved: frozenset[str] = frozenset()
        self.samplers: list[str] = []

    def remedy_for(self, name: str, remedy: str) -> str:
        """What to do about a variable that a data set does not have; one that is never observed has to be bound."""
        return f"no table holds {name}: make it with a bound kernel" if name in self.unobserved else remedy

    def define(self, op: Observe | Train | Bind | Condition | Realize) -> None:
        if not _VALUE.fullmatch(op.result):
            raise fault(op, op.result, f"{op.result!r} is no value name", "write % and then letters, digits or _")
        if op.result in self.data or op.result in self.models:
            raise fault(op, op.result, f"{op.result} is defined twice", "every value has one definition; rename one")

    def variables(self, op: Operation, data: str) -> dict[str, None]:
        if data in self.models:
            raise fault(op, data, f"{data} is a model, not a data set", "name a data set such as %obs")
        if data not in self.data:
            known = ", ".join(self.data) or "none yet"
            raise fault(op, data, f"{data} is used before it is defined", f"data sets so far: {known}")
        return self.data[data]

    def model(self, op: Operation, model: str, line: Statement | None = None) -> Train | Bind | Condition:
        if model not in self.models:
            why = "is a data set, not a model" if model in self.data else "is used before it is trained"
            raise fault(op, model, f"{model} {why}", f"models so far: {', '.join(self.models) or 'none yet'}", line)
        return self.models[model]

    def check_density(self, op: Operation, name: str, line: Statement | None = None) -> None:
        """Rows and runs are weighed by models that are trained: of others nobody knows probabilities."""
        model = self.models[name]
        if isinstance(model, Train):
            return
        how = "bound" if isinstance(model, Bind) else "conditioned"
        what = f"{name} is {how}, so that its probabilities are unknown"
        raise fault(op, name, what, "weigh by a model that is trained, or regenerate", line)
