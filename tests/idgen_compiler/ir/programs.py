"""Random programs that verify, and a fixed one that uses every operation."""

from __future__ import annotations

from hypothesis import strategies as st

from idgen_compiler.ir import (
    UNIFORM,
    Apply,
    Draw,
    Network,
    Observe,
    Operation,
    Program,
    Regenerate,
    Reweight,
    Sample,
    Statement,
    Train,
    variable_of,
)

__all__ = ["EVERYTHING", "NAMES", "programs"]

NAMES = ("X", "Y", "do", "by", "sample", "uniform", "a.b", "Größe", "observe", "train", "_", "program", "x1")

EVERYTHING = """\
program "P(Y | do(X), Z)" {
  %obs  = observe [W1, W2, X, Y, Z]
  %m0   = train %obs : W1
  %p0   = train %obs : W2 | W1
  %m1   = train %obs : X, Y | W1, W2                    # P(x, y | w1, w2)
  %reg0 = regenerate do(W2 ~ %obs) {                    # P(W1, X, Y ; do(W2))
            W1 ~ %m0()
            (X, Y) ~ %m1(W1, W2)
          } -> [W2, X, Y]
  %rw0  = reweight %obs do(W2 ~ uniform) by %p0 -> [X, Y, Z]
  %m2   = train %reg0 : Y | X
  %m3   = train %rw0 : Y | X, Z
  sample "P(Y | do(X))" (X) {
    X' ~ %obs
    Y' ~ %m2(X')
    Y ~ %m2(X)
  } -> [Y]
  sample (X, Z) {
    Y ~ %m3(X, Z)
  } -> [Y]
}
"""


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Programs that verify, with awkward names, primes, joint models and comments."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=5))
    operations: list[Operation] = [Observe("%obs", tuple(names), draw(_COMMENTS))]
    data = {"%obs": tuple(names)}
    models: list[Train] = []
    for k in range(draw(st.integers(1, 5))):
        kind = draw(st.sampled_from(("train", "train", "regenerate", "reweight"))) if models else "train"
        if kind == "train":
            source = draw(st.sampled_from(list(data)))
            chosen = draw(st.lists(st.sampled_from(data[source]), unique=True, min_size=1))
            cut = draw(st.integers(1, len(chosen)))
            model = Train(f"%m{k}", source, tuple(chosen[:cut]), tuple(chosen[cut:]), draw(_COMMENTS))
            models.append(model)
            operations.append(model)
        elif kind == "regenerate":
            do = _draws(draw, names, data)
            network = _network(draw, tuple(d.slot for d in do), models, data)
            operations.append(Regenerate(f"%reg{k}", do, network, draw(_COMMENTS)))
            data[f"%reg{k}"] = network.outputs
        else:
            by = [m for m in models if len(m.targets) == 1 and {*m.targets, *m.inputs} <= set(names)][:1]
            do = tuple(Draw(m.targets[0], UNIFORM) for m in by)
            operations.append(Reweight(f"%rw{k}", "%obs", do, tuple(m.result for m in by), tuple(names)))
            data[f"%rw{k}"] = tuple(names)
    inputs = tuple(draw(st.lists(st.sampled_from(names), unique=True, max_size=2))) if len(names) > 2 else ()
    network = _network(draw, inputs, models, data, next(name for name in names if name not in inputs))
    operations.append(Sample(network, draw(_TEXTS), draw(_COMMENTS)))
    return Program(draw(_TEXTS), tuple(operations)).check()


_TEXTS = st.text(max_size=12)
_COMMENTS = st.sampled_from(("", "", "P(Y | do(X))", 'a "b" # { % } <é>', "do(X) ~ [Y] ->"))


def _draws(draw: st.DrawFn, names: list[str], data: dict[str, tuple[str, ...]]) -> tuple[Draw, ...]:
    return tuple(
        Draw(slot, draw(st.sampled_from((UNIFORM, *(d for d in data if slot in data[d])))))
        for slot in draw(st.lists(st.sampled_from(names), unique=True, max_size=2))
    )


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
                policy = draw(st.sampled_from((UNIFORM, *(d for d in data if name in data[d]))))
                statements.append(Draw(ready[0], policy))
            given.append(draw(st.sampled_from(ready)))
        statements.append(Apply(tuple(fresh(name) for name in model.targets), model.result, tuple(given)))
    plain = [slot for slot in filled if slot == variable_of(slot) and (outcome is None or slot not in inputs)]
    if not plain and outcome is not None:
        statements.append(Draw(fresh(outcome), UNIFORM))
        plain = [outcome]
    return Network(inputs, tuple(statements), tuple(draw(st.lists(st.sampled_from(plain), unique=True, min_size=1))))
