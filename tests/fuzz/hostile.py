"""Saved samplers made by somebody who means harm: each would hang, fill the memory, or draw wrong numbers."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from idgen_compiler.hinge.saved import HEADER

__all__ = ["EXACT", "HEADERS", "PLACES", "TENSORS", "Change", "changed", "models_of", "with_tensors"]

Change = Callable[[Any], None]
"""What is done to a JSON value in place."""

OPERATIONS = 200_000


def _schema(name: str, **fields: object) -> Change:
    return lambda header: header["schema"][name].update(fields)


def _every(**options: object) -> Change:
    """Options of every model's recipe that has them, those of links of chains too."""

    def change(header: Any) -> None:
        for record in models_of(header):
            record["options"].update({k: v for k, v in options.items() if k in record["options"]})

    return change


def _config(**settings: object) -> Change:
    def change(header: Any) -> None:
        for record in models_of(header):
            record["config"].update({k: v for k, v in settings.items() if k in record["config"]})

    return change


def _program(change: Callable[[str], str]) -> Change:
    return lambda header: header.update(program=change(header["program"]))


def _many_operations(text: str) -> str:
    more = " ".join(f"%more{k} = train %obs : X" for k in range(OPERATIONS))
    return text.replace("sample", f"{more} sample", 1)


HEADERS: dict[str, Change] = {
    "a label of 400 digits": _schema("X", labels=[10**400, 1]),
    "a label that is no number": _schema("X", labels=[float("nan"), 1.0], dtype="float64"),
    "a label of half a letter": _schema("X", labels=["\ud800", "a"], dtype="object"),
    "labels as complex numbers": _schema("X", dtype="complex128"),
    "labels as a record": _schema("X", dtype="i4,i4"),
    "labels as an array": _schema("X", dtype="(1000000000,)i8"),
    "another kind": _schema("X", kind="image", channels=3, height=2**40, width=2**40),
    "an image of 2^80 pixels": lambda h: h["schema"].update(
        X={"kind": "image", "channels": 3, "height": 2**40, "width": 2**40}
    ),
    "a scale of 400 digits": lambda h: h["schema"].update(
        X={"kind": "continuous", "mean": 0.0, "scale": 10**400, "low": 0.0, "high": 1.0}
    ),
    "a scale near nothing": lambda h: h["schema"].update(
        X={"kind": "continuous", "mean": 0.0, "scale": 5e-324, "low": -1e308, "high": 1e308}
    ),
    "200,000 operations": _program(_many_operations),
    "a value of 400 digits": _program(lambda text: text.replace("uniform", "1" + "0" * 400)),
    "a value of 5,000 digits": _program(lambda text: text.replace("uniform", "9" * 5000)),
    "a shift of 400 digits": _program(lambda text: text.replace("uniform", "%obs + 1" + "0" * 400)),
    "a graph of 200,000 vertices": _program(
        lambda text: text.replace('graph "', 'graph "' + "; ".join(f"V{k}" for k in range(200_000)) + "; ", 1)
    ),
    "channels of 2^14": _every(channels=[2**14, 2**14]),
    "channels of 2^13": _every(channels=[2**13] * 4),
    "100,000 levels": _every(channels=[8] * 100_000),
    "100,000 layers": _every(layers=100_000),
    "30 layers": _every(layers=30),
    "10^9 pixels folded": _every(unshuffle=10**9),
    "10^9 sampling steps": _every(sampling_steps=10**9),
    "wide layers": _every(hidden=[8192] * 60),
    "100,000 hidden layers": _every(hidden=[8] * 100_000),
    "1,000 members": _every(ensemble=1000),
    "1,000 bins": _every(bins=1000, components=1000),
    "10^12 rows": _config(rows=10**12),
    "rows of 400 digits": _config(rows=10**400),
    "a rank of 10^9": _config(rank=10**9),
    "10^9 kinds of light": _config(kinds={"sizes": [10**9, 1, 2], "inputs": []}),
    "10^9 kinds of grain": _config(kinds={"sizes": [2, 1, 10**9], "inputs": []}),
    "levels of kinds that there are not": _config(kinds={"sizes": [2] * 100_000, "inputs": []}),
    "kinds of 400 digits": _config(kinds={"sizes": [10**400, 1, 2], "inputs": []}),
    "kinds below nothing": _config(kinds={"sizes": [-2, 1, 2], "inputs": []}),
    "kinds of 10^5 input pictures": _config(kinds={"sizes": [2, 1, 2], "inputs": [[2, 1, 2]] * 100_000}),
    "10^9 kinds of an input picture": _config(kinds={"sizes": [2, 1, 2], "inputs": [[10**9, 1, 2]]}),
    "a record of 400 digits": lambda h: h["fit"].update(rows_factor=10**400),
    "files that are no names": lambda h: h.update(files=[3]),
    "a family of nobody": lambda h: [r.update(family="os:system") for r in models_of(h)],
}
"""Changes of a header of the torch backend; whoever has no such part is left as it is."""

TENSORS: dict[str, Callable[[Any], Any]] = {
    "weights of 1e38": lambda t: t.fill_(1e38) if t.is_floating_point() else t,
    "weights that are no numbers": lambda t: t.fill_(float("nan")) if t.is_floating_point() else t,
    "infinite weights": lambda t: t.fill_(float("-inf")) if t.is_floating_point() else t,
    "negative weights": lambda t: -t.abs() - 1 if t.dtype.itemsize == 8 and t.is_floating_point() else t,
    "probabilities that sum to 7": lambda t: 7 * t if t.dtype.itemsize == 8 and t.is_floating_point() else t,
    "codes beyond the labels": lambda t: t + 10**9 if not t.is_floating_point() else t,
    "codes below the labels": lambda t: t - 10**9 if not t.is_floating_point() else t,
    "another dtype": lambda t: t.bool(),
    "another shape": lambda t: t[None],
    "no rows": lambda t: t[:0] if t.ndim else t,
}
"""Changes of every tensor of a model."""


def _values(text: object) -> Change:
    return lambda content: content["kernels"][0].update(values=[text] * len(content["kernels"][0]["values"]))


def _primes(content: Any) -> None:
    """A law whose common denominator would have millions of digits."""
    kernel = content["kernels"][0]
    count = 2_000
    values = [f"1/{10**3000 + 2 * k + 1}" for k in range(count)]
    kernel.update(values=values * 2, shape=[2, count])


EXACT: dict[str, Change] = {
    "1e99999999 as a fraction": _values("1e99999999"),
    "a fraction of 5,000 digits": _values("1/" + "9" * 5_000),
    "fractions that share nothing": _primes,
    "a number of 4,000 digits": lambda c: c["kernels"][0].update(exact=False, values=[10**4000, 1, 1, 1]),
    "a label of 400 digits": lambda c: c["labels"].update(Y=[10**400, 1]),
    "a label that is no number": lambda c: c["labels"].update(Y=[float("nan"), 1]),
    "a label of half a letter": lambda c: c["labels"].update(Y=["\ud800", "a"]),
    "a shape of 2^80": lambda c: c["kernels"][0].update(shape=[2**40, 2**40]),
    "a shape of 400 digits": lambda c: c["kernels"][0].update(shape=[10**400, 2]),
    "a negative shape": lambda c: c["kernels"][0].update(shape=[-1, 2]),
    "probabilities that sum to 7": _values("7/2"),
    "lists in lists": lambda c: c.update(kernels=json.loads("[" * 900 + "]" * 900)),
    "two million lists": lambda c: c.update(kernels=[[]] * 2_000_000),
}
"""Changes of the kernels of the exact backend."""

PLACES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a link to a device": lambda file: file.symlink_to("/dev/zero"),
    "a link to itself": lambda file: file.symlink_to(file.name),
    "a folder": Path.mkdir,
}
"""What stands in the place of a file."""


def models_of(header: Any) -> list[Any]:
    """The records of all models of a header, links of chains and policies that draw rows among them."""
    found = [record for key in ("models", "policies") for record in header.get(key, {}).values() if record]
    links = [link for record in found for link in record["config"].values() if isinstance(link, dict)]
    return found + [link for link in links if "family" in link]


def changed(files: Mapping[str, bytes], name: str, change: Change) -> dict[str, bytes]:
    """A sampler's files with one JSON file changed; a change that finds nothing to change leaves them as they are."""
    value = json.loads(files[name])
    change(value)
    return {**files, name: json.dumps(value).encode()}


def with_tensors(files: Mapping[str, bytes], change: Callable[[Any], Any]) -> dict[str, bytes]:
    """A sampler's files with every tensor changed, and checksums that belong to them."""
    import safetensors.torch

    made, header = dict(files), json.loads(files[HEADER])
    for record in (r for r in models_of(header) if "file" in r):
        tensors = safetensors.torch.load(files[record["file"]])
        content = safetensors.torch.save({k: change(v.clone()).contiguous() for k, v in tensors.items()})
        made[record["file"]] = content
        record["sha256"] = hashlib.sha256(content).hexdigest()
    return {**made, HEADER: json.dumps(header).encode()}
