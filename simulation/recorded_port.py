"""A recorded day as the market: a replay venue behind the gateway's book and pre-trade checks.

Market data is public at once; orders and reports each take a constant latency. There are no
sessions, so no venue can be lost here and none speaks FIX.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

import msgspec

from domain.children import ChildCommand, ChildRecord, Claim, NewChild
from domain.executions import (
    ChildCancelRejected,
    ChildSent,
    Execution,
    VenueState,
    VenueStateChanged,
)
from domain.fix_codes import ExecType, LastLiquidityInd
from domain.marketdata import MarketEvent, Quote, Trade
from gateway.venue_commands import Publish
from simulation.agenda import NEVER, Agenda
from simulation.replay_venue import ReplayVenue, VenueOutput
from simulation.venue_gate import VenueGate
from simulation.venue_port import PortOutput, VenueFill
from venuesim.latency import Delay

# What a colocated order takes to a venue, and its report back.
ONE_WAY: Final = Delay(base_ns=1_000_000)
RUN_MAX: Final = 4_096  # events that are held at once; a longer quiet time is several runs
Outputs = list[PortOutput]


@dataclass(slots=True, kw_only=True)
class RecordedPort:
    """See the module. `market`: the record, by rising time. All of it goes to `venue`, which stands
    for the market: prints of a consolidated tape name exchanges.
    """

    market: Iterable[MarketEvent]
    venue: ReplayVenue
    gate: VenueGate
    latency: Delay = ONE_WAY
    fills: list[VenueFill] = field(default_factory=list)
    orders: list[tuple[str, str]] = field(default_factory=list)
    market_events: int = 0
    _events: Iterator[MarketEvent] = field(init=False)
    _event: MarketEvent | None = field(init=False)
    _agenda: Agenda[Outputs] = field(default_factory=Agenda)
    _others_ns: int = NEVER

    def __post_init__(self) -> None:
        self._events = iter(self.market)
        self._event = next(self._events, None)

    @property
    def first_ns(self) -> int:
        """When the record begins; NEVER if it is empty."""
        return self._event.at_ns if self._event is not None else NEVER

    def exogenous(self, symbol: str, now_ns: int) -> float | None:
        """A record tells no such price."""
        return None

    def start(self, now_ns: int) -> Outputs:
        """The venue is live, and stays so."""
        live = VenueStateChanged(venue=self.venue.name, state=VenueState.LIVE, at_ns=now_ns)
        self._look_ahead()
        return [Publish(symbol=None, record=live)]

    def next_ns(self) -> int:
        """The next event of the record, message under way, or time of the venue."""
        event, others_ns = self._event, self._others_ns
        return others_ns if event is None or event.at_ns > others_ns else event.at_ns

    def quiet_run(self, until_ns: int) -> dict[str, list[MarketEvent]]:
        """Quotes and prints of instruments in which no order of ours rests.

        Where something that we took is missing, the venue says what the public sees of each; else
        it is told of all of them at the end.
        """
        event, events, venue = self._event, self._events, self.venue
        last_ns = min(until_ns, self._others_ns)
        run: dict[str, list[MarketEvent]] = {}
        if event is None or event.at_ns > last_ns:
            return run
        seen_each: dict[str, None] = dict(venue.depleted)
        left = RUN_MAX
        while event is not None and event.at_ns <= last_ns and left:
            kind, symbol = type(event), event.symbol
            if (kind is not Quote and kind is not Trade) or symbol in venue.meeting:
                break
            own = run.get(symbol)
            if own is None:
                own = run[symbol] = []
            if symbol in seen_each:
                own += venue.on_market(event)  # type: ignore[arg-type]  # nothing to fill
            else:
                own.append(event)
            left -= 1
            event = next(events, None)
        self._event = event
        self.market_events += RUN_MAX - left
        for symbol, own in run.items():
            if symbol not in seen_each:
                venue.on_quiet(symbol, own)
            self.gate.on_events(symbol, own)
        return run

    def on_timer(self, now_ns: int) -> Sequence[PortOutput]:
        """The record goes first."""
        event = self._event
        if event is None or event.at_ns > now_ns:
            return self._do_other(now_ns)
        self._event = next(self._events, None)
        self.market_events += 1
        said = self.venue.on_market(event)
        if len(said) == 1 and said[0] is event:  # nearly always
            self.gate.on_market(event)
            return (event,)
        return self._said(said, event.at_ns)

    def _do_other(self, now_ns: int) -> Sequence[PortOutput]:
        if self._agenda.next_ns() <= now_ns:
            outputs = self._agenda.pop(now_ns)
            self._look_ahead()
            return outputs
        return self._said(self.venue.on_timer(now_ns), now_ns)

    def _look_ahead(self) -> None:
        """When a message or the venue is next due; the record moves neither by itself."""
        message_ns, venue_ns = self._agenda.next_ns(), self.venue.next_ns()
        self._others_ns = message_ns if message_ns < venue_ns else venue_ns

    def on_child(self, partition: int, offset: int, record: ChildRecord, now_ns: int) -> Outputs:
        """Orders are judged where they arrive, after their latency."""
        if isinstance(record, Claim):
            self.gate.on_claim(partition, offset, record)
        else:
            self._agenda.at(now_ns + self.latency.base_ns, partial(self._arrive, partition, record))
            self._look_ahead()
        return []

    def _arrive(self, partition: int, command: ChildCommand, now_ns: int) -> Outputs:
        answer = self.gate.on_child(partition, command, now_ns)
        if answer is None:
            return []
        told: list[PortOutput] = [Publish(symbol=answer.symbol, record=answer)]
        if not isinstance(answer, ChildSent):
            self._tell(told, now_ns)
            return []
        if isinstance(command, NewChild):
            self.orders.append((command.venue, command.cl_ord_id))
        return self._said(self.venue.on_child(command, now_ns), now_ns, told)

    def _said(
        self, said: Sequence[VenueOutput], now_ns: int, told: Outputs | None = None
    ) -> Outputs:
        """The market at once, reports together and later, behind what is `told` already."""
        outputs: Outputs = []
        told = [] if told is None else told
        received_ns = now_ns + self.latency.base_ns
        for each in said:
            if isinstance(each, (Execution, ChildCancelRejected)):
                self._book(each)
                self.gate.apply(each)
                if received_ns != now_ns:
                    each = msgspec.structs.replace(each, received_ns=received_ns)
                told.append(Publish(symbol=each.symbol, record=each))
            else:
                self.gate.on_market(each)
                outputs.append(each)
        if told:
            self._tell(told, now_ns)
        self._look_ahead()
        return outputs

    def _tell(self, told: Outputs, now_ns: int) -> None:
        """What venue access says reaches the bus after its time under way."""
        self._agenda.at(now_ns + self.latency.base_ns, lambda at_ns: told)

    def _book(self, said: Execution | ChildCancelRejected) -> None:
        """The venue's own book of our trades."""
        if not isinstance(said, Execution) or said.exec_type is not ExecType.TRADE:
            return
        assert said.last_px is not None
        self.fills.append(VenueFill(
            venue=said.venue, exec_id=said.exec_id, cl_ord_id=said.cl_ord_id, symbol=said.symbol,
            qty=said.last_qty, px=said.last_px, fee=said.fee or Decimal(0),
            added=said.liquidity is LastLiquidityInd.ADDED, at_ns=said.transact_ns,
        ))  # fmt: skip
