"""Residues are what fractions are, modulo primes, and sums over one denominator are what sums of fractions are."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from random import Random

import numpy as np
import pytest

from idgen_compiler.estimand.arithmetic.contraction import contraction
from idgen_compiler.estimand.arithmetic.residues import COUNT, Residues, Unlucky, drawn_primes
from idgen_compiler.estimand.arithmetic.whole import fractions_over, in_whole, summed
from idgen_compiler.estimand.tables import Table, contract, normalize

PRIMES = drawn_primes("test")


def _fractions(random: Random, shape: tuple[int, ...], digits: int = 3) -> np.ndarray:
    values = [Fraction(random.randint(1, 10**digits), random.randint(1, 10**digits)) for _ in range(prod(shape))]
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array.reshape(shape)


def test_primes_are_primes_of_their_size() -> None:
    sympy = pytest.importorskip("sympy")
    for seed in range(20):
        primes = drawn_primes(seed).tolist()
        assert len(set(primes)) == COUNT
        assert all(2**48 < p < 2**49 and sympy.isprime(p) for p in primes)


@pytest.mark.parametrize("digits", [2, 30])
def test_arithmetic_is_that_of_fractions(digits: int) -> None:
    random = Random(digits)
    for _ in range(20):
        a, b = _fractions(random, (2, 3, 2), digits), _fractions(random, (3, 2), digits)
        one, other = Residues.of(a, PRIMES), Residues.of(b, PRIMES)
        assert (one * other == Residues.of(a * b, PRIMES)).all()
        assert (one / other == Residues.of(a / b, PRIMES)).all()
        assert (1 / one == Residues.of(1 / a, PRIMES)).all()
        assert (one * 7 == Residues.of(a * 7, PRIMES)).all()
        for axis in (None, 0, (1, 2)):
            for keepdims in (False, True):
                total = np.asarray(a.sum(axis=axis, keepdims=keepdims), dtype=object)
                found = one.sum(axis=axis, keepdims=keepdims)
                assert found.shape == total.shape
                assert (found == Residues.of(total, PRIMES)).all()
        assert (one.transpose((2, 0, 1)) == Residues.of(a.transpose((2, 0, 1)), PRIMES)).all()
        assert (one[:, None, 1] == Residues.of(a[:, None, 1], PRIMES)).all()


def test_the_largest_residues_are_multiplied_without_a_fault() -> None:
    """Products of 98 bits, against Python's integers."""
    random = Random(1)
    for primes in (drawn_primes(k) for k in range(50)):
        whole = [random.choice([p - 1, p - random.randrange(1, 1000), random.randrange(p)]) for p in primes.tolist()]
        parts = np.array([[w] for w in whole], dtype=np.int64)
        square = (Residues(parts, primes) * Residues(parts, primes)).parts[:, 0].tolist()
        assert square == [w * w % p for w, p in zip(whole, primes.tolist(), strict=True)]


def test_many_terms_do_not_overflow() -> None:
    parts = np.repeat((PRIMES - 1)[:, None], 2**15, axis=1)
    total = Residues(parts.reshape(COUNT, 2**8, 2**7), PRIMES).sum()
    assert (total == -(2**15)).all()


def test_one_residue_that_differs_is_a_difference() -> None:
    parts = Residues.of(Fraction(1, 3), PRIMES).parts.copy()
    parts[-1] = (parts[-1] + 1) % PRIMES[-1]
    assert Residues(parts, PRIMES) != Fraction(1, 3)


def test_a_denominator_that_a_prime_divides_is_noticed() -> None:
    prime = int(PRIMES[0])
    with pytest.raises(Unlucky):
        Residues.of(Fraction(1, prime), PRIMES)
    with pytest.raises(Unlucky):
        1 / Residues.of(Fraction(prime, 3), PRIMES)
    with pytest.raises(Unlucky):
        Residues.of(Fraction(1, prime * 3**2000), PRIMES)


def test_tables_of_residues_are_those_of_fractions() -> None:
    random = Random(3)
    sizes = {"A": 2, "B": 3, "C": 2, "D": 2}
    for _ in range(20):
        axes = [tuple(random.sample("ABC", random.randint(0, 3))) for _ in range(4)]
        arrays = [_fractions(random, tuple(sizes[a] for a in names)) for names in axes]
        exact = [Table(names, array) for names, array in zip(axes, arrays, strict=True)]
        small = [Table(names, Residues.of(array, PRIMES)) for names, array in zip(axes, arrays, strict=True)]
        for keep in (("A",), ("C", "A"), ("B", "D", "A"), ()):
            whole, part = (contract(tables, keep, sizes, exact=True) for tables in (exact, [small[0], *exact[1:]]))
            assert part.values.shape == whole.values.shape
            assert (part.values == Residues.of(whole.values, PRIMES)).all()
            if keep:
                for one, other in zip(
                    (normalize(whole, keep[:1]), whole.summed(keep[1:])),
                    (normalize(part, keep[:1]), part.summed(keep[1:])),
                    strict=True,
                ):
                    assert (other.values == Residues.of(one.values, PRIMES)).all()


def test_a_contraction_is_the_sum_of_the_products() -> None:
    random = Random(4)
    a, b, c = (_fractions(random, shape) for shape in ((2, 3), (3, 2), (2,)))
    found = contraction([(("X", "Y"), a), (("Y", "Z"), b), (("Z",), c)], ("Z", "X"))
    wanted = [[sum(a[x, y] * b[y, z] * c[z] for y in range(3)) for x in range(2)] for z in range(2)]
    assert found.tolist() == wanted


def test_sums_over_one_denominator_are_those_of_fractions() -> None:
    random = Random(5)
    for digits in (1, 3, 200):  # the last has no short denominator
        array = _fractions(random, (4, 4, 4), digits)
        assert summed(array, (0, 2)).tolist() == array.sum(axis=(0, 2)).tolist()
        assert summed(array, (0, 1, 2)) == array.sum()
        whole = in_whole([array, array])
        assert (whole is None) == (digits == 200)
        if whole is not None:
            (first, second), denominator = whole
            assert fractions_over(first * second, denominator).tolist() == (array * array).tolist()
