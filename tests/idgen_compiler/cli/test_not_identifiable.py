"""What the command line says of a query that is not identifiable: the hedge, drawn, and the proof."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import idgen_compiler as idgen
from idgen_compiler.catalog import ENTRIES
from idgen_compiler.cli import main

Golden = Callable[[str, str], None]


def test_verify_prints_the_proof(capsys: pytest.CaptureFixture[str], golden: Golden) -> None:
    assert main(["verify", "--graph", "catalog:instrument"]) == 3
    shown = capsys.readouterr()
    golden("cli/verify-not-identifiable.txt", shown.out)
    assert shown.err.startswith("idgen: P(Y | do(X)) is not identifiable: the hedge F = {X, Y}, F' = {Y}")


def test_a_graph_too_large_for_models_still_has_its_hedge(capsys: pytest.CaptureFixture[str]) -> None:
    chain = " -> ".join(f"V{k}" for k in range(16)) + "; " + " <-> ".join(f"V{k}" for k in range(16))
    assert main(["verify", "P(V15 | do(V0))", "--graph", chain]) == 3
    out = capsys.readouterr().out
    assert "[V15]" in out
    assert "(V0)" in out
    assert "no models are shown" in out


def test_compile_draws_the_hedge(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "--graph", "catalog:bow", "--emit", "dot"]) == 3
    assert idgen.ADMG.from_dot(capsys.readouterr().out) == idgen.ADMG.parse("X -> Y; X <-> Y")


def test_every_entry_of_the_catalogue_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    for entry in ENTRIES:
        assert main(["catalog", "show", entry.name]) == 0
        shown = capsys.readouterr().out
        assert entry.source in shown
        assert ("estimand" in shown) == entry.identifiable
        assert ("hedge  " in shown) == (not entry.identifiable)
