"""Total variation to the truth on the discrete Napkin-MNIST attributes, with the program of the napkin wired by hand.

Run: python tests/benchmarks/bench_families_discrete.py [seeds]
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch
from idgen_torch.families import FitOptions, choose, family
from idgen_torch.families.base import ConditionalModel
from idgen_torch.parts import Part, Rows

from idgen_compiler.demo.napkin_mnist import SIZES, attributes, truth

ROWS, TIMES, SAMPLES = 60_000, 10, 500_000


def parts(variable: str) -> tuple[Part, ...]:
    """The attributes of a variable of the napkin."""
    return tuple(Part(name, size) for name, size in SIZES.items() if name.startswith(f"{variable}."))


def fitted(
    targets: tuple[Part, ...], inputs: tuple[Part, ...], rows: Rows, seed: int, options: FitOptions
) -> ConditionalModel:
    """The chosen family, fitted, with its name and time printed."""
    started = time.perf_counter()
    name = choose(targets, inputs, rows)
    model = family(name).fit(targets, inputs, rows, seed=seed, options=options)
    print(
        f"    {name:10s} {targets[0].name.split('.')[0]} | {','.join(sorted({p.name.split('.')[0] for p in inputs}))}"
        f"  {time.perf_counter() - started:.1f} s",
        flush=True,
    )
    return model


def run(seed: int, options: FitOptions = FitOptions()) -> tuple[dict[str, float], float]:
    """Total variation at do(digit 3, red, regular) for each attribute, and the seconds that everything took."""
    rows = {name: torch.from_numpy(codes) for name, codes in attributes(ROWS, seed).items()}
    w1, w2, x, y = (parts(v) for v in ("W1", "W2", "X", "Y"))
    generator = torch.Generator().manual_seed(seed)
    started = time.perf_counter()
    of_w1 = fitted(w1, (), rows, seed, options)
    of_x = fitted(x, w1 + w2, rows, seed, options)
    of_y = fitted(y, w1 + w2 + x, rows, seed, options)
    n = ROWS * TIMES
    index = torch.randint(ROWS, (n,), generator=generator)
    made = {part.name: rows[part.name][index] for part in w2}
    clock = time.perf_counter()
    made |= of_w1.sample({}, n, generator)
    made |= of_x.sample(made, n, generator)
    made |= of_y.sample(made, n, generator)
    print(f"    regenerate {time.perf_counter() - clock:.1f} s")
    last = fitted(y, x, made, seed, options)
    do = {"X.digit": 3, "X.color": 0, "X.thickness": 1}
    clock = time.perf_counter()
    drawn = last.sample({k: torch.full((SAMPLES,), v) for k, v in do.items()}, SAMPLES, generator)
    print(f"    sample {time.perf_counter() - clock:.1f} s")
    seconds = time.perf_counter() - started
    distances = {}
    for attribute, law in truth(3, 0, 1).items():
        codes = drawn[f"Y.{attribute}"].numpy()
        distances[attribute] = 0.5 * float(np.abs(np.bincount(codes, minlength=len(law)) / SAMPLES - law).sum())
    return distances, seconds


def main(seeds: int = 5) -> None:
    """Print every seed and the mean; the bar is .02 digit, .02 colour, .01 thickness, 90 s."""
    results = []
    for seed in range(seeds):
        distances, seconds = run(seed)
        results.append([*distances.values(), seconds])
        print(
            f"seed {seed}: " + "  ".join(f"{k} {v:.4f}" for k, v in distances.items()) + f"  {seconds:.0f} s",
            flush=True,
        )
    print("mean: digit {:.4f}  color {:.4f}  thickness {:.4f}  {:.0f} s".format(*np.mean(results, 0)))


if __name__ == "__main__":
    torch.set_num_threads(1)
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
