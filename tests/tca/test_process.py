"""The TCA shell on the in-memory bus: what it folds, says, and says only once."""

from bus.codec import decode, encode
from bus.memory import Broker, MemoryLog
from bus.topics import Topic
from domain.deadletters import DeadLetter, DeadLetterReason
from domain.tca import ParentCost
from tca.costs import Costs
from tca.process import TcaProcess
from tests.tca.scenario import NS, TABLE, Args, claim, market_event, report

NEW: Args = {"id": "P", "exec": "e0", "type": "NEW", "status": "NEW", "at": "10"}
FILL: Args = {"id": "P", "exec": "e1", "type": "TRADE", "status": "FILLED", "at": "20",
              "qty": "1000", "px": "50.02", "venue": "ALPHA"}  # fmt: skip


class World:
    """A broker, and what the other processes put on it."""

    def __init__(self) -> None:
        self.broker = Broker()
        self.log = MemoryLog(self.broker)
        self.parents: dict[str, Args] = {}
        value = encode(Topic.REPORTS, claim(1))
        self.log.append(Topic.REPORTS, "IBM", value)  # by the worker of the reports below

    def start(self) -> TcaProcess:
        return TcaProcess(MemoryLog(self.broker), Costs(TABLE, 10 * NS))

    def report(self, args: Args) -> None:
        message = report(self.parents, args)
        self.log.append(Topic.REPORTS, "IBM", encode(Topic.REPORTS, message))

    def quote(self, at: int) -> None:
        event = market_event("quote", {"at": str(at), "bid": "50", "ask": "50.02"})
        self.log.append(Topic.MARKETDATA, "IBM", encode(Topic.MARKETDATA, [event]))

    def said(self) -> list[ParentCost]:
        return [
            decode(Topic.TCA, record.value)
            for partition in range(4)
            for record in self.broker.partition(Topic.TCA, partition)
        ]

    def letters(self) -> list[DeadLetter]:
        return [
            decode(Topic.DEADLETTER, record.value)
            for partition in range(4)
            for record in self.broker.partition(Topic.DEADLETTER, partition)
        ]


def turn(process: TcaProcess, at: int, times: int = 3) -> None:
    for _ in range(times):
        process.turn(0.0, at * NS)


def test_says_live_figures_and_one_final() -> None:
    world = World()
    process = world.start()
    world.quote(5)
    world.report(NEW)
    turn(process, 11)
    assert process.caught_up
    world.report(FILL)
    turn(process, 20)
    world.quote(21)
    turn(process, 22)
    assert [(cost.final, cost.cum_qty) for cost in world.said()] == [(False, 0), (True, 1000)]


def test_a_restart_reads_orders_before_the_market_and_says_no_final_twice() -> None:
    world = World()
    world.quote(5)
    world.report(NEW)
    world.report(FILL)
    world.quote(21)
    turn(world.start(), 1_000)
    turn(world.start(), 2_000)
    (cost,) = world.said()
    assert (cost.final, cost.twap_px, cost.end_ns) == (True, 50.01, 20 * NS)


def test_market_data_that_is_gone_leaves_none() -> None:
    world = World()
    world.report(NEW)
    world.report(FILL)
    turn(world.start(), 1_000)
    (cost,) = world.said()
    assert (cost.final, cost.twap_px, cost.arrival_px) == (True, None, None)


def test_what_cannot_be_read_goes_to_deadletter_once_and_blocks_nothing() -> None:
    world = World()
    process = world.start()
    turn(process, 1)
    world.log.append(Topic.REPORTS, "IBM", b"not JSON")
    world.log.append(Topic.MARKETDATA, "IBM", b"\xc1")
    world.quote(5)
    world.report(NEW)
    turn(process, 11)
    turn(world.start(), 12)
    letters = world.letters()
    reports = [letter for letter in letters if letter.topic == "reports"]
    assert [letter.reason for letter in reports] == [DeadLetterReason.NOT_DECODABLE]
    assert {letter.by for letter in letters} == {"tca"}
    assert len(world.said()) == 2
