"""Target Close plans: the rest before the cross comes on the reversed trajectory, to the share."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.models.close_trajectory import executed_fraction
from algos.models.urgency import URGENCIES
from algos.models.urgency_names import Urgency
from algos.target_close import CLOSE, MARGIN_NS
from tests.algos.plan_scene import MINUTE, planned


@pytest.mark.parametrize("urgency", Urgency)
def test_slices_follow_the_trajectory(urgency: Urgency) -> None:
    plan = planned(CLOSE, 100_000, minutes=60, urgency=urgency.value)
    assert plan.inputs["auction_qty"] == 0
    assert plan.inputs["auction_why_less"] == "no closing cross at its venues before its end"
    window_ns = 60 * MINUTE - MARGIN_NS
    slice_qty = 100_000 / 120
    for passed in (0.25, 0.5, 0.75, 0.95):
        due = executed_fraction(URGENCIES[urgency], passed) * 100_000
        assert abs(plan.schedule.due_qty(int(passed * window_ns)) - due) < 1.6 * slice_qty


@given(
    st.integers(1, 500).map(lambda lots: lots * 100), st.floats(1, 390), st.integers(0, 2**62),
    st.sampled_from([each.value for each in Urgency]),
)  # fmt: skip
@settings(deadline=None, max_examples=60)
def test_sums_and_times(qty: int, minutes: float, seed: int, urgency: str) -> None:
    schedule = planned(CLOSE, qty, minutes, seed, urgency=urgency).schedule
    assert schedule.cum_qty[-1] == qty
    assert list(schedule.times_ns) == sorted(set(schedule.times_ns))
    assert list(schedule.cum_qty) == sorted(schedule.cum_qty)
    assert schedule.times_ns[0] >= 0
    assert schedule.times_ns[-1] < minutes * MINUTE - MARGIN_NS
    assert all(each % 100 == 0 for each in schedule.cum_qty)
