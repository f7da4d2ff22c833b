"""The iceberg: what it shows and when, that neither gives it away, and that every share counts."""

import cmath
import math
from collections import Counter
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from algos.chance import uniform
from algos.iceberg import ICEBERG, display_qty
from algos.parent import Parent
from algos.surroundings import Surroundings
from domain.children import CancelChild
from domain.executions import VenueState
from domain.fix_codes import ExecType, OrdStatus, TimeInForce
from domain.marketdata import Quote
from domain.parents import ParamValue
from domain.reports import ParentPlan
from marketdata.market import SymbolMarket
from tests.algos.partition_scene import BEGIN_NS, S, Scene, new_parent
from tests.algos.plan_scene import plan_request
from tests.marketdata.profile_scene import profile

RANGES: list[tuple[dict[str, ParamValue], int, tuple[int, int, str]]] = [
    # parameters, order quantity; least and most that is shown, and who said so. Lots of 100.
    ({"display_qty": 500}, 10_000, (400, 600, "order")),
    ({"display_qty": 1_000}, 10_000, (800, 1_200, "order")),
    ({"display_qty": 100}, 10_000, (100, 100, "order")),  # no other whole lot within 20 %
    ({"display_qty": 300}, 10_000, (300, 300, "order")),
    ({"display_min_qty": 200, "display_max_qty": 900}, 10_000, (200, 900, "order")),
    ({}, 10_000, (100, 100, "lot")),  # nobody knows what others show
    ({}, 1_000_000, (400, 600, "lot")),  # 2,000 slices at the most
]


@pytest.mark.parametrize(("params", "qty", "shown"), RANGES)
def test_what_is_shown(
    params: dict[str, ParamValue], qty: int, shown: tuple[int, int, str]
) -> None:
    assert inputs(plan_request(ICEBERG, qty, 60, 1, **params).around, qty, **params) == shown


def inputs(around: Surroundings, qty: int, **params: ParamValue) -> tuple[int, int, str]:
    request = msgspec.structs.replace(plan_request(ICEBERG, qty, 60, 1, **params), around=around)
    told = ICEBERG.plan(request).inputs
    low, high, source = told.values()
    assert list(told) == ["display_low_qty", "display_high_qty", "display_from"]
    assert isinstance(low, int)
    assert isinstance(high, int)
    return low, high, str(source)


def test_a_display_by_what_others_show() -> None:
    """d = ratio * mean size at the touch (quant.md 5.8): live, else of past days."""
    market = SymbolMarket(symbol="IBM")
    around = Surroundings(market=market, live={}, killed=False, now_ns=0,
                          profile=profile(touch_qty=1_000.0))  # fmt: skip
    assert inputs(around, 10_000) == (400, 600, "profile")
    assert inputs(around, 10_000, display_ratio=1.0) == (800, 1_200, "profile")
    for second in range(5):
        market.on_event(Quote("IBM", "XA", 9_999, 1_000, 10_000, 3_000, second * S))
    assert inputs(around, 10_000) == (800, 1_200, "touch")


def planned_parent(order_id: str, low_qty: int, high_qty: int) -> Parent:
    parent = plan_request(
        ICEBERG, 100_000, display_min_qty=low_qty, display_max_qty=high_qty
    ).parent
    parent.order_id = order_id
    return parent


# -- no signature (quant.md 5.5)


def test_displays_are_spread_evenly() -> None:
    """Chi-squared of 2,000 draws over eight sizes, 7 degrees of freedom: 24.3 at 0.1 %."""
    parent = planned_parent("P", 300, 1_000)
    drawn = Counter(display_qty(parent, number) for number in range(2_000))
    assert sorted(drawn) == list(range(300, 1_001, 100))
    expected = 2_000 / 8
    assert sum((count - expected) ** 2 / expected for count in drawn.values()) < 24.3


def test_displays_do_not_follow_from_each_other() -> None:
    """The correlation of neighbours, n = 2,000: within 4 standard errors of none."""
    parent = planned_parent("P", 300, 1_000)
    sizes = [display_qty(parent, number) for number in range(2_001)]
    mean = sum(sizes) / len(sizes)
    apart = [size - mean for size in sizes]
    paired = sum(a * b for a, b in pairwise(apart))
    assert abs(paired / sum(a * a for a in apart)) < 4 / math.sqrt(2_000)


def peak_of_periodogram(delay_s: float) -> float:
    """The highest of the periodogram of refresh times against its mean, averaged over 40 orders
    whose slices are each filled within a second.
    """
    mean = [0.0] * 60
    for number in range(40):
        at_s, times = 0.0, []
        for refresh in range(100):
            at_s += 1.0 + delay_s * uniform(f"P{number}", "delay", refresh)
            times.append(at_s)
        for index in range(60):
            turns = (index + 4) / 60  # cycles a second, up to one: above the drift of the rate
            sum_of = sum(cmath.exp(-2j * math.pi * turns * at) for at in times)
            mean[index] += abs(sum_of) ** 2 / len(times) / 40
    return max(mean) / (sum(mean) / len(mean))


@pytest.mark.slow
def test_refreshes_have_no_period() -> None:
    """No peak above five times the mean; without the delay there is nothing but one."""
    assert peak_of_periodogram(2.0) < 5
    assert peak_of_periodogram(0.0) > 15


# -- every share, whatever happens

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fill", "fill", "fill", "taken", "taken", "end", "reject", "quote",
                         "time", "time", "time", "answer", "answer", "refuse", "crash"]),
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    max_size=40,
)  # fmt: skip


class Play:
    """One iceberg at two venues that fill, end, refuse and replace as they like."""

    HIGH_QTY = 600

    def __init__(self, params: dict[str, ParamValue]) -> None:
        self.scene = Scene()
        for venue in ("XA", "XB"):
            self.scene.venue(venue, VenueState.LIVE)
            self.quote(0, 5)
        self.scene.ask(
            new_parent("A", 5_000, end_s=600, algo="iceberg", limit="100.03",
                       params={"display_qty": 500, "completion": "cross", **params})
        )  # fmt: skip

    @property
    def parent(self) -> Parent:
        found = self.scene.partition.blotter.parent_of("OMS", "A")
        assert found is not None
        return found

    def quote(self, which: int, much: int) -> None:
        bid = 9_998 + much % 4
        self.scene.show(
            Quote("IBM", ("XA", "XB")[which % 2], bid, 100 * (1 + which), bid + 1 + much // 4, 900,
                  self.scene.now_ns)
        )  # fmt: skip
        self.scene.step_to(self.scene.now_ns)

    def pick(self, which: int) -> str | None:
        open_ids = [name for name, sent in self.scene.sent.items() if not sent.closed]
        return open_ids[which % len(open_ids)] if open_ids else None

    def do(self, verb: str, which: int, much: int) -> None:
        if verb == "time":
            self.scene.step_to(self.scene.now_ns + (S // 10, S, 3 * S)[which % 3])
        elif verb == "quote":
            self.quote(which, much)
        elif verb == "crash":
            self.scene.restart()
        elif verb in ("answer", "refuse"):
            self.answer(which, accepts=verb == "answer")
        else:
            self.report(verb, which, much)
        self.check()

    def answer(self, which: int, *, accepts: bool) -> None:
        asked = [each for sent in self.scene.sent.values() for each in sent.asked.values()]
        if not asked:
            return
        replace = asked[which % len(asked)]
        if accepts and self.scene.sent[replace.orig_cl_ord_id].open_qty:
            self.scene.say(self.scene.execution(
                replace.orig_cl_ord_id, ExecType.REPLACED, replace=replace.cl_ord_id))  # fmt: skip
        else:
            self.scene.say(self.scene.cancel_rejected(replace))

    def report(self, verb: str, which: int, much: int) -> None:
        name = self.pick(which)
        if name is None:
            return
        sent = self.scene.sent[name]
        if verb == "fill":
            qty = max((sent.order_qty - sent.cum_qty) * (much + 1) // 10, 1)
            self.scene.say(self.scene.execution(name, ExecType.TRADE, qty=qty, px="100"))
        elif verb == "taken":
            self.scene.say(self.scene.execution(name, ExecType.NEW))
        elif verb == "end":
            kind = ExecType.CANCELED if much % 2 else ExecType.EXPIRED
            self.scene.say(self.scene.execution(name, kind))
        elif not sent.cum_qty:
            self.scene.say(self.scene.execution(name, ExecType.REJECTED))

    def check(self) -> None:
        parent = self.parent
        sent = list(self.scene.sent.values())
        resting = [each for each in sent if each.order.time_in_force is TimeInForce.DAY]
        assert parent.cum_qty == sum(each.cum_qty for each in sent)
        assert parent.open_qty == sum(each.open_qty for each in sent)
        assert parent.cum_qty + parent.open_qty <= 5_000
        shown = sum(min(each.open_qty, each.order.display_qty or 10**9) for each in resting)
        assert shown <= self.HIGH_QTY, "more is shown than was asked for"

    def finish(self) -> None:
        """The market comes to it for a while; then the clean-up crosses with what is left."""
        while self.scene.now_ns < BEGIN_NS + 600 * S and not self.parent.done:
            self.step()
            self.scene.step_to(self.scene.now_ns + 10 * S)
            self.check()
        self.step()
        self.scene.step_to(BEGIN_NS + 700 * S)

    def step(self) -> None:
        for venue in range(2):
            self.quote(venue, 5)
        while any(sent.asked for sent in self.scene.sent.values()):
            self.answer(0, accepts=True)
        for command in self.scene.children:
            if (
                isinstance(command, CancelChild)
                and not self.scene.sent[command.orig_cl_ord_id].closed
            ):
                self.scene.say(self.scene.execution(command.orig_cl_ord_id, ExecType.CANCELED))
        for name, sent in list(self.scene.sent.items()):
            if not sent.closed:
                qty = -(-(sent.order_qty - sent.cum_qty) // 2)
                self.scene.say(self.scene.execution(name, ExecType.TRADE, qty=qty, px="100"))


@pytest.mark.parametrize(
    "params", [{}, {"refresh_delay": 0, "refresh": 1.0}, {"placement": "limit"}], ids=str
)
@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_never_above_its_display_and_whole_in_the_end(
    params: dict[str, ParamValue], steps: list[tuple[str, int, int]]
) -> None:
    play = Play(params)
    for step in steps:
        play.do(*step)
    play.finish()
    assert play.parent.status in (OrdStatus.FILLED, OrdStatus.EXPIRED)
    assert play.parent.open_qty == 0
    filled = sum(sent.cum_qty for sent in play.scene.sent.values())
    assert play.parent.told_cum_qty == filled <= 5_000


def test_the_plan_is_that_of_the_log() -> None:
    """A worker that takes over shows as much as the one before it."""
    play = Play({})
    plans = [each for each in play.scene.reports if isinstance(each, ParentPlan)]
    play.scene.restart()
    assert play.parent.plan == plans[-1]
    assert [each for each in play.scene.reports if isinstance(each, ParentPlan)] == plans
