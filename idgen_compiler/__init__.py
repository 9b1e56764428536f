"""idgen-compiler: from causal queries to executable samplers.

graph -> query -> identify -> estimand -> compile -> program -> fit -> sample
"""

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
    ProgramError,
    QueryError,
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
from idgen_compiler.verify import VerificationReport, Witness, verify, witness

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
    "Program",
    "ProgramError",
    "Query",
    "QueryError",
    "Sampler",
    "Samples",
    "Shift",
    "Uniform",
    "VerificationReport",
    "Witness",
    "check_graph",
    "compile",
    "explain",
    "identify",
    "load",
    "verify",
    "witness",
]
