"""The structural model of report-to-xray: reports say what they mean, pictures show it, and the laws are exact."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_compiler.demo.radiology.films import films, read
from idgen_compiler.demo.radiology.labeller import ATTRIBUTES, SILENT, said, said_of
from idgen_compiler.demo.radiology.patients import HOME, PROMPTS, Domain, chance, law_set, patients
from idgen_compiler.demo.radiology.reports import concepts, is_terse, is_urgent, written

AWAY = Domain(swapped=True)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("left pleural fluid persists", (1, SILENT, SILENT)),
        ("No pleural effusion or pneumothorax.", (0, SILENT, SILENT)),
        ("There is no effusion, atelectasis is new", (0, 1, SILENT)),
        ("Without effusion, atelectasis or opacity.", (0, 0, 0)),
        ("No pneumothorax, effusion, or focal consolidation. Atelectasis.", (0, 1, 0)),
        ("Left effusion; right effusion has resolved.", (1, SILENT, SILENT)),
        ("Atelectasis cannot be excluded. Hazy left base.", (SILENT, SILENT, 1)),
        ("EVALUATE FOR CONSOLIDATION", (SILENT, SILENT, SILENT)),
        ("No effusion but bibasilar atelectasis with opacities", (0, 1, 1)),
        ("lobar collapse absent; 12:30", (SILENT, 0, SILENT)),
        ("The heart is normal.", (SILENT, SILENT, SILENT)),
        ("", (SILENT, SILENT, SILENT)),
    ],
)
def test_the_labeller_reads_what_is_said(text: str, says: tuple[int, ...]) -> None:
    assert said(text) == says


def test_reports_of_the_grammar_say_what_was_meant() -> None:
    rng, n = np.random.default_rng(0), 3_000
    says, terse, urgent = rng.integers(-1, 2, (n, 3)), rng.random(n) < 0.5, rng.random(n) < 0.5
    texts = written(says, terse, urgent, rng)
    assert np.array_equal(said_of(texts), says)
    assert [is_terse(text) for text in texts] == terse.tolist()
    assert [is_urgent(text) for text in texts] == urgent.tolist()
    assert len(set(texts)) > 0.9 * n
    assert set(np.unique(concepts(list(texts)))) == {0.0, 1.0}
    assert concepts(list(texts)).shape == (n, 8)


def test_pictures_show_what_they_are_told() -> None:
    wanted = np.random.default_rng(0).integers(2, size=(8_000, 3))
    x = films(wanted, np.random.default_rng(1))
    assert x.dtype == np.uint8
    assert (read(x) != wanted).any(1).mean() < 0.002


def test_prompts_are_new_and_say_something() -> None:
    reports = set(patients(5_000, 0).reports)
    for prompt in PROMPTS:
        assert prompt not in reports
        assert 0 < sum(value != SILENT for value in said(prompt)) < 3


def test_rows_follow_the_exact_conditionals() -> None:
    for domain in (HOME, AWAY):
        some = patients(12_000, 1, domain)
        assert some.pneumonia.mean() == pytest.approx(0.36, abs=0.015)
        for place, name in enumerate(ATTRIBUTES):
            share = chance(name, some.reports, some.pneumonia, some.attributes)
            told = said_of(some.reports)[:, place]
            assert np.array_equal(some.attributes[told >= 0, place], told[told >= 0])
            for n in (0, 1):
                rows = (told == SILENT) & (some.pneumonia == n)
                assert some.attributes[rows, place].mean() == pytest.approx(share[rows].mean(), abs=0.025)


def test_what_is_seen_is_the_law_of_rows_and_depends_on_the_domain() -> None:
    """P(N | R) by counting rows that say, urge and are written as the prompt."""
    prompt = PROMPTS[0]
    for domain in (HOME, AWAY):
        some = patients(40_000, 2, domain)
        alike = (
            (said_of(some.reports) == said(prompt)).all(1)
            & np.array([is_terse(text) for text in some.reports])
            & ~np.array([is_urgent(text) for text in some.reports])
        )
        assert alike.sum() > 300
        assert some.pneumonia[alike].mean() == pytest.approx(domain.pneumonia_seen(prompt), abs=0.05)
    set_, home, away = law_set(prompt).sum(0), HOME.law_seen(prompt), AWAY.law_seen(prompt)
    for law in (set_, home, away):
        assert law.sum() == pytest.approx(1)
    assert 0.5 * abs(home - set_).sum() > 0.1
    assert 0.5 * abs(away - set_).sum() > 0.1
    assert 0.5 * abs(home - away).sum() > 0.2


def test_equal_seeds_give_equal_rows() -> None:
    one, same, other = patients(300, 4), patients(300, 4), patients(300, 5)
    assert all(np.array_equal(one.data[name], same.data[name]) for name in one.data)
    assert not np.array_equal(one.films, other.films)
