"""Random programs that verify, and a fixed one that uses every operation."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from idgen_compiler.graph import ADMG
from idgen_compiler.ir import (
    Apply,
    ByModel,
    Column,
    Condition,
    Draw,
    Fixed,
    LawType,
    Network,
    Observe,
    Operation,
    Policy,
    Realize,
    Regenerate,
    Reweight,
    Sample,
    Shifted,
    Statement,
    Train,
    Uniform,
    Way,
    Weigh,
    variable_of,
)
from idgen_compiler.program import Program

__all__ = ["EVERYTHING", "NAMES", "programs"]

NAMES = (
    "X",
    "Y",
    "do",
    "by",
    "sample",
    "uniform",
    "a.b",
    "Größe",
    "observe",
    "train",
    "_",
    "program",
    "x1",
    "or",
    "on",
)

EVERYTHING = """\
program "P(Y | do(X), Z)" {
  graph "W1 -> W2; W2 -> X; X -> Z; X -> Y; Z -> Y; W1 <-> X; W1 <-> Y"
  %obs  = observe "trial" [W1, W2, X, Y, Z]
  %m0   = train %obs : W1                               # P(W1)
  %p0   = train %obs : W2 | W1                          # P(W2 | W1)
  %m1   = train %obs : X, Y | W1, W2                    # P(X, Y | W1, W2)
  %m2   = train %obs : Z | X                            # P(Z | X)
  %law0 = realize P(W1, X, Y ; do(W2)) -> [W2, X, Y] {
    regenerate do(W2 ~ %obs) {
      W1 ~ %m0()
      (X, Y) ~ %m1(W1, W2)
    }
    or reweight %obs do(W2 ~ %obs) by %p0
  }
  %law1 = realize P(X, Y, Z ; do(W2)) on "W2 -> X -> Z -> Y; X <-> Y" -> [X, Y, Z] {
    reweight %obs do(W2 ~ %p0(W1)) by %p0
  }
  %m3   = train %law0 : Y | X                           # P(Y | X ; do(W2))
  %m4   = train %law1 : Y | X, Z                        # P(Y | X, Z ; do(W2))
  sample "P(Y | do(X))" (X) {
    X' ~ %obs + 1.5
    Y' ~ %m3(X')
    (W1, W2) ~ rows %obs
    X'' ~ uniform
    Z' ~ %m2(X'')
    Z'' ~ "a \\"label\\""
    Y ~ %m3(X)
  } -> [Y]
  sample (X, Z) {                                       # P(Y | do(X), Z)
    X' ~ -1
    X'' ~ true
    Z' ~ %obs - 0.25
    Y ~ %m4(X, Z)
  } -> [Y]
}
"""


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs that verify, with awkward names, primes, joint models, every policy and every way."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5))
    operations: list[Operation] = [Observe("%obs", tuple(names), draw(_TEXTS))]
    data = {"%obs": tuple(names)}
    models: list[Train] = []
    for k in range(draw(st.integers(1, 5))):
        if not models or draw(st.booleans()):
            source = draw(st.sampled_from(list(data)))
            chosen = draw(st.lists(st.sampled_from(data[source]), unique=True, min_size=1))
            cut = draw(st.integers(1, len(chosen)))
            targets, inputs = tuple(chosen[:cut]), tuple(chosen[cut:])
            conditions = ()
            law = next((op.law for op in operations if isinstance(op, Realize) and op.result == source), None)
            if law is not None and models and set(targets) <= set(law.targets) and draw(st.booleans()):
                conditions = (_weighed(draw, targets, inputs, models, data),)
            model = Train(f"%m{k}", source, targets, inputs, conditions)
            models.append(model)
            operations.append(model)
        elif draw(st.booleans()):
            targets = tuple(draw(st.lists(st.sampled_from(names), unique=True, min_size=1)))
            inputs = tuple(name for name in names if name not in targets and draw(st.booleans()))
            of = LawType(targets, inputs, draw(st.sampled_from(("", "; ".join(names)))))
            if draw(st.booleans()):
                of = replace(of, targets=(*targets, *inputs), fixed=())
            operations.append(Condition(f"%c{k}", of, _weighed(draw, targets, inputs, models, data)))
        else:
            law = draw(_laws(f"%law{k}", names, models, data))
            operations.append(law)
            data[law.result] = law.variables
    inputs = tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2))) if len(names) > 2 else ()
    network = _network(draw, inputs, models, data, next(name for name in names if name not in inputs))
    operations.append(Sample(network, draw(_TEXTS)))
    pairs = draw(st.lists(st.sampled_from([(a, b) for a in names for b in names if a < b] or [("", "")]), unique=True))
    graph = ADMG([pair for pair in pairs if pair[0]], (), names)
    return Program(draw(_TEXTS), graph, tuple(operations)).check()


@st.composite
def _laws(
    draw: st.DrawFn, result: str, names: list[str], models: list[Train], data: dict[str, tuple[str, ...]]
) -> Realize:
    """A law that is regenerated, reweighted, or either; all ways set what they set by one policy."""
    ways: list[Way] = []
    do = _draws(draw, names, data)
    kind = draw(st.sampled_from(("regenerate", "reweight", "either")))
    by = [m for m in models if len(m.targets) == 1 and {*m.targets, *m.inputs} <= set(names)][:1]
    drawn = tuple(Draw(m.targets[0], _by_itself(draw, m)) for m in by)
    if kind == "either":
        set_already = {d.slot: d for d in do}
        drawn = tuple(set_already.get(d.slot, d) for d in drawn)
    fixed = list(dict.fromkeys([*(d.slot for d in do), *(d.slot for d in drawn)]))
    targets = tuple(name for name in names if name not in fixed)
    if not targets:  # a law of nothing but what is set is none
        do, drawn, by, fixed, targets = (), (), [], [], tuple(names)
    network = _network(draw, tuple(d.slot for d in do), models, data)
    if kind != "reweight":
        ways.append(Regenerate(do, network))
    if kind != "regenerate":
        ways.append(Reweight("%obs", drawn, tuple(m.result for m in by)))
    on = draw(st.sampled_from(("", "; ".join(names))))
    return Realize(result, LawType(targets, tuple(fixed), on), network.outputs, tuple(ways))


def _weighed(
    draw: st.DrawFn,
    targets: tuple[str, ...],
    inputs: tuple[str, ...],
    models: list[Train],
    data: dict[str, tuple[str, ...]],
) -> Network:
    """A network of a condition: what models have of its inputs is weighed, and anything else drawn."""
    network = _network(draw, inputs, models, data)
    filled = {slot for statement in network.statements for slot in statement.slots}
    drawn = tuple(Draw(name, Uniform()) for name in targets if name not in filled)
    known = {*inputs, *filled, *targets}
    weighed: list[Weigh] = []
    for model in models:
        once = {slot for statement in weighed for slot in statement.values}.isdisjoint(model.targets)
        if once and set(model.targets) <= set(inputs) and set(model.inputs) <= known and draw(st.booleans()):
            weighed.append(Weigh(model.targets, model.result, model.inputs))
    return Network(inputs, (*network.statements, *drawn, *weighed), targets)


def _by_itself(draw: st.DrawFn, model: Train) -> Policy:
    """A policy for a reweighting, which may be another model's answer to the row."""
    return draw(st.sampled_from((Uniform(), Column("%obs"), ByModel(model.result, model.inputs))))


_TEXTS = st.text(max_size=12)
_VALUES = st.one_of(_TEXTS, st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False))


def _policy(draw: st.DrawFn, name: str, data: dict[str, tuple[str, ...]]) -> Policy:
    source = draw(st.sampled_from([d for d in data if name in data[d]]))
    shift = draw(st.floats(allow_nan=False, allow_infinity=False))
    return draw(
        st.sampled_from((Uniform(), Column(source), Column(source), Fixed(draw(_VALUES)), Shifted(source, shift)))
    )


def _draws(draw: st.DrawFn, names: list[str], data: dict[str, tuple[str, ...]]) -> tuple[Draw, ...]:
    slots = draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    return tuple(Draw(slot, _policy(draw, slot, data)) for slot in slots)


def _network(
    draw: st.DrawFn,
    inputs: tuple[str, ...],
    models: list[Train],
    data: dict[str, tuple[str, ...]],
    outcome: str | None = None,
) -> Network:
    """With an `outcome` no input is an output, as in a sampler; it is drawn where nothing else could be one."""
    filled, statements = list(inputs), list[Statement]()

    def fresh(name: str) -> str:
        while name in filled:
            name += "'"
        filled.append(name)
        return name

    for model in draw(st.lists(st.sampled_from(models), min_size=1, max_size=3)):
        given = []
        for name in model.inputs:
            ready = [slot for slot in filled if variable_of(slot) == name]
            if not ready:
                ready = [fresh(name)]
                statements.append(Draw(ready[0], _policy(draw, name, data)))
            given.append(draw(st.sampled_from(ready)))
        statements.append(Apply(tuple(fresh(name) for name in model.targets), model.result, tuple(given)))
    plain = [slot for slot in filled if slot == variable_of(slot) and (outcome is None or slot not in inputs)]
    if not plain and outcome is not None:
        statements.append(Draw(fresh(outcome), Uniform()))
        plain = [outcome]
    return Network(inputs, tuple(statements), tuple(draw(st.lists(st.sampled_from(plain), unique=True, min_size=1))))
