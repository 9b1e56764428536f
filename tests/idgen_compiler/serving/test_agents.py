"""Tools of agents: in this process, and over standard input and output as an agent starts them."""

from __future__ import annotations

import asyncio
import csv
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

pytest.importorskip("mcp")

from mcp import Client, StdioServerParameters

from idgen_compiler.errors import IdgenError
from idgen_compiler.serving.agents import tools
from idgen_compiler.serving.agents.asked import question
from idgen_compiler.serving.agents.server import server

T = TypeVar("T")
NAPKIN = "W1 -> W2 -> X -> Y; X <-> W1 <-> Y"
BOW = "X -> Y; X <-> Y"


def asked(tell: Callable[[Client], Awaitable[T]], of: Any = None) -> T:
    """What a client is told by a server; ours, in this process, where none is given."""

    async def run() -> T:
        async with Client(server() if of is None else of) as client:
            return await tell(client)

    return asyncio.run(run())


def call(name: str, **arguments: Any) -> Any:
    return asked(lambda client: client.call_tool(name, arguments))


def test_the_tools_say_what_they_do_and_take() -> None:
    found = {tool.name: tool for tool in asked(lambda client: client.list_tools()).tools}
    assert list(found) == ["identify", "explain", "compile", "verify", "estimate"]
    for tool in found.values():
        assert len(tool.description or "") > 100
        assert tool.output_schema is not None
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
    assert found["identify"].input_schema["required"] == ["query", "graph"]
    assert "hidden common cause" in found["identify"].input_schema["properties"]["graph"]["description"]


def test_identify_gives_the_formula_or_the_proof() -> None:
    found = call("identify", query="P(Y | do(X))", graph=NAPKIN).structured_content
    assert found["identifiable"]
    assert "line 7" in found["trace"]
    refused = call("identify", query="P(Y | do(X))", graph=BOW)
    assert not refused.is_error
    assert not refused.structured_content["identifiable"]
    assert "F' = {Y}" in refused.structured_content["proof"]
    assert "two models with equal P(V)" in refused.structured_content["proof"]


def test_compile_carries_the_verdict() -> None:
    found = call("compile", queries=["P(Y | do(X))", "P(X)"], graph="Z -> X -> Y; Z -> Y", models=2).structured_content
    assert [each["ok"] for each in found["verified"]] == [True, True]
    assert found["verified"][0]["models"] == 2
    assert found["models"] == ["%m0 = train %obs : Y | Z, X"]
    assert found["program"].startswith("program ")


def test_explain_and_verify() -> None:
    found = call("explain", query="P(Y | do(X))", graph="Z -> X -> Y; Z -> Y").structured_content
    assert "adjust for Z" in found["summary"]
    assert "DropDead" in found["stages"]
    verified = call("verify", query="P(Y | do(X))", graph="Z -> X -> Y; Z -> Y", models=2).structured_content
    assert verified["ok"]
    assert "2 of 2 models" in verified["verdict"]


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("compile", {"queries": "P(Y | do(X))", "graph": BOW}, "NotIdentifiable: P(Y | do(X)) is not identifiable"),
        ("compile", {"queries": "P(Y | do(X))", "graph": "X -> -> Y"}, "GraphError: graph, line 1, column 6"),
        ("verify", {"query": "P(Y | do(Q))", "graph": "X -> Y"}, "QueryError"),
        ("identify", {"query": "P(Y | do(X))", "graph": "catalog:napkn"}, "did you mean napkin"),
        ("identify", {"query": "", "graph": "X -> Y"}, "no query is given"),
        ("identify", {"query": "P(Y)", "graph": " "}, "the graph is empty"),
        ("verify", {"query": "P(Y)", "graph": "X -> Y", "models": 0}, "greater than or equal to 1"),
        ("estimate", {"what": "Y"}, "give sampler=, the folder of a saved sampler, or data="),
        ("estimate", {"what": "Y", "sampler": "nowhere"}, "holds no saved sampler"),
        ("estimate", {"what": "Y", "data": "rows.csv"}, "needs graph= and query="),
        ("estimate", {"what": "Y", "sampler": "s", "graph": "X -> Y"}, "has a graph of its own"),
        ("estimate", {"what": "Y", "data": "rows.csv", "graph": "X -> Y", "query": "P(Y | do(X))"}, "rows.csv"),
    ],
)
def test_errors_are_told_with_their_remedies(name: str, arguments: dict[str, Any], told: str) -> None:
    found = call(name, **arguments)
    assert found.is_error
    assert told in found.content[0].text


def test_an_estimate_from_a_table_is_verified_and_warned_of(tmp_path: Path) -> None:
    rng, n = np.random.default_rng(0), 2_000
    z = rng.integers(2, size=n)
    x = (rng.random(n) < 0.3 + 0.4 * z).astype(int)
    y = (rng.random(n) < 0.2 + 0.3 * x + 0.3 * z).astype(int)
    with (tmp_path / "rows.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["Z", "X", "Y"], *zip(z, x, y, strict=True)])
    found = call(
        "estimate",
        what="E[Y]",
        data=str(tmp_path / "rows.csv"),
        graph="Z -> X -> Y; Z -> Y",
        query="P(Y | do(X))",
        do={"X": 1},
        versus={"X": 0},
    ).structured_content
    assert [each["ok"] for each in found["verified"]] == [True]
    assert found["estimates"][0]["low"] < 0.3 < found["estimates"][0]["high"]


def test_questions_are_read_from_texts_files_and_the_catalog(tmp_path: Path) -> None:
    (tmp_path / "graph.txt").write_text("U -> X; U -> Y; X -> Y")
    queries, admg = question(["P(Y | do(X))"], str(tmp_path / "graph.txt"), ["U"])
    assert str(queries[0]) == "P(Y | do(X))"
    assert admg.bidirected
    assert question("", "catalog:napkin")[0]
    with pytest.raises(IdgenError):
        tools.verify("P(Y | do(X))", "X -> Y", models=0)


def test_over_standard_input_and_output() -> None:
    command = StdioServerParameters(command=sys.executable, args=["-m", "idgen_compiler", "mcp"], env=dict(os.environ))
    found = asked(lambda c: c.call_tool("verify", {"query": "P(Y | do(X))", "graph": NAPKIN, "models": 1}), command)
    assert found.structured_content["ok"]


def test_an_argument_that_a_tool_does_not_know_is_refused() -> None:
    found = call("identify", query="P(Y | do(X))", graph="X -> Y", latents=["U"])
    assert found.is_error
    assert "identify has no argument 'latents'; did you mean latent?" in str(found.content)
