"""The scale on which models see numbers: linear where data lie, drawn in beyond, and always with a way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idgen_compiler.data.kinds.numbers.scale import TAIL, Scale, center_and_width, check_size
from idgen_compiler.errors import DataError

SCALES = [Scale(3.0, 2.0), Scale(0.5, 1.2, 1, -1.0, 1e-9), Scale(-0.5, 0.7, -1, 4.0, 1e-9), Scale(1e9, 1e-3)]


@pytest.mark.parametrize("scale", SCALES)
def test_there_is_a_way_back_from_every_seen_value(scale: Scale) -> None:
    reach = 6.5 if scale.log else 8.0
    seen = np.linspace(-reach, reach, 181)
    own = scale.own(seen)
    assert (np.diff(own) > 0).all()
    assert np.allclose(scale.seen(own), seen, atol=1e-3)


@pytest.mark.parametrize("scale", SCALES[:3])
def test_the_slope_is_that_of_the_map(scale: Scale) -> None:
    seen = np.linspace(-6.6, 5.8, 50)
    step = 1e-5
    rise = (scale.own(seen + step) - scale.own(seen - step)) / (2 * step)
    assert np.allclose(scale.log_slope(seen), -np.log(rise), atol=1e-4)


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=20))
def test_no_number_is_seen_as_none(values: list[float]) -> None:
    seen = Scale(0.0, 1e-3).seen(np.array(values)).astype(np.float32)
    assert np.isfinite(seen).all()
    assert np.abs(seen).max() < TAIL + 11


def test_normal_data_are_standardized_as_ever() -> None:
    values = np.random.default_rng(0).normal(50, 7, 20_000)
    center, width = center_and_width(values)
    assert float(center) == pytest.approx(50, abs=0.2)
    assert float(width) == pytest.approx(7, rel=0.02)
    seen = Scale(float(center), float(width)).seen(values)
    assert np.allclose(seen, (values - center) / width), "linear, to the last row"


@pytest.mark.parametrize("absurd", [1e5, -1e12, 1e300])
def test_absurd_rows_do_not_move_the_scale(absurd: float) -> None:
    values = np.random.default_rng(0).normal(size=4000)
    before = center_and_width(values)
    values[:4] = absurd
    after = center_and_width(values)
    assert np.allclose(before, after, atol=0.01)


def test_mostly_one_value_leaves_a_width() -> None:
    values = np.zeros(1000)
    values[:10] = np.arange(1, 11)
    assert float(center_and_width(values)[1]) == pytest.approx(np.sqrt(np.square(values).sum() / 1000), rel=0.3)
    assert float(center_and_width(np.full(10, 3.0))[1]) == 1.0


@pytest.mark.parametrize("unit", [1e-150, 1e-30, 1e30, 1e150])
def test_units_do_not_matter(unit: float) -> None:
    values = np.random.default_rng(0).normal(size=500)
    center, width = center_and_width(values)
    scaled = center_and_width(values * unit)
    assert np.allclose(Scale(*scaled).seen(values * unit), Scale(center, width).seen(values))


def test_what_float64_cannot_hold_is_refused() -> None:
    with pytest.raises(DataError, match=r"column X holds values from -1e\+308 to 1e\+308, too large for a difference"):
        check_size("X", np.array([-1e308, 1e308]))
    with pytest.raises(DataError, match="column X varies by less than its values' precision"):
        check_size("X", np.arange(60) + 2**62)
