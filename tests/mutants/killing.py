"""Running the quick tests on a changed module, in a process of its own.

The parent imports everything once and works the models out; a child gets the changed code transplanted into the
functions and methods that are there already, so that a mutant costs a tenth of a second where it is noticed at once.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from inspect import signature
from types import FunctionType, ModuleType

from _pytest.mark import ParameterSet

from tests import conftest, goldens
from tests.idgen_compiler import test_compile, test_denote, test_lower
from tests.idgen_compiler.estimand import test_tree as tree
from tests.idgen_compiler.graph import test_separation as separation
from tests.idgen_compiler.identify import test_algorithm as algorithm
from tests.idgen_compiler.identify import test_fixing as fixing
from tests.idgen_compiler.identify import test_hedge as hedge
from tests.idgen_compiler.ir import test_analysis, test_operands, test_program
from tests.idgen_compiler.ir import test_laws as test_graphs
from tests.idgen_compiler.passes import (
    test_align,
    test_base,
    test_dead,
    test_fuse,
    test_pipeline,
    test_rows,
    test_share,
)
from tests.idgen_compiler.passes import test_registry as test_passes
from tests.idgen_compiler.report import test_regenerations as regenerations
from tests.idgen_compiler.rewrites import (
    test_collapse,
    test_eliminate,
    test_exchange,
    test_expand,
    test_hoist,
    test_merge,
    test_minimize,
    test_registry,
    test_weights,
)
from tests.laws import test_edges as edges
from tests.laws import test_laws as laws
from tests.laws.cases import IDENTIFIABLE
from tests.mutants.changes import Mutant
from tests.properties import test_sequences
from tests.truth import WAYS

__all__ = ["survives"]

REWRITES = (
    test_collapse,
    test_eliminate,
    test_expand,
    test_hoist,
    test_merge,
    test_minimize,
    test_exchange,
    test_registry,
    test_weights,
)

PROGRAMS = (
    test_analysis,
    test_operands,
    test_graphs,
    test_program,
    test_base,
    test_align,
    test_dead,
    test_fuse,
    test_pipeline,
    test_passes,
    test_rows,
    test_share,
    test_lower,
    test_denote,
    test_compile,
)

SECONDS, SECONDS_OF_PROGRAMS = 8, 18
"""A mutant that computes for longer hangs, and so is noticed; more where the tests of programs run as well."""


def survives(mutant: Mutant | None) -> bool:
    """Whether all quick tests pass with a mutant in the place of its module (None: with the program as it is).

    Source: DeMillo, Lipton and Sayward (1978).
    """
    for case in IDENTIFIABLE:
        laws._model(case)  # the truth needs none of the changed modules; children inherit it
    child = os.fork()
    if child == 0:
        _run(mutant)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def _run(mutant: Mutant | None) -> None:
    code = 1
    try:
        used = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
        limit = used + (SECONDS_OF_PROGRAMS if _is_of_programs(mutant) else SECONDS)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        if mutant is not None:
            _transplant(mutant)
        conftest.hypothesis.settings.load_profile("ci")
        for check in _checks(mutant):
            check()
        code = 0
    finally:
        os._exit(code)


def _is_of_programs(mutant: Mutant | None) -> bool:
    return mutant is None or mutant.module.split(".")[1] in ("denote", "ir", "lower", "passes")


def _checks(mutant: Mutant | None) -> Iterator[Callable[[], object]]:
    """The tests, the sharpest for their time first; those of programs where the module works on them."""
    of_programs = _is_of_programs(mutant)
    if of_programs:
        own = "" if mutant is None else mutant.module.split(".")[-1]
        for module in sorted(PROGRAMS, key=lambda module: not module.__name__.endswith(f"test_{own}")):
            yield from _tests(module)
    for golden in (laws.test_the_lines_of_the_traces, laws.test_hedges, laws.test_what_each_rewrite_leaves):
        yield partial(golden, _golden)
    yield partial(laws.test_lowered_programs, _golden)
    for module in (edges, tree, algorithm, hedge, *REWRITES):
        yield from _tests(module)
    yield laws.test_estimands_equal_the_truth
    for ways in WAYS:
        yield partial(laws.test_lowered_programs_run_to_the_truth, ways)
    if of_programs:
        yield test_sequences.test_laws_found_in_projections_have_a_meaning_on_the_whole_graph
        yield test_sequences.test_any_sequence_keeps_the_truth
        yield test_sequences.test_several_queries_through_any_sequence
    yield from _tests(fixing)
    yield from _tests(separation)
    yield from _tests(regenerations)


def _tests(module: ModuleType) -> Iterator[Callable[[], object]]:
    """The tests of a module, one for each set of parameters; those that take fixtures or another tool are left out."""
    for name, test in vars(module).items():
        if not name.startswith("test_") or "networkx" in name:
            continue
        marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        if not marks and (hasattr(test, "hypothesis") or not signature(test).parameters):
            yield test
        for mark in marks:
            names = [n.strip() for n in mark.args[0].split(",")] if isinstance(mark.args[0], str) else mark.args[0]
            for given in mark.args[1]:
                values = given.values if isinstance(given, ParameterSet) else given if len(names) > 1 else (given,)
                if len(marks) == 1 and set(names) == set(signature(test).parameters):
                    yield partial(test, **dict(zip(names, values, strict=True)))


def _golden(name: str, text: str) -> None:
    goldens.compare(goldens.FOLDER / name, text, bless=False)


def _transplant(mutant: Mutant) -> None:
    """Give the living functions of a module the code, defaults and annotations of the changed ones."""
    living = sys.modules[mutant.module]
    changed = ModuleType(mutant.module)
    changed.__dict__.update(__file__=living.__file__, __package__=living.__package__)
    exec(compile(mutant.source, f"<mutant of {mutant.module}>", "exec"), changed.__dict__)
    for name, new in vars(changed).items():
        old = vars(living).get(name)
        if isinstance(new, type) and isinstance(old, type) and new.__module__ == mutant.module:
            for attribute, value in vars(new).items():
                if (there := vars(old).get(attribute)) is not None:
                    _give(_function(there), _function(value))
                    if isinstance(value, int) and not attribute.startswith("__"):
                        _set_default(old, attribute, value)
        elif (changed_function := _function(new)) is not None and changed_function.__module__ == mutant.module:
            _give(_function(old), changed_function)
            if hasattr(old, "cache_clear"):
                old.cache_clear()
        elif isinstance(new, int) and not name.startswith("__"):
            setattr(living, name, new)
        elif isinstance(new, dict) and isinstance(old, dict) and name.isupper():
            old.clear()
            old.update(new)


def _set_default(rewrite: type, field: str, value: int) -> None:
    """Another default of a rewrite's option, in the rewrites that have been made as well."""
    for made in (made for sequence in laws.SEQUENCES for made in sequence if type(made) is rewrite):
        object.__setattr__(made, field, value)


def _function(value: object) -> FunctionType | None:
    """The function behind a function, property, class method or static method."""
    if isinstance(value, property):
        value = value.fget
    elif isinstance(value, cached_property):
        value = value.func
    elif isinstance(value, classmethod | staticmethod):
        value = value.__func__
    value = getattr(value, "__wrapped__", value)  # what a cache is in front of
    return value if isinstance(value, FunctionType) else None


def _give(old: FunctionType | None, new: FunctionType | None) -> None:
    if old is not None and new is not None and old.__code__.co_freevars == new.__code__.co_freevars:
        old.__code__, old.__defaults__, old.__kwdefaults__ = new.__code__, new.__defaults__, new.__kwdefaults__
