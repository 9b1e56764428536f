"""The structural model of the faces: what goes together, what is shown, and what a translator should do."""

from __future__ import annotations

import numpy as np
import pytest

from idgen_compiler.demo.faces import ATTRIBUTES, CAUSAL, SIZE, YOUNG, drawn, labels, render, turned


def test_sex_and_age_go_together_and_so_do_their_labels() -> None:
    generator = np.random.default_rng(0)
    faces = drawn(20_000, generator)
    said = labels(faces, generator)
    young = faces.attributes[:, YOUNG]
    assert young[faces.masculine].mean() == pytest.approx(0.62, abs=0.02)
    assert young[~faces.masculine].mean() == pytest.approx(0.88, abs=0.02)
    assert np.corrcoef(said["Male"], said["Young"])[0, 1] < -0.15
    # Hasty people are a common cause of both labels: they go together among the same faces, too.
    old_women = ~faces.masculine & ~young
    young_women = ~faces.masculine & young
    assert old_women.sum() > 500
    assert np.corrcoef(said["Male"][young_women], said["Young"][young_women])[0, 1] < -0.1


def test_independent_faces_are_independent() -> None:
    faces = drawn(20_000, np.random.default_rng(0), independent=True)
    together = np.corrcoef(np.column_stack([faces.attributes, faces.masculine]).T.astype(float))
    assert np.abs(together - np.eye(len(together))).max() < 0.04


def test_every_attribute_is_seen_in_the_picture_and_nothing_else_changes() -> None:
    faces = drawn(50, np.random.default_rng(1))
    first = render(faces)
    assert first.shape == (50, 3, SIZE, SIZE)
    for k in range(len(ATTRIBUTES)):
        faces.attributes[:, k] ^= True
        other = render(faces)
        faces.attributes[:, k] ^= True
        assert (other != first).reshape(50, -1).any(axis=1).all()
    assert np.array_equal(render(faces), first)


def test_what_translators_should_do() -> None:
    generator = np.random.default_rng(2)
    faces = drawn(20_000, generator)
    female, young = np.zeros(len(faces), bool), labels(faces, generator)["Young"] == 1
    noise = generator.random((len(faces), len(ATTRIBUTES)))
    causal = turned(faces, female, young, noise, spurious=False)
    spurious = turned(faces, female, young, noise, spurious=True)
    for new in (causal, spurious):
        assert not new.masculine.any()
        assert np.array_equal(new.attributes[~faces.masculine], faces.attributes[~faces.masculine])
    changed = (causal.attributes != faces.attributes).any(axis=0)
    assert [name for name, is_changed in zip(ATTRIBUTES, changed, strict=True) if is_changed] == list(CAUSAL)
    women = faces.attributes[~faces.masculine].mean(axis=0)
    assert spurious.attributes[faces.masculine].mean(axis=0) == pytest.approx(women, abs=0.03)
