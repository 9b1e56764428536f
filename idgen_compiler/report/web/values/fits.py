"""A fit on a page: its record, by operation and as a whole, and its diagnostics where a sampler has any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from idgen_compiler.errors import IdgenError
from idgen_compiler.report.web.values.programs import Facts

__all__ = ["Fitted", "fitted_of", "fitted_operations"]


@dataclass(frozen=True, slots=True)
class Fitted:
    """How a program was fitted.

    light: "green", "yellow", "red" or "" of the overlap, `said` its sentence.  lacks: what was warned of.
    diagnostics: what `Diagnostics.to_json` has to say; empty where the sampler has none, and then `undiagnosed` says
    why, where there is something to say.
    """

    facts: Facts
    light: str = ""
    said: str = ""
    lacks: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    code: str = ""
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    undiagnosed: str = ""


def fitted_of(sampler: Any) -> Fitted | None:
    """How a sampler says that it was fitted; None for one that says nothing."""
    record = _record(sampler)
    if record is None:
        return None
    light = getattr(record, "overlap", None)
    effective = getattr(record, "effective_rows", None)
    rows = f"{record.rows:,}" + (f", {effective:,.0f} effective by {record.weights} weights" if effective else "")
    versions = ", ".join(f"{name} {version}" for name, version in record.versions.items())
    told = [("rows", rows), ("seed", str(record.seed)), ("trained on", record.device), ("versions", versions)]
    told += [("options", ", ".join(f"{name}={value}" for name, value in record.options.items()))] * bool(record.options)
    diagnostics, why = _diagnostics(sampler)
    return Fitted(
        tuple(told),
        getattr(light, "color", ""),
        getattr(light, "said", ""),
        tuple(lack.text for lack in record.lacks),
        tuple(map(str, record.choices)),
        _code(record),
        diagnostics,
        why,
    )


def fitted_operations(sampler: Any) -> dict[str, tuple[Facts, tuple[str, ...]]]:
    """Operation -> what the record says of it: labels with values, and sentences."""
    record = _record(sampler)
    found: dict[str, tuple[Facts, tuple[str, ...]]] = {}
    if record is None:
        return found
    for model in record.models:
        told = [("family", model.family), ("trained on", f"{model.rows:,} rows")]
        told += [
            (f"held-out log-likelihood{_of(name, model.held_out)}", f"{value:.4f} nats a row")
            for name, value in model.held_out.items()
        ]
        found[model.operation] = (tuple(told), tuple(_sentences(model)))
    for data in record.data:
        rows = "summed exactly, no row was drawn" if data.exact else f"{data.rows:,}"
        told = [("rows", rows), ("effective rows", f"{data.effective_rows:,.0f}")]
        doubted = ", ".join(data.doubted)
        doubts = [f"drawn by {doubted}, whose draws are not like their rows"] if doubted else []
        found[data.operation] = (tuple(told), tuple(doubts))
    for kernel in record.kernels:
        found[kernel.operation] = ((("brought", kernel.name),), ())
    for choice in record.choices:
        facts, said = found.get(choice.operation, ((), ()))
        found[choice.operation] = (facts, (*said, str(choice)))
    return found


def _record(sampler: Any) -> Any:
    report = getattr(sampler, "report", None)
    record = report() if callable(report) else None
    return record if all(hasattr(record, name) for name in ("models", "data", "rows", "choices")) else None


def _of(name: str, among: Mapping[str, float]) -> str:
    return f" of {name}" if len(among) > 1 else ""


def _sentences(model: Any) -> Iterable[str]:
    yield from model.disagreements
    yield from map(str, model.calibration)
    yield from (f"another seed: {each}" for each in model.noise)


def _code(record: Any) -> str:
    options = "".join(f", {name}={value!r}" for name, value in record.options.items())
    return f'sampler = program.fit(data, backend="torch", seed={record.seed}{options})'


def _diagnostics(sampler: Any) -> tuple[Mapping[str, Any], str]:
    """What the sampler's diagnostics say, where it has any and its table is there."""
    diagnose = getattr(sampler, "diagnostics", None)
    if not callable(diagnose):
        return {}, ""
    try:
        found: dict[str, Any] = diagnose().to_json()
    except IdgenError as error:
        return {}, str(error)
    return found, ""
