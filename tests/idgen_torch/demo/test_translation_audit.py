"""The audit finds what translators add, as set and not as seen; small networks here, whose truth is simulated."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from idgen_compiler.cli import main
from idgen_compiler.demo.faces import ATTRIBUTES, CAUSAL, YOUNG, drawn, labels, render
from idgen_torch.demo.audit import Audit, program
from idgen_torch.demo.translation_audit import QUICK, Answers, Size, answers
from idgen_torch.demo.translators import Detector, Training, Translator

SIZE = Size(6_000, 6_000, 20_000, QUICK.training)


@pytest.fixture(scope="module")
def found() -> dict[bool, Answers]:
    generator = np.random.default_rng(7)
    faces = drawn(SIZE.rows, generator)
    said = labels(faces, generator)
    detector = Detector.train(SIZE.training, 0)
    audit = Audit(ATTRIBUTES, detector, render(faces), said["Male"], said["Young"])
    return {
        spurious: answers(audit, Translator.train(spurious, SIZE.training, 0), detector, SIZE, 0, "cpu")
        for spurious in (False, True)
    }


@pytest.mark.parametrize("spurious", [False, True])
def test_answers_are_the_truth(found: dict[bool, Answers], spurious: bool) -> None:
    answer = found[spurious]
    assert answer.do == pytest.approx(answer.true_do, abs=0.03)
    assert answer.given_young == pytest.approx(answer.true_given_young, abs=0.03)


def test_the_second_translator_is_exposed(found: dict[bool, Answers]) -> None:
    beside = [k for k, name in enumerate(ATTRIBUTES) if name not in CAUSAL]
    assert found[False].do[beside].max() < 0.03
    assert found[True].do[YOUNG] > 0.08
    assert found[True].do[beside].sum() > found[False].do[beside].sum() + 0.2


def test_seeing_is_not_setting(found: dict[bool, Answers]) -> None:
    answer, lipstick = found[False], ATTRIBUTES.index("Wearing_Lipstick")
    assert answer.do[lipstick] == pytest.approx(answer.true_do[lipstick], abs=0.03)
    assert answer.seen[lipstick] < answer.true_do[lipstick] - 0.1
    assert answer.seen_young[lipstick] < answer.true_given_young[lipstick] - 0.1
    assert answer.men[lipstick] > answer.true_do[lipstick] + 0.1


def test_both_queries_share_one_set_of_models() -> None:
    found = program()
    assert [str(op.targets[0]) for op in found.bindings] == ["I2", "P1", "P2", "A"]
    assert len(found.models) == 1
    assert [op.query for op in found.samplers] == ["P(A | do(Male))", "P(A | do(Male), Young)"]


def test_networks_depend_on_the_seed_alone() -> None:
    pictures = render(drawn(20, np.random.default_rng(0)))
    inputs = {"I1": pictures, "Male": np.zeros(20, int), "Young": np.ones(20, int)}

    def made(seed: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        translator = Translator.train(True, Training(300, 1), seed)
        return translator(inputs, 20, torch.Generator().manual_seed(0))

    first = made(0)
    torch.manual_seed(5)
    assert np.array_equal(first, made(0))
    assert not np.array_equal(first, made(1))


@pytest.mark.demo
def test_the_demo(capsys: pytest.CaptureFixture[str], tmp_path: object) -> None:
    assert main(["demo", "translation-audit", "--quick", "--out", str(tmp_path)]) == 0
    text = capsys.readouterr().out
    for told in ("1. Program", "2. Verification", "4. Answers", "causal adds nothing of what", "spurious adds "):
        assert told in text
    assert "Male=0, Young=1 seen" in text
