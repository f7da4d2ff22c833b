"""The loop of the market data process, on the in-memory bus."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from bus.codec import decode
from bus.log import Record
from bus.memory import Broker, MemoryLog
from bus.topics import SPECS, Topic
from domain.marketdata import Depth, MarketEvent, Quote, Trade
from headgate.clock import Clock, ClockSettings
from marketdata.feed import FeedFailed
from marketdata.outbox import LAG_EVENTS
from marketdata.process import IN_FLIGHT_MAX, Publisher


@dataclass
class Script:
    """A Feed of prepared polls."""

    polls: list[Sequence[MarketEvent]]
    can_wait: bool = False
    last: Sequence[MarketEvent] = ()
    skipped: dict[str, int] = field(default_factory=dict)
    waited: int = 0

    @property
    def done(self) -> bool:
        return not self.polls

    def start(self) -> None: ...

    def wait(self, timeout_s: float) -> None:
        self.waited += 1

    def poll(self, now_ns: int) -> Sequence[MarketEvent]:
        return self.polls.pop(0) if self.polls else ()

    def next_due_ns(self) -> int | None:
        return None

    def not_ready(self) -> str | None:
        return None

    def stop(self) -> Sequence[MarketEvent]:
        return self.last


class SlowLog(MemoryLog):
    """A broker that acknowledges nothing until it is told to go on."""

    stalled = True

    def poll(self, timeout_s: float) -> list[Record]:
        return [] if self.stalled else super().poll(timeout_s)


def publisher(feed: Script, log: MemoryLog) -> Publisher:
    return Publisher(feed, log, Clock(ClockSettings(), wall_ns=lambda: 1_000))


def quote(number: int, symbol: str = "IBM") -> Quote:
    return Quote(symbol, "ALPHA", 100 + number, 10, 101 + number, 10, number)


def published(broker: Broker) -> dict[str, list[MarketEvent]]:
    """By key, every event on the topic."""
    found: dict[str, list[MarketEvent]] = {}
    for (topic, _), records in broker.records.items():
        for record in records if topic is Topic.MARKETDATA else ():
            events = decode(Topic.MARKETDATA, record.value)
            assert {each.symbol for each in events} == {record.key}
            found.setdefault(record.key, []).extend(events)
    return found


def test_a_record_holds_a_batch_of_one_symbol() -> None:
    broker = Broker()
    events = [quote(1), quote(1, "SAP"), quote(2), quote(2, "SAP")]
    loop = publisher(Script([events]), MemoryLog(broker))
    loop.turn()
    assert loop.done
    assert published(broker) == {
        "IBM": [quote(1), quote(2)],
        "SAP": [quote(1, "SAP"), quote(2, "SAP")],
    }
    assert sum(len(each) for each in broker.records.values()) == 2


def test_deep_books_never_make_a_record_that_readers_refuse() -> None:
    levels = tuple((1_000_000_000 + level, 1_000_000_000) for level in range(100))
    deep = [Depth("IBM", "ALPHA", levels, levels, number) for number in range(400)]
    broker = Broker()
    publisher(Script([deep]), MemoryLog(broker)).turn()
    assert published(broker) == {"IBM": deep}
    sizes = [len(each.value) for records in broker.records.values() for each in records]
    assert len(sizes) > 1
    assert max(sizes) <= SPECS[Topic.MARKETDATA].max_value_bytes


def test_a_broker_that_lags_costs_quotes_and_never_a_print() -> None:
    """The reader lags: what is on the wire goes on, behind it only the newest quote is left."""
    broker = Broker()
    log = SlowLog(broker)
    polls: list[Sequence[MarketEvent]] = [[quote(number)] for number in range(IN_FLIGHT_MAX)]
    later = [quote(IN_FLIGHT_MAX + number) for number in range(LAG_EVENTS)]
    print_ = Trade("IBM", "ALPHA", 100, 5, later[500].at_ns)
    later.insert(501, print_)  # type: ignore[arg-type]  # a print among quotes
    loop = publisher(Script([*polls, later]), log)
    for _ in range(IN_FLIGHT_MAX + 3):
        loop.turn()
    assert published(broker)["IBM"] == [each for poll in polls for each in poll]
    log.stalled = False
    loop.turn()
    loop.turn()
    assert published(broker)["IBM"][IN_FLIGHT_MAX:] == [print_, later[-1]]
    assert loop.done


def test_a_feed_that_can_wait_is_not_polled_while_the_broker_lags() -> None:
    broker = Broker()
    log = SlowLog(broker)
    polls: list[Sequence[MarketEvent]] = [[quote(n)] for n in range(IN_FLIGHT_MAX + 4)]
    many = [quote(IN_FLIGHT_MAX + 4 + n) for n in range(2 * LAG_EVENTS)]
    feed = Script([*polls, many], can_wait=True)
    loop = publisher(feed, log)
    for _ in range(IN_FLIGHT_MAX + 10):
        loop.turn()
    assert len(feed.polls) == 4  # one waits in the outbox
    log.stalled = False
    for _ in range(8):
        loop.turn()
    found = [each.at_ns for each in published(broker)["IBM"]]
    assert found == list(range(IN_FLIGHT_MAX + 4 + len(many)))  # nothing was conflated


def test_what_waits_is_published_at_the_end() -> None:
    broker = Broker()
    log = SlowLog(broker)
    polls: list[Sequence[MarketEvent]] = [[quote(n)] for n in range(IN_FLIGHT_MAX + 5)]
    loop = publisher(Script(polls), log)
    for _ in range(IN_FLIGHT_MAX + 5):
        loop.turn()
    log.stalled = False
    loop.stop(1.0)
    assert len(published(broker)["IBM"]) == IN_FLIGHT_MAX + 5


def test_a_feed_may_withdraw_its_quotes_at_the_end() -> None:
    broker = Broker()
    loop = publisher(Script([[quote(1)]], last=[quote(2)]), MemoryLog(broker))
    loop.turn()
    loop.stop(1.0)
    assert published(broker)["IBM"] == [quote(1), quote(2)]


def test_it_waits_only_when_nothing_does() -> None:
    feed = Script([[quote(1)], [quote(2)]])
    loop = publisher(feed, MemoryLog(Broker()))
    loop.turn()
    loop.turn()
    assert feed.waited == 2


def test_a_feed_that_fails_ends_the_loop() -> None:
    class Failing(Script):
        def poll(self, now_ns: int) -> Sequence[MarketEvent]:
            raise FeedFailed("file.csv: line 3")

    with pytest.raises(FeedFailed, match="line 3"):
        publisher(Failing([[]]), MemoryLog(Broker())).turn()
