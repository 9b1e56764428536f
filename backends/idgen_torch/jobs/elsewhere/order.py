"""Which operations of a program workers can make, and when: each after what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from idgen_compiler.data.part import Form
from idgen_compiler.data.schema import Schema
from idgen_compiler.ir.analysis import uses
from idgen_compiler.ir.operations import Bind, Observe, Operation, Realize, Regenerate, Train
from idgen_compiler.ir.program import Program
from idgen_torch.families import Family
from idgen_torch.parts import of_form

__all__ = ["Order"]


class Order:
    """The operations of one walk, and how far they are.

    laws: operation -> the digest of what it computes.  looks: whether rows that are drawn are told of by their place,
    once each, so that laws are drawn in the program's order.  A model is *settled* once it is known whether it is
    trained for longer, which for pictures depends on the models before it.
    """

    def __init__(
        self,
        program: Program,
        operations: Sequence[Operation],
        laws: Mapping[str, str],
        schema: Schema,
        brought: Collection[str],
        requested: Mapping[str, Family],
        looks: bool,
    ) -> None:
        self.laws, self.looks, self.table = laws, looks, program.observe.result
        self.keys: dict[str, str] = {}  #: operation -> the key of what is made and stands in the store
        self._schema, self._requested = schema, requested
        self._operations = {op.result: op for op in operations}
        self._brought = brought
        self._passed, self._handed = set[str](), set[str]()

    # -- what happens ---------------------------------------------------------------------------------------------

    def ready(self) -> Iterator[Train | Realize]:
        """What workers can make now, in the program's order; each is handed out, or taken back, before the next."""
        for op in self._operations.values():
            if isinstance(op, Train | Realize) and op.result not in self._handed | self._passed and self._can(op):
                yield op

    def handed_out(self, op: Operation) -> None:
        """A worker makes it."""
        self._handed.add(op.result)

    def passed(self, op: Operation, key: str | None) -> None:
        """It is made; with a key where the store has it."""
        self._passed.add(op.result)
        if key is not None:
            self.keys[op.result] = key

    def taken_back(self, op: Operation) -> list[str]:
        """No worker makes it after all, nor what rests on it, which is returned with it."""
        found = [op.result]
        for other in self._operations.values():
            if other.result in self._handed and other.result != op.result and set(self.rests_on(other)) & set(found):
                found.append(other.result)
        self._handed -= set(found)
        return found

    @property
    def handed(self) -> list[str]:
        """What workers make, or have made, in the program's order."""
        return [name for name in self._operations if name in self._handed]

    # -- what follows from it -------------------------------------------------------------------------------------

    def rests_on(self, op: Operation) -> list[str]:
        """The operations whose makers say what a worker has to know for this one."""
        found: list[str] = []
        for name in sorted(uses(op)):
            if name in self.keys or name not in self._operations:
                continue
            used = self._operations[name]
            found += [name] if name in self._handed else self.rests_on(used)
        if self._draws(op):
            before = [each for each in self._before(op) if each in self._handed - self._passed]
            found += before[-1:]
        return list(dict.fromkeys(found))

    def is_settled(self, op: Train) -> bool:
        """Whether a model is what it will be once it is trained, whatever becomes of others."""
        recipe = self._requested.get(op.result)
        if recipe is not None:
            return type(recipe).longer is Family.longer
        return not of_form(self._schema.parts(*op.targets), Form.PICTURES)

    def _can(self, op: Train | Realize) -> bool:
        if op.result in self._brought:
            return False
        if self._draws(op) and not set(self._before(op)) <= self._handed | self._passed:
            return False
        return all(map(self._available, uses(op)))

    def _available(self, name: str) -> bool:
        """Whether a worker can have a value."""
        op = self._operations[name]
        if isinstance(op, Observe) or name in self.keys:
            return True
        if isinstance(op, Bind) or name in self._brought:
            return False
        if isinstance(op, Train):
            return name in self._handed and self.is_settled(op)
        return name in self._handed or all(map(self._available, uses(op)))

    def _draws(self, op: Operation) -> bool:
        return self.looks and isinstance(op, Realize) and isinstance(op.ways[0], Regenerate)

    def _before(self, op: Operation) -> list[str]:
        """The laws that are drawn before this one."""
        names = list(self._operations)
        earlier = [self._operations[name] for name in names[: names.index(op.result)]]
        return [each.result for each in earlier if self._draws(each)]
