"""This compiler: compile, fit and draw, all options as they are by default."""

from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import Any

import numpy as np
from serve import CannotAskError, RefusedError

import idgen_compiler as idgen
import idgen_torch  # noqa: F401 - before the clock starts

__all__ = ["answer", "contrast", "versions"]

STEPS = 500
"""Of each diffusion model: an eighth of the default, so that a question takes a minute."""


def versions() -> str:
    return f"idgen-compiler {version('idgen-compiler')}"


def _imported() -> None:
    """Parts are loaded when they are first needed: needed once here, before the clock of a question starts."""
    program = idgen.compile(idgen.Query("Y", "X"), idgen.ADMG([("Z", "X"), ("Z", "Y"), ("X", "Y")]))
    rng = np.random.default_rng(0)
    z = rng.normal(size=200)
    table = {"Z": z, "X": (z + rng.normal(size=200) > 0).astype(int), "Y": rng.normal(size=200)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sampler = program.fit(table, types={"X": "categorical"}, progress=False, device="cpu", epochs=1)
        sampler.sample(2, do={"X": 0}, seed=0)


_imported()


def answer(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    """Samples at every place."""
    with reply.clock("fit"):
        program = _compiled(case, reply)
        options = {"types": _types(case, program), "seed": case["seed"], "device": "cpu", "progress": False}
        if case["part"] == "pictures":
            options["images"] = {"steps": STEPS}
        sampler = program.fit(columns, **options)
    with reply.clock("sample"):
        for k, ask in enumerate(case["asks"]):
            if case["part"] == "discrete" and len(case["query"]["outcomes"]) == 1:
                (outcome,) = case["query"]["outcomes"]
                law = sampler.probability(outcome, **_place(case, ask))
                reply.chances(k, [law[level] for level in range(case["levels"][outcome])])
                continue
            drawn = sampler.sample(case["draws"], **_place(case, ask), seed=k)
            reply.samples(k, {name: np.asarray(drawn[name]) for name in case["query"]["outcomes"]})


def _compiled(case: dict[str, Any], reply: Any) -> Any:
    """The program.  Raises RefusedError with the compiler's words where there is none."""
    warnings.simplefilter("ignore")
    directed, bidirected = ([tuple(edge) for edge in case["graph"][kind]] for kind in ("directed", "bidirected"))
    graph = idgen.ADMG(directed, bidirected, case["graph"]["nodes"])
    query = idgen.Query(*(case["query"][part] for part in ("outcomes", "treatments", "conditions")))
    try:
        program = idgen.compile(query, graph)
    except idgen.NotIdentifiable as error:
        raise RefusedError(str(error).splitlines()[0]) from error
    reply.estimand(program)
    return program


def _types(case: dict[str, Any], program: Any) -> dict[str, str]:
    """What a table of codes cannot say: which of the columns that the program reads are categories."""
    return {name: "categorical" for name in program.observe.variables if name in case["levels"]}


def _place(case: dict[str, Any], ask: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The values of a place, categories as the codes that the table has."""
    return {
        part: {name: int(value) if name in case["levels"] else value for name, value in ask[part].items()}
        for part in ("do", "given")
    }


def contrast(case: dict[str, Any], columns: dict[str, Any], reply: Any) -> None:
    """The contrast with its interval, by the program's derivative; nothing is trained that no number needs."""
    program = _compiled(case, reply)
    if not case["contrast"]:
        raise CannotAskError("no number is asked")
    high, low = (_place(case, case["asks"][k]) for k in case["contrast"])
    with reply.clock("interval"):
        options = {"types": _types(case, program), "seed": case["seed"], "device": "cpu", "progress": False}
        sampler = program.fit(columns, train="asked", check_graph=False, **options)
        outcome = case["query"]["outcomes"][0]
        found = sampler.contrast(outcome, do=high["do"], versus=low["do"], given=high["given"])
    reply.contrast(found.value, found.low, found.high)
    reply.words("; ".join(map(str, found.warnings)))
