"""What the worker of one partition knows, and what it says: shared by those that act on it.

Nothing is decided here. Whatever is said is applied to the blotter at once and put into the outbox.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Final

from algos.admission import Known, Touch
from algos.algorithm import Algorithm
from algos.blotter import Blotter, Change
from algos.catalogue import ALGORITHMS
from algos.child import IMMEDIATE, Child
from algos.child_limits import ChildLimitTable, largest_child_qty
from algos.models.known_calibrations import ChosenModel, KnownCalibrations
from algos.order_estimate import DayShape, EstimatedOrder, Outlook, estimate_order
from algos.own_market import NEW_FILLS, own_fill, own_order, px_steps
from algos.pace import Pace
from algos.parameters import Rejection, Values
from algos.parent import Parent, Terms
from algos.policy import Policy
from algos.reporting import on_request, request_rejected
from algos.requests import Requests
from algos.styles import style_of
from domain.children import CancelChild, ChildCommand, NewChild, ReplaceChild
from domain.control import EngageKillSwitch
from domain.executions import Execution, ExecutionRecord, VenueState
from domain.fix_codes import ExecType
from domain.instruments import Instrument, InstrumentTable, Side
from domain.parents import NewParent, ParentRequest
from domain.reports import OrderEstimate, ParentReport, Report
from domain.sessions import Session, TradingCalendar
from domain.trading_day import TradingDay, trading_day
from marketdata.known_profiles import KnownProfiles, SessionCurve
from marketdata.live_curve import LiveCurve
from marketdata.market import SymbolMarket
from marketdata.symbol_profile import SymbolProfile

Command = ChildCommand | Report
TERMS_SET: Final = (ExecType.NEW, ExecType.REPLACED)  # what an order reads may be another
Scope = tuple[str | None, str | None]  # (symbol, venue); None is every one


@dataclass(slots=True, kw_only=True)
class Desk:
    """State of one partition. `claim`: our fencing token, None until the partition is ours.

    `pace`: whose turn it is at each venue; the partitions of one worker share it.
    """

    number: int
    instruments: InstrumentTable
    calendars: Mapping[str, TradingCalendar]
    policy: Policy
    partition_of: Callable[[str], int]
    profiles: KnownProfiles = field(default_factory=KnownProfiles)
    calibrations: KnownCalibrations = field(default_factory=KnownCalibrations)
    algorithms: Mapping[str, Algorithm] = field(default_factory=lambda: ALGORITHMS)
    pace: Pace = field(default_factory=Pace)
    claim: int | None = None
    markets: dict[str, SymbolMarket] = field(default_factory=dict)
    venues: dict[str, VenueState] = field(default_factory=dict)
    kills: dict[Scope, EngageKillSwitch] = field(default_factory=dict)
    child_limits: ChildLimitTable = field(init=False)
    requests: Requests = field(init=False)
    blotter: Blotter = field(init=False)
    _curves: dict[tuple[str, str], LiveCurve] = field(default_factory=dict)
    _shapes: dict[tuple[str, str], DayShape] = field(default_factory=dict)
    _models: dict[str, ChosenModel] = field(default_factory=dict)
    _days: dict[tuple[str, str], Mapping[str, TradingDay]] = field(default_factory=dict)
    _out: list[Command] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.child_limits = ChildLimitTable(self.policy.child_limits)
        self.requests = Requests(self.number)
        self.blotter = Blotter(
            instruments=self.instruments, requests=self.requests, algorithms=self.algorithms
        )

    @property
    def token(self) -> int:
        """The claim; nothing may be said without one."""
        assert self.claim is not None
        return self.claim

    def emit(self, message: Command) -> None:
        """Say something: it is true from now on."""
        if isinstance(message, (NewChild, CancelChild, ReplaceChild)):
            self.apply_command(message)
        else:
            self.blotter.apply_report(message)
            if isinstance(message, ParentReport) and message.exec_type in TERMS_SET:
                self.watch(self.blotter.parents[message.order_id])
        self._out.append(message)

    def watch(self, parent: Parent) -> None:
        """Keep statistics of the touch from now on, if somebody will read them for this parent.

        They cost as much again as a quote does (docs/marketdata.md), so symbols that nobody trades
        go without.
        """
        reads = parent.algorithm.reads_touch or style_of(parent).weighs
        if self.policy.touch_statistics or reads:
            self.market(parent.instrument.symbol).keep_statistics()

    def apply_command(self, command: ChildCommand) -> None:
        """Book what goes to a venue; the market hears where an order of ours may now trade."""
        self.blotter.apply_command(command)
        self.pace.on_sent(command.venue, command.order_id, command.decided_ns)
        if not isinstance(command, CancelChild):
            child = self.blotter.child(command.cl_ord_id)
            self._tell_open(self.blotter.parents[child.order_id], child)

    def apply_execution(self, record: ExecutionRecord) -> Change | None:
        """Book what venue access said; the market hears what is filled of ours, and still open.

        None if nothing changed. Raises Unusable; then nothing changed.
        """
        change = self.blotter.apply_execution(record)
        if change is not None:
            parent = self.blotter.parents[change.child.order_id]
            market = self.market(parent.instrument.symbol)
            if isinstance(record, Execution) and record.exec_type in NEW_FILLS:
                market.on_own_fill(own_fill(record, parent.instrument))
                if change.child.time_in_force not in IMMEDIATE:
                    market.on_passive_fill(record.venue, parent.side, record.received_ns)
            self._tell_open(parent, change.child)
        return change

    def _tell_open(self, parent: Parent, child: Child) -> None:
        """The market hears of an order of ours; one for a cross makes no print before it."""
        if not child.for_auction:
            self.market(parent.instrument.symbol).on_own_order(own_order(child, parent.side))

    def flushed(self) -> list[Command]:
        """What was said since the last time, in order."""
        out, self._out = self._out, []
        return out

    def refuse(
        self, request: ParentRequest, offset: int, rejection: Rejection, now_ns: int
    ) -> None:
        """Say no to a cancel, replace, pause or resume."""
        assert not isinstance(request, NewParent)
        parent = self.blotter.parent_of(request.source, request.orig_cl_ord_id)
        exec_id = self.requests.exec_id(offset, "9")
        self.emit(request_rejected(self.token, parent, exec_id, request, rejection, now_ns))

    def step(
        self, parent: Parent, offset: int, kind: ExecType, request: ParentRequest, now_ns: int,
        terms: Terms | None = None, text: str | None = None,
        estimate: OrderEstimate | None = None,
    ) -> None:  # fmt: skip
        """Say that a request on a parent came one step further."""
        assert not isinstance(request, NewParent)
        exec_id = self.requests.exec_id(offset, kind.value)
        self.emit(
            on_request(
                self.token, parent, exec_id, kind, now_ns, cl_ord_id=request.cl_ord_id,
                orig_cl_ord_id=request.orig_cl_ord_id, terms=terms, text=text,
                estimate=estimate,
            )
        )  # fmt: skip

    def killed(self, symbol: str) -> bool:
        """Whether a kill switch forbids all orders in a symbol."""
        return bool(self.kills) and ((None, None) in self.kills or (symbol, None) in self.kills)

    def market(self, symbol: str) -> SymbolMarket:
        """The market of a symbol."""
        found = self.markets.get(symbol)
        if found is None:
            profile = self.profile(symbol)
            found = self.markets[symbol] = SymbolMarket(
                symbol=symbol,
                limits=self.policy.stale_limits,
                px_steps=px_steps(self.instruments[symbol]),
                adv_qty=None if profile is None else profile.adv_qty,
                keeps_statistics=False,
            )
        return found

    def profile(self, symbol: str) -> SymbolProfile | None:
        """What was known of a symbol before its day; None: nothing."""
        return self.profiles.profile(symbol)

    def session_curve(self, symbol: str, session: Session) -> SessionCurve:
        """The volume curve to go by in a session, and which of the fallbacks it is."""
        return self.live_curve(symbol, session).source

    def live_curve(self, symbol: str, session: Session) -> LiveCurve:
        """The same as its day goes on."""
        found = self._curves.get((symbol, session.date))
        if found is None:
            instrument = self.instruments[symbol]
            found = self._curves[symbol, session.date] = LiveCurve(
                source=self.profiles.curve(symbol, instrument.calendar, session),
                session=session,
                market=self.market(symbol),
                lot=instrument.lot,
            )
        return found

    def _day_shape(self, symbol: str, session: Session) -> DayShape:
        found = self._shapes.get((symbol, session.date))
        if found is None:
            found = DayShape(self.session_curve(symbol, session), session)
            self._shapes[symbol, session.date] = found
        return found

    def impact_model(self, symbol: str) -> ChosenModel:
        """The house's impact model with its coefficients for a symbol, and whose they are."""
        found = self._models.get(symbol)
        if found is None:
            found = self.calibrations.model(self.policy.impact_model, symbol)
            self._models[symbol] = found
        return found

    def estimate(
        self, instrument: Instrument, side: Side, qty: int, terms: Terms, params: Values,
        now_ns: int,
    ) -> OrderEstimate:  # fmt: skip
        """What `qty` shares under these terms are expected to cost and to come to."""
        symbol = instrument.symbol
        start_ns = max(terms.start_ns, now_ns)
        session = self.calendars[instrument.calendar].session_at(start_ns)
        market = self.market(symbol)
        outlook = Outlook(
            market=market, best=market.bbo(now_ns), profile=self.profile(symbol), session=session,
            shape=None if session is None else self._day_shape(symbol, session),
            model=self.impact_model(symbol),
            participation_cap=self.policy.max_participation_cap, now_ns=now_ns,
        )  # fmt: skip
        order = EstimatedOrder(
            instrument=instrument, side=side, qty=qty, limit_px_ticks=terms.limit_px_ticks,
            start_ns=start_ns, end_ns=terms.end_ns, params=params,
        )  # fmt: skip
        return estimate_order(order, outlook)

    def largest_child_qty(self, parent: Parent) -> int | None:
        """Shares of a child of a parent that venue access takes, at the dearest that one may be
        priced: the highest offer, or the limit of a sale that rests above it; None: no bound.
        """
        instrument = parent.instrument
        limits = self.child_limits.of(instrument.symbol)
        if limits.max_notional is None:
            return largest_child_qty(limits, instrument, 0)
        quotes = self.market(instrument.symbol).quotes.values()
        px_ticks = max((max(each.bid_px_ticks, each.ask_px_ticks) for each in quotes), default=0)
        limit = parent.terms.limit_px_ticks
        if limit is not None and (parent.side is Side.SELL or not px_ticks):
            px_ticks = max(px_ticks, limit)
        return largest_child_qty(limits, instrument, px_ticks)

    def trading_days(self, instrument: Instrument, session: Session) -> Mapping[str, TradingDay]:
        """The phases of a session at those venues of an instrument that have auctions."""
        key = (instrument.symbol, session.date)
        found = self._days.get(key)
        if found is None:
            found = self._days[key] = {
                venue: trading_day(session, self.policy.auctions[venue])
                for venue in instrument.venues
                if venue in self.policy.auctions
            }
        return found

    def known(self, symbol: str) -> Known:
        """What an order in a symbol is judged by, beside the market."""
        return Known(profile=self.profile(symbol), curve=partial(self.session_curve, symbol))

    def touch_px(self, symbol: str, now_ns: int) -> Touch:
        """The best prices in currency units, of the quotes that are fresh."""
        instrument = self.instruments.get(symbol)
        market = self.markets.get(symbol)
        if instrument is None or market is None:
            return Touch()
        best = market.bbo(now_ns)
        return Touch(
            bid_px=instrument.px(best.bid_px_ticks) if best.bid_px_ticks else None,
            ask_px=instrument.px(best.ask_px_ticks) if best.ask_px_ticks else None,
        )

    def mid_px(self, symbol: str, now_ns: int) -> Decimal | None:
        """The mid in currency units, None if there is no fresh two-sided market."""
        return self.touch_px(symbol, now_ns).mid_px
