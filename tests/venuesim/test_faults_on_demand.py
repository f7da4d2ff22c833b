"""Latencies with jitter, refusals and outages: seeded, and the same for whoever asks."""

from decimal import Decimal

import pytest

from tests.venuesim.instruments import IBM
from venuesim.faults import Outage, Refusals, VenueFaults
from venuesim.latency import Delay, DelayLine, UnderWay
from venuesim.random_streams import RandomStreams
from venuesim.requests import NewOrder, Report
from venuesim.venue import Venue, VenueTerms

MS = 1_000_000


def test_a_jitter_is_seeded_and_keeps_the_order() -> None:
    delay = Delay(base_ns=MS, jitter=0.5)
    one, again, other = (DelayLine(delay, RandomStreams(seed, ""), "A") for seed in (1, 1, 2))
    sent = [number * MS // 10 for number in range(2_000)]
    arrived = [one.arrival_ns(each) for each in sent]
    assert arrived == [again.arrival_ns(each) for each in sent]
    assert arrived != [other.arrival_ns(each) for each in sent]
    assert arrived == sorted(arrived)
    assert all(there - then >= MS for there, then in zip(arrived, sent, strict=True))
    alone = DelayLine(delay, RandomStreams(3, ""), "A")
    apart = [alone.arrival_ns(n * 1_000 * MS) - n * 1_000 * MS for n in range(2_000)]
    assert sum(apart) / len(apart) == pytest.approx(1.5 * MS, rel=0.05)


def test_what_was_sent_before_shifts_no_later_jitter() -> None:
    delay = Delay(base_ns=MS, jitter=0.5)
    quiet, busy = (DelayLine(delay, RandomStreams(1, ""), "A") for _ in range(2))
    for sent_ns in range(0, 100 * MS, MS):
        busy.arrival_ns(sent_ns)
    later = [second * 1_000 * MS for second in range(1, 50)]
    assert [quiet.arrival_ns(each) for each in later] == [busy.arrival_ns(each) for each in later]


def test_no_jitter_no_draw() -> None:
    line = DelayLine(Delay(base_ns=MS), RandomStreams(1, ""), "A")
    assert [line.arrival_ns(each) for each in (0, 5)] == [MS, MS + 5]


def test_what_is_under_way_arrives_in_order_and_together() -> None:
    way = UnderWay[str](DelayLine(Delay(base_ns=10), RandomStreams(1, ""), "A"))
    assert way.send(["a", "b"], 0) == []
    assert way.send(["c"], 5) == []
    assert way.send([], 10) == ["a", "b"]
    assert way.send(["d"], 15) == ["c"]
    assert way.send([], 1_000) == ["d"]
    at_once = UnderWay[str](DelayLine(Delay(), RandomStreams(1, ""), "A"))
    assert at_once.send(["a"], 0) == ["a"]


def test_refusals_by_count_and_by_chance() -> None:
    streams = RandomStreams(1, "")
    every = Refusals(VenueFaults(reject_every=3), streams, "A")
    assert [number for number in range(1, 10) if every.refuses(number)] == [3, 6, 9]
    chance = Refusals(VenueFaults(reject_probability=0.2), streams, "A")
    refused = [number for number in range(1, 2_001) if chance.refuses(number)]
    assert 340 < len(refused) < 460
    backward = Refusals(VenueFaults(reject_probability=0.2), streams, "A")
    assert [n for n in range(2_000, 0, -1) if backward.refuses(n)] == refused[::-1]
    assert not Refusals(VenueFaults(), streams, "A").refuses(1)


def test_a_venue_that_refuses_by_chance() -> None:
    terms = VenueTerms(name="XSIM", faults=VenueFaults(reject_probability=0.5))
    venue = Venue(terms, [IBM], {}, streams=RandomStreams(1, ""))
    for number in range(40):
        request = NewOrder(cl_ord_id=f"C{number}", symbol="IBM", side="1", order_qty=Decimal(100),
                           ord_type="2", px=Decimal("50.00"), at_ns=number)  # fmt: skip
        venue.on_request(request, number)
    reports = [each for each in venue.on_timer(100) if isinstance(each, Report)]
    refused = [each for each in reports if each.text == "on demand"]
    assert len(reports) == 40
    assert 10 < len(refused) < 30


def test_outages_are_half_open() -> None:
    faults = VenueFaults(outages=(Outage(start_ns=10, end_ns=20), Outage(start_ns=30, end_ns=31)))
    out = [now_ns for now_ns in range(40) if faults.out_at(now_ns)]
    assert out == [*range(10, 20), 30]


@pytest.mark.parametrize("bad", [{"reject_probability": 1.1}, {"reject_every": -1}])
def test_faults_that_are_none(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="rejects"):
        VenueFaults(**bad)  # type: ignore[arg-type]  # bad on purpose


def test_delays_and_outages_that_are_none() -> None:
    with pytest.raises(ValueError, match="delay"):
        Delay(base_ns=-1)
    with pytest.raises(ValueError, match="outage"):
        Outage(start_ns=5, end_ns=5)
