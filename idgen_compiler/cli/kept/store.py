"""`idgen store`: what fits have trained and regenerated, listed, checked, copied and deleted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from idgen_compiler.cli.output.outcome import ExitCode
from idgen_compiler.errors import QueryError
from idgen_compiler.report.page import Page
from idgen_compiler.store import Store

__all__ = ["store_app"]

store_app = typer.Typer(help="List, check, copy and delete what fits have kept.", no_args_is_help=True)

Where = Annotated[str, typer.Argument(metavar="DIR|URL", help="The store, as in fit's --store.", show_default=False)]
Key = Annotated[str, typer.Argument(help="A key, or how it begins.", show_default=False)]
Keys = Annotated[list[str] | None, typer.Argument(help="Keys, or how they begin; all without.", show_default=False)]
To = Annotated[str, typer.Option("--to", metavar="DIR|URL", help="The other store.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, one artefact a line.")]
UnusedFor = Annotated[
    str | None, typer.Option("--unused-for", metavar="30d", help="Delete what was not used for so long (h, d, w).")
]
ToSize = Annotated[
    str | None, typer.Option("--to-size", metavar="10GB", help="Delete what was longest unused, down to this size.")
]
Damaged = Annotated[bool, typer.Option("--damaged", help="Delete what is not what was written; every byte is read.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")]

_HOURS = {"h": 1.0, "d": 24.0, "w": 168.0}
_BYTES = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


@store_app.command("ls")
def list_artefacts(where: Where, as_json: AsJson = False) -> None:
    """List the artefacts of a store, the newest first."""
    found = sorted(Store.open(where, make=False).artefacts(), key=lambda artefact: artefact.made, reverse=True)
    if as_json:
        for artefact in found:
            told = {"key": artefact.key, "kind": artefact.kind, "title": artefact.title, "bytes": artefact.size}
            print(json.dumps(told | {"seconds": artefact.seconds, "made": artefact.made, "by": artefact.by}))
        return
    page = Page.on()
    page.table(
        ("key", "kind", "what", "size", "seconds", "made"),
        [(a.key[:12], a.kind, a.title, _size(a.size), f"{a.seconds:.1f}", a.made) for a in found],
        numbers=(3, 4),
    )
    page.text(f"{len(found)} artefacts, {_size(sum(artefact.size for artefact in found))}")


@store_app.command("show")
def show(where: Where, key: Key) -> None:
    """Show one artefact: what it is, what determines it, and its files."""
    artefact = Store.open(where, make=False).meant(key)
    page = Page.on()
    page.title(artefact.title, below=artefact.key)
    page.facts(
        [
            ("kind", artefact.kind),
            ("made", f"{artefact.made} by {artefact.by}, in {artefact.seconds:.1f} s"),
            *[("file", f"{kept.name}, {_size(kept.size)}, sha256 {kept.sha256}") for kept in artefact.files],
            *[(f"by its {name}", _short(value)) for name, value in artefact.depends.items()],
        ]
    )


@store_app.command("verify")
def verify(where: Where) -> int:
    """Read every byte of a store and list what is not what was written; the exit code is 4 if anything is."""
    store = Store.open(where, make=False)
    page, damages = Page.on(), list(store.verify())
    for damage in damages:
        page.text(str(damage))
    count = sum(1 for _ in store.artefacts())
    page.text(
        f"{len(damages)} damaged; delete them by `idgen store gc {where} --damaged`" if damages else f"{count} whole"
    )
    return ExitCode.DIFFERENCE if damages else ExitCode.DONE


@store_app.command("gc")
def collect(
    where: Where,
    unused_for: UnusedFor = None,
    to_size: ToSize = None,
    damaged: Damaged = False,
    dry_run: DryRun = False,
) -> None:
    """Delete what no artefact needs, and artefacts that are asked for by age, by size, or since they are damaged."""
    store = Store.open(where, make=False)
    hours = None if unused_for is None else _read("--unused-for", unused_for, _HOURS, "30d")
    most = None if to_size is None else _read("--to-size", to_size, _BYTES, "10GB")
    gone = store.unused(None if hours is None else hours / 24, None if most is None else int(most))
    keys = [artefact.key for artefact in gone]
    keys += [damage.key for damage in store.verify() if damage.key not in keys] if damaged else []
    strays = store.strays()
    page = Page.on()
    for artefact in gone:
        page.text(f"{artefact.key[:12]}  {artefact.title}  {_size(artefact.size)}")
    if not dry_run:
        for key in keys:
            store.forget(key)
        store.sweep(strays)
    verb = "would be deleted" if dry_run else "deleted"
    size = _size(sum(artefact.size for artefact in gone))
    page.text(f"{len(keys)} artefacts ({size}) and {len(strays)} leftovers {verb}")


@store_app.command("export")
def export(where: Where, keys: Keys = None, to: To = "") -> None:
    """Copy artefacts to another store, which takes what it does not have."""
    if not to:
        raise QueryError("no other store is given; add --to DIR, or a URL")
    store = Store.open(where, make=False)
    found = [store.meant(key) for key in keys] if keys else list(store.artefacts())
    other = Store.open(to)
    for artefact in found:
        store.export(artefact, other)
    Page.on().text(f"{len(found)} artefacts, {_size(sum(a.size for a in found))}, are in {other.where}")


def _size(count: int) -> str:
    value, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 200 else f"{text[:200]}... ({len(text)} letters)"


def _read(option: str, text: str, units: Mapping[str, float], example: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", text.strip())
    spellings: dict[str, float] = {name.lower(): value for name, value in units.items()}
    if found is None or found[2].lower() not in spellings:
        raise QueryError(f"{option} is {text!r}; write it as {example}, in {', '.join(name for name in units if name)}")
    return float(found[1]) * spellings[found[2].lower()]
