"""Models on the command line: imported because the user named them, and brought again to sample."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from idgen_compiler.cli.app import main
from idgen_compiler.cli.brought import imported, needed
from idgen_compiler.data.kinds import Categorical, Image
from idgen_compiler.data.kinds.typed import read_request
from idgen_compiler.errors import DataError

MODELS = """
import torch

def outcome(inputs, n, generator):
    return inputs["Z"] + (inputs["X"] == "yes") + 0.1 * torch.randn(n, generator=generator).numpy()

def audit(inputs):
    return ["high" if y > 0 else "low" for y in inputs["Y"]]

class Holder:
    @staticmethod
    def audit(inputs):
        return audit(inputs)

nothing = None
"""
QUESTION = ["fit", "P(A | do(X))", "--graph", "Z -> X; Z, X -> Y; Y -> A", "--data", "rows.csv", "--out", "sampler"]
KERNELS = ["--bound", "Y | X, Z", "--function", "A=Y", "--unobserved", "A"]
BOTH = ["--bind", "Y | X, Z=idgen_cli_models:outcome", "--bind", "A=idgen_cli_models:Holder.audit"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(0)
    rows = [f"{rng.choice(['no', 'yes'])},{z:.3f},{z + rng.normal():.3f}" for z in rng.normal(size=200)]
    (tmp_path / "rows.csv").write_text("\n".join(["X,Z,Y", *rows]), encoding="utf-8")
    (tmp_path / "idgen_cli_models.py").write_text(MODELS, encoding="utf-8")
    (tmp_path / "idgen_cli_raising.py").write_text("raise ValueError('no\\nway')", encoding="utf-8")
    (tmp_path / "idgen_cli_needing.py").write_text("import idgen_cli_missing", encoding="utf-8")
    (tmp_path / "idgen_cli_leaving.py").write_text("raise SystemExit(0)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_model_is_fitted_saved_and_brought_again(capsys: pytest.CaptureFixture[str]) -> None:
    types = ["--types", "A=categorical(low,high)"]
    assert main([*QUESTION, *KERNELS, *BOTH, *types, "--no-check-graph", "--device", "cpu"]) == 0
    told = capsys.readouterr().out
    assert "%b0: Y | X, Z  [bound, idgen_cli_models:outcome]" in told
    assert "--bind 'Y | X, Z=idgen_cli_models:outcome' --bind A=idgen_cli_models:Holder.audit" in told
    asked = ["sample", "sampler", "-n", "20", "--do", "X=yes", "--seed", "0"]
    assert main([*asked, *BOTH]) == 0
    first = capsys.readouterr().out
    assert set(first.split()) == {"A", "low", "high"}
    assert main([*asked, *BOTH]) == 0
    assert capsys.readouterr().out == first
    assert main(["probability", "sampler", "A", "--do", "X=yes", "--seed", "0", "-n", "50", *BOTH]) == 0
    assert "high" in capsys.readouterr().out
    assert main(asked) == 2
    assert "load it with --bind 'Y | X, Z=MODULE:NAME' --bind 'A | Y=MODULE:NAME'" in capsys.readouterr().err


WRONG = {
    "idgen_cli_models:outcom": "--bind: idgen_cli_models has no 'outcom'; did you mean outcome?",
    "idgen_cli_models:Holder.x": "--bind: idgen_cli_models has no 'Holder.x'; known names: audit",
    "idgen_cli_model:x": "--bind: there is no module 'idgen_cli_model', neither in",
    "no.such.package:x": "--bind: there is no module 'no.such.package', neither in",
    "idgen_cli_raising:x": "--bind: idgen_cli_raising raises ValueError: no way when it is imported; mend it",
    "idgen_cli_needing:x": "--bind: idgen_cli_needing needs idgen_cli_missing, which is not installed; install it",
    "idgen_cli_leaving:x": "--bind: idgen_cli_leaving raises SystemExit: 0 when it is imported; mend it",
    "idgen_cli_models": "names nothing; write --bind 'Y | X=package.module:function'",
    "idgen_cli_models:nothing": "--bind Y is None; give a callable f(inputs, n, generator) -> values",
    "idgen_cli_models:Holder": "--bind Y is the class Holder; give a callable",
}


@pytest.mark.parametrize("place", WRONG)
def test_what_is_not_there_is_told_in_one_line(place: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    audit = ["--bind", "A=idgen_cli_models:audit"]
    assert main([*QUESTION, *KERNELS, *audit, "--bind", f"Y={place}"]) == 2
    told = capsys.readouterr().err
    assert WRONG[place] in told
    assert told.count("\n") == 1
    assert not (folder / "sampler").exists()


def test_a_compiled_program_takes_models_and_no_more_kernels(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", *QUESTION[1:4], *KERNELS, "--emit", "ir"]) == 0
    (folder / "program.ir").write_text(capsys.readouterr().out, encoding="utf-8")
    fit = ["fit", "--program", "program.ir", "--data", "rows.csv", "--out", "sampler", "--no-check-graph"]
    assert main([*fit, *BOTH]) == 0
    assert main([*fit, *BOTH, "--bound", "Y | X, Z"]) == 2
    assert "--program is compiled already, so that --bound changes nothing" in capsys.readouterr().err


def test_what_is_needed_to_load_is_named_whole() -> None:
    families = ["Y=shop:Ols", "Z | X=shop.more:Tree{depth=3}", "shop:Ols", "W=flow{bins=16}", "V=table"]
    assert needed(families, ["side=16", "network=shop:unet"], ["Y=shop:f"]) == [
        "--family shop:Ols",
        "--family shop.more:Tree",
        "--network shop:unet",
        "--bind Y=shop:f",
    ]
    assert needed(None, None, None) == []


def test_names_are_read_once() -> None:
    with pytest.raises(DataError, match="--bind names 'Y' twice; keep one"):
        imported(["Y=idgen_cli_models:outcome", "Y=idgen_cli_models:audit"])
    assert imported(None) == {}


def test_types_in_full() -> None:
    assert read_request("I", "image(3,16,16)") == Image(3, 16, 16)
    assert read_request("X", "categorical(true,false)") == Categorical((True, False))
    assert read_request("X", "categorical(0.5,1)") == Categorical((0.5, 1.0))
    assert read_request("X", 'categorical("a, b",c)') == Categorical(("a, b", "c"))
    assert read_request("X", "integer") == "integer"
    for text in ("image(3,16)", "image(a,b,c)", "categorical(a,,b)", "categorical()"):
        with pytest.raises(DataError, match="types X="):
            read_request("X", text)
