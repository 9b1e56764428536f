"""The page docs/referee.md from the results: sections between markers, tables of all tools side by side."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import report
from tests.referee.results import KEPT, results_of
from tests.referee.tools import TOOLS

__all__ = ["PAGE", "PICTURES", "REAL", "lost", "page_of", "sections", "tables"]

PAGE = Path(__file__).parents[2] / "docs" / "referee.md"
REAL, DISCRETE, PICTURES = 60, 1_000, 12

Result = Mapping[str, Any]
Found = dict[str, dict[str, Result]]
"""Results by the name of the tool and of the case."""

NEAR = 1.10
"""First, or within a tenth of the first."""

NO_RIVAL = "experiment"
"""A row that no table of observations can be expected to reach."""

TIMES, MORE = 2.0, 0.003
"""A law is off where it is more than twice as far from the truth as the plug-in, and by more than .003 of chance."""


def found_in(part: str, folder: Path = KEPT) -> Found:
    """The results of the tools that have some."""
    return {name: had for name in TOOLS if (had := results_of(name, part, folder))}


def tables(folder: Path = KEPT) -> dict[str, list[report.Row]]:
    """The rows of each section that has some."""
    real, discrete, pictures = (found_in(part, folder) for part in ("real", "discrete", "pictures"))
    made: dict[str, list[report.Row]] = {
        "real": [_real_row(name, had, real) for name, had in real.items()],
        "real-kinds": _kinds(real),
        "real-lost": _lost(real),
        "discrete": [_discrete_row(name, had) for name, had in discrete.items()],
        "pictures": [_picture_row(name, had) for name, had in pictures.items()],
        "words": [*_words("real", real), *_words("discrete", discrete), *_words("pictures", pictures)],
        "versions": _versions(real, discrete, pictures),
    }
    return {name: rows for name, rows in made.items() if rows}


def sections(folder: Path = KEPT) -> dict[str, str]:
    """The text of each section."""
    return {"machine": f"Written on {report.machine()}."} | {n: _table(rows) for n, rows in tables(folder).items()}


def page_of(page: str, folder: Path = KEPT) -> str:
    """The page with its sections renewed; what has no results stays as it is."""
    for name, text in sections(folder).items():
        page = report.replace_section(page, name, f"{text}\n")
    return page


def lost(page: str, folder: Path = KEPT) -> dict[str, list[str]]:
    """Part -> the tools that have a row on a page and no results, so that writing the page would lose them."""
    found = {}
    for part in ("real", "discrete", "pictures"):
        had = set(found_in(part, folder))
        rows = re.search(f"<!-- bench:{part} -->(.*?)<!-- /bench:{part} -->", page, re.DOTALL)
        shown = re.findall(r"^\| ([^|]+?) \|", rows[1], re.MULTILINE) if rows else []
        missing = [name for name in shown if name in TOOLS and name not in had]
        if missing:  # in any part: words and versions are of all parts together
            found[part] = missing
    return found


def _table(rows: Sequence[report.Row]) -> str:
    """The table alone, as `report.markdown` writes it."""
    return "\n" + report.markdown("", "", rows, 0.0).split("\n\n", 2)[-1]


# -- real-valued ------------------------------------------------------------------------------------------------------


def _laws(had: Mapping[str, Result]) -> dict[str, float]:
    return {case: float(one["W1"]) for case, one in had.items() if "W1" in one}


def best(found: Found, case: str, but: str = "") -> tuple[str, float]:
    """The tool whose law is nearest in a case, and its W1."""
    rivals = {name: had for name, had in found.items() if name not in (but, NO_RIVAL)}
    each = {name: had[case]["W1"] for name, had in rivals.items() if "W1" in had.get(case, {})}
    return min(each.items(), key=lambda one: one[1]) if each else ("", np.inf)


def _real_row(name: str, had: Mapping[str, Result], found: Found) -> report.Row:
    laws = _laws(had)
    firsts = sum(w1 <= NEAR * best(found, case)[1] for case, w1 in laws.items())
    same = _laws(found.get("idgen", {}))
    shared = [case for case in laws if case in same]
    return {
        "tool": name,
        **_verdicts(had.values(), REAL),
        "W1": _mean(laws.values()),
        "idgen's W1 on these": _mean([same[case] for case in shared]) if name != "idgen" else None,
        "KS": _mean(one.get("KS") for one in had.values()),
        "first or within 10 %": f"{firsts} of {REAL}" if laws and name != NO_RIVAL else None,
        "error of the effect": _middle(one.get("error") for one in had.values()),
        **_interval(had.values()),
        **_costs(had.values()),
    }


def _kinds(found: Found) -> list[report.Row]:
    kinds = list(dict.fromkeys(one["kind"] for had in found.values() for one in had.values() if one.get("kind")))
    drawing = {name: had for name, had in found.items() if _laws(had)}
    return [
        {"kind": kind}
        | {
            name: _mean(one.get("W1") for one in had.values() if one.get("kind") == kind)
            for name, had in drawing.items()
        }
        for kind in kinds
    ]


def _lost(found: Found) -> list[report.Row]:
    """The cases in which another tool's law is nearer than ours by more than a tenth."""
    rows: list[report.Row] = []
    for case, ours in _laws(found.get("idgen", {})).items():
        name, other = best(found, case, but="idgen")
        if ours > NEAR * other:
            rows.append({"case": case, "idgen": f"{ours:.3f}", "first": f"{other:.3f}", "by": name})
    return rows


# -- categories and pictures ------------------------------------------------------------------------------------------


def _discrete_row(name: str, had: Mapping[str, Result]) -> report.Row:
    judged = [one for one in had.values() if one.get("kind")]
    hedged = [one for one in judged if one["kind"] == "not identifiable"]
    named = [one for one in judged if one["kind"] != "not identifiable"]
    laws = [one for one in named if "TV" in one]
    floor = _mean(one["floor"] for one in laws)
    return {
        "tool": name,
        "asked": len(judged),
        "answered, of identifiable": _share(one["verdict"] == "answered" for one in named),
        "wrongly refused": sum(one["verdict"] == "refused" for one in named),
        "cannot ask": sum(one["verdict"] == "cannot ask" for one in judged),
        "failed": sum(one["verdict"] == "failed" for one in judged),
        "answered, of not identifiable": _share(one["verdict"] == "answered" for one in hedged),
        "laws": len(laws),
        "off": sum(one["TV"] > TIMES * one["floor"] + MORE for one in laws),
        "TV": _digits(_mean(one["TV"] for one in laws), 4),
        "ratio to plug-in": _digits(_mean(one["TV"] for one in laws) / floor if floor else None, 2),
        **_interval(named),
        **_costs(judged),
    }


def _picture_row(name: str, had: Mapping[str, Result]) -> report.Row:
    judged = [one for one in had.values() if one.get("kind")]
    return {
        "tool": name,
        **_verdicts(had.values(), PICTURES),
        "TV": _mean(one.get("TV") for one in judged),
        "worst": max((one["TV"] for one in judged if "TV" in one), default=None),
        "judge's own": _mean(one.get("floor") for one in judged),
        **_costs(had.values()),
    }


# -- what all rows share ----------------------------------------------------------------------------------------------


def _verdicts(results: Iterable[Result], of: int) -> report.Row:
    count = Counter(one["verdict"] for one in results)
    told = {name: count.get(name, 0) for name in ("answered", "refused", "failed", "cannot ask")}
    waiting = of - sum(told.values()) if "not installable" not in count else 0
    return {**told, "not asked": waiting or None, "installable": "no" if "not installable" in count else None}


def _interval(results: Iterable[Result]) -> report.Row:
    had = [one for one in results if "covered" in one]
    covered = _share(one["covered"] for one in had) if had else None
    return {"95 % interval holds": covered, "width": _mean(one["width"] for one in had)}


def _costs(results: Iterable[Result]) -> report.Row:
    had = [one for one in results if one["verdict"] == "answered"]
    return {
        "fit s": _mean(one.get("fit s") for one in had),
        "sample s": _mean(one.get("sample s") for one in had),
        "interval s": _mean(one.get("interval s") for one in had),
        "memory, MB": max((one["memory"] for one in had), default=None),
    }


def _words(part: str, found: Found) -> list[report.Row]:
    """What tools say in the place of an answer, the most frequent first; numbers and names in it are alike."""
    rows: list[report.Row] = []
    for name, had in found.items():
        said = Counter((one["verdict"], _alike(one["words"])) for one in had.values() if one["verdict"] != "answered")
        rows += [
            {"part": part, "tool": name, "verdict": verdict, "times": times, "words": words}
            for (verdict, words), times in said.most_common(MOST_WORDS)
        ]
    return rows


MOST_WORDS = 4
_NAMES = re.compile(r"'?\b[A-Z]\d+\b'?(?:, '?\b[A-Z]\d+\b'?)*")


def _alike(words: str) -> str:
    """Words without the names of variables, V1, U0 and the like, so that those of one kind count as one."""
    return _NAMES.sub("..", " ".join(words.split()))[:110]


def _versions(*parts: Found) -> list[report.Row]:
    said: dict[str, str] = {}
    for found in parts:
        for name, had in found.items():
            told = [one["versions"] for one in had.values() if one.get("versions")]
            said |= {name: told[-1]} if told else {}
    return [{"tool": name, "version": text} for name, text in said.items()]


def _mean(values: Iterable[Any]) -> float | None:
    had = [float(value) for value in values if value is not None]
    return float(np.mean(had)) if had else None


def _middle(values: Iterable[Any]) -> float | None:
    had = [float(value) for value in values if value is not None]
    return float(np.median(had)) if had else None


def _share(claims: Iterable[bool]) -> str | None:
    had = list(claims)
    return f"{sum(had)} of {len(had)}" if had else None


_Number = Callable[[float], str]


def _digits(value: float | None, places: int) -> str | None:
    return None if value is None else f"{value:.{places}f}"
