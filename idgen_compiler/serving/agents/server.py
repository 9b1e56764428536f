"""The server of the tools, over standard input and output."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

import idgen_compiler
from idgen_compiler.errors import IdgenError, near_misses
from idgen_compiler.serving.agents import tools
from idgen_compiler.serving.agents.answers import Compiled, Estimated, Explained, Identified, Verified

__all__ = ["server"]

P = ParamSpec("P")
R = TypeVar("R")

INSTRUCTIONS = """idgen compiles causal queries: given P(Y | do(X), Z) and a causal graph with hidden common causes it
says whether observational data determine the answer, and by which formula and program. Begin with `identify`. An arrow
X -> Y is a cause, X <-> Y a hidden common cause. `compile` and `estimate` verify what they answer on random models in
exact arithmetic, and say the verdict. Read `warnings`: an estimate with one rests on rows that hardly exist."""

Text = Annotated[str, Field(description="such as P(Y | do(X)), P(Y | do(X), Z) or P(Y | do(X ~ pi(X | W)))")]
Graph = Annotated[
    str,
    Field(
        description="edges such as 'W -> X -> Y; X <-> Y' (<-> is a hidden common cause), DAGitty or DOT, the path of "
        "a file with any of these, or catalog:NAME, such as catalog:napkin"
    ),
]
Latent = Annotated[Sequence[str], Field(description="vertices of the graph that no data hold; they are projected out")]
Level = Annotated[Literal[0, 1, 2], Field(description="0 lowers ID-GEN literally, 2 also searches equal ways")]
Models = Annotated[int, Field(ge=1, le=100, description="random models that the answer is verified on")]
Seed = Annotated[int, Field(ge=0, description="equal seeds give equal answers")]
Values = Annotated[
    dict[str, Any] | None,
    Field(description="values by variable: labels and numbers as they stand in the data, such as {'X': 1}"),
]


def _told(tool: Callable[P, R]) -> Callable[P, R]:
    """The tool, whose errors are told with their remedies."""

    @wraps(tool)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except IdgenError as error:
            raise ToolError(f"{type(error).__name__}: {error}") from error
        except MemoryError as error:
            raise ToolError("out of memory; ask about a smaller graph, fewer models or fewer rows") from error

    return called


def _identify(query: Text, graph: Graph, latent: Latent = ()) -> Identified:
    return tools.identify(query, graph, latent)


def _explain(query: Text, graph: Graph, latent: Latent = (), optimize: Level = 2) -> Explained:
    return tools.explain(query, graph, latent, optimize)


def _compile(
    queries: Annotated[str | list[str], Field(description="one query, or several that share their models")],
    graph: Graph,
    latent: Latent = (),
    optimize: Level = 2,
    realize: Annotated[tools.Realize, Field(description="how a law that nobody has data for is realized")] = "auto",
    models: Models = 5,
    seed: Seed = 0,
) -> Compiled:
    return tools.compile(queries, graph, latent, optimize, realize, models, seed)


def _verify(
    query: Text,
    graph: Graph,
    latent: Latent = (),
    models: Models = 25,
    seed: Seed = 0,
) -> Verified:
    return tools.verify(query, graph, latent, models, seed)


def _estimate(
    what: Annotated[str | list[str], Field(description="E[Y], P(Y=label), P(Y > 2), q0.5(Y) of outcomes; or several")],
    sampler: Annotated[str | None, Field(description="the folder of a saved sampler")] = None,
    data: Annotated[
        str | None, Field(description="a table, CSV or Parquet: to fit, or that of the sampler's fit")
    ] = None,
    graph: Graph | None = None,
    query: Annotated[str | None, Field(description="with data: what is compiled; else which of several")] = None,
    do: Values = None,
    versus: Annotated[dict[str, Any] | None, Field(description="treatments to compare with, as {'X': 0}")] = None,
    kind: Literal["difference", "ratio", "odds ratio", "log ratio"] | None = None,
    given: Values = None,
    level: Annotated[float, Field(gt=0, lt=1, description="of the intervals")] = 0.95,
    method: Literal["auto", "closed form", "one-step", "bootstrap", "plug-in"] = "auto",
    types: Annotated[
        dict[str, str] | None, Field(description="with data: kinds of columns, as {'X': 'categorical'}")
    ] = None,
    weights: Annotated[str | None, Field(description="with data: the column of the rows' weights")] = None,
    missing: Literal["refuse", "drop", "category", "text"] = "refuse",
    seed: Seed = 0,
) -> Estimated:
    return tools.estimate(
        what, sampler, data, graph, query, types, weights, missing,
        do=do, versus=versus, kind=kind, given=given, level=level, method=method, seed=seed,
    )  # fmt: skip


_TOOLS: tuple[tuple[str, Callable[..., Any], str, str], ...] = (
    (
        "identify",
        _identify,
        "Identify a causal query",
        "Decide whether P(Y | do(X), Z) follows from observational data alone, given a causal graph with hidden common "
        "causes. Gives the formula (text and LaTeX) with its derivation line by line, or the hedge and two models that "
        "prove that no data can tell. Fast; call it first.",
    ),
    (
        "explain",
        _explain,
        "Explain how a query is answered",
        "Say in words which models have to be trained on which data to answer a query, and what each rewrite of the "
        "compiler left of the formula and the program. For a query that is identifiable.",
    ),
    (
        "compile",
        _compile,
        "Compile queries into a program",
        "Compile queries into the program that trains and samples them, and verify it against the truth of random "
        "models with hidden causes in exact fractions: `verified` holds the verdict for each query. Fails, with the "
        "hedge, where a query is not identifiable.",
    ),
    (
        "verify",
        _verify,
        "Verify a query's answer",
        "Compare the formula and the programs of a query with the truth of random models with hidden causes, as equal "
        "fractions, without a tolerance. y0's answer is shown beside ours.",
    ),
    (
        "estimate",
        _estimate,
        "Estimate a causal effect",
        "Give means, shares, quantiles and contrasts of outcomes under treatments, with intervals: from a saved "
        "sampler (sampler), or from a table (data, graph, query), for which the query is compiled, verified and "
        "fitted, which takes seconds to minutes. For an effect give do and versus, as do={'X': 1}, versus={'X': 0}. "
        "Report the warnings with the numbers.",
    ),
)


class _Strict(MCPServer):
    """A server whose tools take no argument that they do not know: one that is left out unsaid changes the answer."""

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        schemas = {tool.name: tool.input_schema for tool in await self.list_tools()}
        known = schemas[name]["properties"] if name in schemas else arguments
        if unknown := [given for given in arguments if given not in known]:
            raise ToolError(f"{name} has no argument {unknown[0]!r}{near_misses(unknown[0], known)}")
        return await super().call_tool(name, arguments, context)


def server() -> MCPServer:
    """The server, with its five tools."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)  # standard output is the protocol's
    found = _Strict("idgen", version=idgen_compiler.__version__, instructions=INSTRUCTIONS, log_level="WARNING")
    for name, tool, title, told in _TOOLS:
        hints = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
        found.tool(name=name, title=title, description=told, annotations=hints)(_told(tool))
    return found
