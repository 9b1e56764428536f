"""`idgen estimate`: a number with its interval, of a saved sampler."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from idgen_compiler.cli.brought import BindTo, OwnFamily, OwnNetwork, Saved, loaded
from idgen_compiler.cli.numbers.told import (
    AsJson,
    Clusters,
    ContrastKind,
    EstimateMethod,
    Folds,
    IntervalLevel,
    StoreFor,
    estimating,
    tell,
)
from idgen_compiler.cli.questions import Do, Given, QueryName, typed_values
from idgen_compiler.errors import IdgenError

__all__ = ["estimate_command"]

_EFFECTS = ("ate", "att", "atc")


def estimate_command(
    folder: Saved,
    what: Annotated[
        list[str],
        typer.Argument(
            metavar="Y...",
            help='"E[Y]" or Y, "P(Y=1)", "P(Y > 2)", "q0.5(Y)"; with --ate, --att or --atc: Y X [VALUE VERSUS]. '
            "A label that begins with - stands after --, behind all options.",
            show_default=False,
        ),
    ],
    do: Do = None,
    versus: Annotated[
        list[str] | None,
        typer.Option("--vs", metavar="X=VALUE", help="The treatments that --do is compared with; repeatable."),
    ] = None,
    given: Given = None,
    kind: ContrastKind = "difference",
    ate: Annotated[bool, typer.Option("--ate", help="The average effect of X on Y.")] = False,
    att: Annotated[bool, typer.Option("--att", help="That among those who have VALUE by themselves.")] = False,
    atc: Annotated[bool, typer.Option("--atc", help="That among those who have VERSUS by themselves.")] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="Z|'age < 30'", help="With --ate: in groups by this.")
    ] = None,
    level: IntervalLevel = 0.95,
    method: EstimateMethod = "auto",
    n: Annotated[int | None, typer.Option("-n", help="Draws, where drawing averages.", show_default="own")] = None,
    folds: Folds = 5,
    clusters: Clusters = None,
    data: Annotated[
        Path | None, typer.Option("--data", "-d", metavar="FILE", help="The table of the fit, where it is not kept.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of draws and folds.")] = 0,
    store: StoreFor = None,
    query: QueryName = None,
    as_json: AsJson = False,
    family: OwnFamily = None,
    network: OwnNetwork = None,
    bind: BindTo = None,
) -> None:
    """A mean, a share, a quantile or an effect, with its interval."""
    sampler = loaded(folder, family, network, bind)
    asker = estimating(sampler, str(folder))
    how: dict[str, Any] = {"level": level, "method": method, "n": n, "folds": folds, "clusters": clusters}
    how |= {"data": data, "seed": seed, "store": store}
    effects = [name for name, wanted in zip(_EFFECTS, (ate, att, atc), strict=True) if wanted]
    _check(effects, what, versus, kind, by)
    if effects:
        outcome, treatment, *typed = what
        at = typed_values(sampler, [*(do or ()), f"{treatment}={(typed or ['1'])[0]}"], given, query)
        tell(lambda: _effect(asker, effects[0], (outcome, treatment, typed or ["1", "0"]), by, {**at, **how}), as_json)
        return
    asked: Any = what[0] if len(what) == 1 else list(what)
    at = typed_values(sampler, do, given, query)
    if versus is None:
        tell(lambda: asker.estimate(asked, **at, **how), as_json)
        return
    other = typed_values(sampler, versus, given, query)
    tell(lambda: asker.contrast(asked, versus=other["do"], kind=kind, **at, **how), as_json)


def _check(
    effects: Sequence[str], what: Sequence[str], versus: Sequence[str] | None, kind: str, by: str | None
) -> None:
    """Raise IdgenError for options that do not go together."""
    if not effects:
        if by is not None:
            raise IdgenError("--by makes groups of an effect; add --ate, as in --ate Y X 1 0 --by Z")
        if versus is None and kind != "difference":
            raise IdgenError(f"--kind '{kind}' compares with --vs, which is not given; add --vs X=VALUE")
        return
    if len(effects) > 1:
        raise IdgenError(f"--{effects[0]} and --{effects[1]} are two questions; ask one at a time")
    if len(what) not in (2, 4):
        raise IdgenError(f"--{effects[0]} takes Y X, or Y X VALUE VERSUS, not {' '.join(what)!r:.80}")
    if versus is not None or kind != "difference":
        raise IdgenError(
            f"--{effects[0]} is a difference of the two values after Y X; for another contrast leave it out and give "
            "--do X=VALUE --vs X=VALUE"
        )
    if by is not None and effects != ["ate"]:
        raise IdgenError(f"--by makes groups of an average effect, not of --{effects[0]}; use --ate")


def _effect(sampler: Any, name: str, asked: tuple[str, str, Sequence[str]], by: str | None, how: dict[str, Any]) -> Any:
    outcome, treatment, typed = asked
    values = [sampler.read_value(treatment, text) for text in typed]
    others = {key: value for key, value in how.pop("do").items() if key != treatment}
    if name == "ate":
        if by is not None:
            return sampler.cate(outcome, treatment, *values, by=by, do=others, **how)
        return sampler.ate(outcome, treatment, *values, do=others, **how)
    if others:
        raise IdgenError(f"--{name} sets nothing but {treatment}; leave --do out")
    return getattr(sampler, name)(outcome, treatment, *values, **how)
