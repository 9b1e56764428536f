"""idgen-compiler: from causal queries to executable samplers.

graph -> query -> identify -> estimand -> compile -> program -> fit -> sample

A name is imported when it is first asked for, so that this package costs nothing to whoever needs a part of it.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from idgen_compiler.check import GraphCheck, check_graph
    from idgen_compiler.compile import Compilation, compile, explain
    from idgen_compiler.errors import (
        DataError,
        DataWarning,
        GraphError,
        GraphWarning,
        IdgenError,
        NotIdentifiable,
        OverlapWarning,
        PlaceError,
        ProgramError,
        QueryError,
        StoreWarning,
    )
    from idgen_compiler.estimand.estimand import Estimand
    from idgen_compiler.estimand.tables import Joint, KernelTable
    from idgen_compiler.graph.admg import ADMG
    from idgen_compiler.hinge.backend import Sampler
    from idgen_compiler.hinge.policies import Law, Shift
    from idgen_compiler.hinge.samples import Samples
    from idgen_compiler.hinge.saved import load
    from idgen_compiler.identify import Identification, identify
    from idgen_compiler.ir.policies import Fixed, Uniform
    from idgen_compiler.program import Program
    from idgen_compiler.query import Query
    from idgen_compiler.report.web.made import report_page
    from idgen_compiler.studio.opened import studio
    from idgen_compiler.verify import VerificationReport, verify
    from idgen_compiler.verify.witness import Witness, witness

__version__ = "0.1.0"

__all__ = [
    "ADMG",
    "Compilation",
    "DataError",
    "DataWarning",
    "Estimand",
    "Fixed",
    "GraphCheck",
    "GraphError",
    "GraphWarning",
    "Identification",
    "IdgenError",
    "Joint",
    "KernelTable",
    "Law",
    "NotIdentifiable",
    "OverlapWarning",
    "PlaceError",
    "Program",
    "ProgramError",
    "Query",
    "QueryError",
    "Sampler",
    "Samples",
    "Shift",
    "StoreWarning",
    "Uniform",
    "VerificationReport",
    "Witness",
    "check_graph",
    "compile",
    "explain",
    "identify",
    "load",
    "report_page",
    "studio",
    "verify",
    "witness",
]

_HOMES = {
    "ADMG": "graph.admg",
    "Compilation": "compile",
    "DataError": "errors",
    "DataWarning": "errors",
    "Estimand": "estimand.estimand",
    "Fixed": "ir.policies",
    "GraphCheck": "check",
    "GraphError": "errors",
    "GraphWarning": "errors",
    "Identification": "identify",
    "IdgenError": "errors",
    "Joint": "estimand.tables",
    "KernelTable": "estimand.tables",
    "Law": "hinge.policies",
    "NotIdentifiable": "errors",
    "OverlapWarning": "errors",
    "PlaceError": "errors",
    "Program": "compile",
    "ProgramError": "errors",
    "Query": "query",
    "QueryError": "errors",
    "Sampler": "hinge.backend",
    "Samples": "hinge.samples",
    "Shift": "hinge.policies",
    "StoreWarning": "errors",
    "Uniform": "ir.policies",
    "VerificationReport": "verify",
    "Witness": "verify",
    "check_graph": "check",
    "compile": "compile",
    "explain": "compile",
    "identify": "identify",
    "load": "hinge.saved",
    "report_page": "report.web.made",
    "studio": "studio.opened",
    "verify": "verify",
    "witness": "verify",
}
"""Name -> the module that it comes from."""


class _FrontDoor(ModuleType):
    """This package: what is at the front door wins over a submodule of the same name, as `idgen.compile` does."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{self.__name__}.{_HOMES[name]}"), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):  # a submodule that was just imported
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *_HOMES})


sys.modules[__name__].__class__ = _FrontDoor
