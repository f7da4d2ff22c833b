"""A venue's public market data for one FIX 4.4 session: subscriptions, images, what to send.

It takes what the venue puts out and what the subscriber asks, and returns messages. It knows no
socket: the shell says how many messages the session can take now (`on_room`). While it can take
none, quotes of a symbol are merged into one (conflated, counted, said in ApplQueueResolution(814));
trades wait, and a subscriber that leaves too many of them waiting is cut off. Nothing grows beyond
the bounds here.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import msgspec

from domain.fix_market_data import (
    MDEntryType,
    MDReqRejReason,
    MDUpdateType,
    SubscriptionRequestType,
    condition_fields,
)
from domain.fix_message import BadField, FixMessage
from domain.instruments import Instrument
from domain.marketdata import Depth, Imbalance, Quote, Trade, TradeCondition, TradingStatus
from venuesim.market_data_messages import (
    Fields,
    Levels,
    Send,
    imbalance_entry,
    incremental,
    level_entries,
    reject,
    security_status,
    snapshot,
    trade_entry,
)
from venuesim.market_data_requests import (
    FULL_BOOK,
    MARKET_DATA_REQUEST,
    SECURITY_STATUS_REQUEST,
    Refused,
    Wanted,
    read_market_data_request,
    read_security_status_request,
)

MarketEvent = Quote | Trade | Depth | TradingStatus | Imbalance
SIDES: Final = (MDEntryType.BID, MDEntryType.OFFER)

# Symbols subscribed by one session, counted once a request: ten times a large instrument table.
IMAGES_MAX: Final = 20_000
# Followed SecurityStatusRequest(e)s of a symbol; one more is answered once: FIX has no refusal.
STATUS_REQUESTS_MAX: Final = 10
# Trades that wait for a slow subscriber: some minutes of a busy symbol; they may not be merged.
TRADES_WAITING_MAX: Final = 20_000
# Trades in one message: some 20 KiB of it.
TRADES_PER_MESSAGE: Final = 200
# Answers beyond what the session can take: who asks so often and does not read is cut off.
ANSWERS_WAITING_MAX: Final = 2_000
CONDITIONALLY_REQUIRED: Final = "5"  # BusinessRejectReason(380)


class Cut(msgspec.Struct, frozen=True):
    """The session has to be closed: its subscriber does not keep up, or does not behave."""

    reason: str


Output = Send | Cut


@dataclass(slots=True, kw_only=True)
class _Book:
    """What the venue shows of a symbol. `has_depth`: it gives levels, so quotes say no more."""

    instrument: Instrument
    sides: dict[MDEntryType, Levels] = field(default_factory=lambda: {each: {} for each in SIDES})
    at_ns: int = 0
    has_depth: bool = False
    status: TradingStatus | None = None
    last_trade: Trade | None = None

    def shown(self, wanted: Wanted) -> dict[MDEntryType, Levels]:
        """The sides that were asked for, as deep as they were asked for."""
        depth = None if wanted.depth == FULL_BOOK else wanted.depth
        return {
            side: dict(islice(levels.items(), depth))
            for side, levels in self.sides.items()
            if side in wanted.entry_types
        }


@dataclass(slots=True, kw_only=True)
class _Image:
    """One symbol of one subscription. `sent`: what its subscriber holds; `latest`: what is true.

    `changes`: how many lie between the two.
    """

    wanted: Wanted
    book: _Book
    sent: dict[MDEntryType, Levels]
    latest: dict[MDEntryType, Levels]
    changes: int = 0
    trades: deque[Trade] = field(default_factory=deque)
    imbalance: Imbalance | None = None

    @property
    def has_news(self) -> bool:
        return bool(self.changes or self.trades or self.imbalance)


class MarketDataServer:
    """See the module. The counts only rise.

    `conflated`: changes of a book that came before the one before them was sent; `unsayable`:
    prints whose condition FIX 4.4 lacks; `rejected`: requests, by reason.
    """

    def __init__(self, instruments: list[Instrument]) -> None:
        self._books = {each.symbol: _Book(instrument=each) for each in instruments}
        self._images: dict[str, list[_Image]] = {symbol: [] for symbol in self._books}
        self._subscriptions: dict[str, list[_Image]] = {}
        self._status_requests: dict[str, dict[str, None]] = {}  # ids by symbol, in order
        self._waiting: dict[int, _Image] = {}  # by id(), in order of their first news
        self._trades_waiting = 0
        self._room = 0
        self._is_on = False
        self.conflated = 0
        self.unsayable = 0
        self.rejected: dict[str, int] = {}

    # -- the session ---------------------------------------------------------------------------

    def on_logon(self) -> None:
        """A subscriber is there; a subscription does not outlive its connection."""
        self.on_logout()
        self._is_on = True

    def on_logout(self) -> None:
        """It is gone."""
        self._is_on = False
        self._subscriptions.clear()
        self._status_requests.clear()
        self._waiting.clear()
        self._trades_waiting = 0
        for images in self._images.values():
            images.clear()

    def on_room(self, room: int) -> list[Output]:
        """The session can take `room` messages now: what has waited goes first."""
        self._room = room
        outputs: list[Output] = []
        while self._waiting and self._room > 0:
            key, image = next(iter(self._waiting.items()))
            del self._waiting[key]
            outputs += self._news(image)
        return outputs

    # -- what the venue puts out ---------------------------------------------------------------

    def on_event(self, event: MarketEvent) -> list[Output]:
        """Show one event to those who asked for it."""
        book = self._books.get(event.symbol)
        if book is None:
            return []
        if isinstance(event, TradingStatus):
            return self._on_status(book, event)
        if isinstance(event, Trade):
            is_void = TradeCondition.BUSTED in event.condition
            book.last_trade = book.last_trade if is_void else event
        elif isinstance(event, Quote | Depth) and not _take_levels(book, event):
            return []
        outputs: list[Output] = []
        for image in self._images[event.symbol]:
            self._saw(image, event)
            if image.has_news and self._room > 0 and id(image) not in self._waiting:
                outputs += self._news(image)
            elif image.has_news:
                self._waiting[id(image)] = image
        if self._trades_waiting > TRADES_WAITING_MAX:
            outputs.append(self._cut("too many trades wait for it"))
        return outputs

    def _saw(self, image: _Image, event: MarketEvent) -> None:
        if isinstance(event, Trade):
            if MDEntryType.TRADE in image.wanted.entry_types:
                image.trades.append(event)
                self._trades_waiting += 1
        elif isinstance(event, Imbalance):
            if MDEntryType.IMBALANCE in image.wanted.entry_types:
                self.conflated += image.imbalance is not None
                image.imbalance = event
        else:
            shown = image.book.shown(image.wanted)
            if shown != image.latest:
                image.latest = shown
                self.conflated += image.changes > 0
                image.changes += 1

    def _on_status(self, book: _Book, status: TradingStatus) -> list[Output]:
        is_new = book.status is None or book.status.phase is not status.phase
        book.status = status
        asked = self._status_requests.get(status.symbol, {}) if is_new else {}
        return [
            self._counted(
                security_status(each, status.symbol, status, is_known=True, is_asked=False)
            )
            for each in asked
        ]

    # -- what the subscriber asks --------------------------------------------------------------

    def on_request(self, message: FixMessage) -> list[Output]:
        """Answer one application message."""
        if not self._is_on:  # it came just before the end of the connection
            return []
        try:
            outputs = self._answer(message)
        except BadField as error:
            about: Fields = [(45, message.get(34, "0")), (372, message.get(35, ""))]
            text = [(380, CONDITIONALLY_REQUIRED), (58, str(error))]
            outputs = [self._counted(Send("j", [*about, *text]))]
        if self._room < -ANSWERS_WAITING_MAX:
            outputs.append(self._cut("it asks and does not read the answers"))
        return outputs

    def _answer(self, message: FixMessage) -> list[Output]:
        """Raises BadField."""
        if message.msg_type == SECURITY_STATUS_REQUEST:
            return self._answer_status(message)
        assert message.msg_type == MARKET_DATA_REQUEST
        wanted = read_market_data_request(message)
        refused = wanted if isinstance(wanted, Refused) else self._refusal(wanted)
        if refused is not None:
            name = "unknown_request" if refused.reason is None else refused.reason.name.lower()
            self.rejected[name] = self.rejected.get(name, 0) + 1
            return [self._counted(reject(refused))]
        assert isinstance(wanted, Wanted)
        if wanted.kind is SubscriptionRequestType.UNSUBSCRIBE:
            self._unsubscribe(wanted.md_req_id)
            return []
        images = [self._open(wanted, self._books[symbol]) for symbol in wanted.symbols]
        if wanted.kind is SubscriptionRequestType.SNAPSHOT_AND_UPDATES:
            self._subscriptions[wanted.md_req_id] = images
            for image in images:
                self._images[image.book.instrument.symbol].append(image)
        return [self._counted(self._snapshot(image)) for image in images]

    def _refusal(self, wanted: Wanted) -> Refused | None:
        """What only the state of the session, and the instruments, can tell."""
        known = wanted.md_req_id in self._subscriptions
        if wanted.kind is SubscriptionRequestType.UNSUBSCRIBE:
            text = f"MDReqID(262) {wanted.md_req_id} is not subscribed"
            return None if known else Refused(md_req_id=wanted.md_req_id, reason=None, text=text)
        unknown = [symbol for symbol in wanted.symbols if symbol not in self._books]
        total = sum(map(len, self._subscriptions.values())) + len(wanted.symbols)
        if known:
            reason = MDReqRejReason.DUPLICATE_MD_REQ_ID
            text = f"MDReqID(262) {wanted.md_req_id} is subscribed"
        elif unknown:
            reason, text = MDReqRejReason.UNKNOWN_SYMBOL, f"Symbol(55) {unknown[0]}"
        elif total > IMAGES_MAX:
            reason = MDReqRejReason.INSUFFICIENT_BANDWIDTH
            text = f"more than {IMAGES_MAX} symbols"
        else:
            return None
        return Refused(md_req_id=wanted.md_req_id, reason=reason, text=text)

    def _unsubscribe(self, md_req_id: str) -> None:
        for image in self._subscriptions.pop(md_req_id):
            images = self._images[image.book.instrument.symbol]
            images[:] = [each for each in images if each is not image]
            self._waiting.pop(id(image), None)
            self._trades_waiting -= len(image.trades)

    def _answer_status(self, message: FixMessage) -> list[Output]:
        wanted = read_security_status_request(message)
        book = self._books.get(wanted.symbol)
        ids = self._status_requests.setdefault(wanted.symbol, {}) if book is not None else {}
        if wanted.kind is SubscriptionRequestType.UNSUBSCRIBE:
            ids.pop(wanted.security_status_req_id, None)
            return []
        if (
            wanted.kind is SubscriptionRequestType.SNAPSHOT_AND_UPDATES
            and len(ids) < STATUS_REQUESTS_MAX
        ):
            ids[wanted.security_status_req_id] = None
        status = None if book is None else book.status
        answer = security_status(
            wanted.security_status_req_id, wanted.symbol, status,
            is_known=book is not None, is_asked=True,
        )  # fmt: skip
        return [self._counted(answer)]

    # -- messages ------------------------------------------------------------------------------

    def _open(self, wanted: Wanted, book: _Book) -> _Image:
        shown = book.shown(wanted)
        return _Image(wanted=wanted, book=book, sent=shown, latest=shown)

    def _snapshot(self, image: _Image) -> Send:
        """The book, and the last trade if trades were asked for."""
        book, wanted = image.book, image.wanted
        last = [book.last_trade] if book.last_trade is not None else []
        trades = self._sayable(last) if MDEntryType.TRADE in wanted.entry_types else []
        return snapshot(wanted.md_req_id, book.instrument, image.sent.items(), trades, book.at_ns)

    def _news(self, image: _Image) -> list[Output]:
        """What lies between `sent` and `latest`, in one message; the rest waits again."""
        count = min(len(image.trades), TRADES_PER_MESSAGE)
        trades = self._sayable([image.trades.popleft() for _ in range(count)])
        self._trades_waiting -= count
        before = image.sent
        if image.trades:  # the book and the imbalance come with the last of them
            self._waiting[id(image)] = image
            return self._message(image, trades, None, before, is_merged=False)
        is_merged, imbalance = image.changes > 1, image.imbalance
        image.sent, image.changes, image.imbalance = image.latest, 0, None
        return self._message(image, trades, imbalance, before, is_merged=is_merged)

    def _message(
        self, image: _Image, trades: list[Trade], imbalance: Imbalance | None,
        before: dict[MDEntryType, Levels], *, is_merged: bool,
    ) -> list[Output]:  # fmt: skip
        """A W or X, as it was asked for; nothing if there is nothing to say."""
        wanted, book = image.wanted, image.book
        if wanted.update_type is MDUpdateType.FULL_REFRESH:
            prints = [each for each in trades if TradeCondition.BUSTED not in each.condition]
            full = snapshot(
                wanted.md_req_id, book.instrument, image.sent.items(), prints, book.at_ns
            )
            return [self._counted(full)]
        entries = [trade_entry(book.instrument, each) for each in trades]
        if imbalance is not None:
            entries.append(imbalance_entry(book.instrument, imbalance))
        for side, levels in image.sent.items():
            entries += level_entries(book.instrument, side, before[side], levels, book.at_ns)
        if not entries:
            return []
        return [self._counted(incremental(wanted.md_req_id, entries, is_merged=is_merged))]

    def _sayable(self, trades: list[Trade]) -> list[Trade]:
        said = [each for each in trades if condition_fields(each.condition) is not None]
        self.unsayable += len(trades) - len(said)
        return said

    def _counted(self, send: Send) -> Send:
        self._room -= 1
        return send

    def _cut(self, reason: str) -> Cut:
        self.on_logout()
        return Cut(reason)


def _take_levels(book: _Book, event: Quote | Depth) -> bool:
    """Whether the event says what the venue shows; a quote does not where there are levels."""
    if isinstance(event, Depth):
        book.has_depth = True
        book.sides = {MDEntryType.BID: dict(event.bids), MDEntryType.OFFER: dict(event.asks)}
    elif book.has_depth:
        return False
    else:
        bid = {event.bid_px_ticks: event.bid_qty} if event.bid_qty else {}
        ask = {event.ask_px_ticks: event.ask_qty} if event.ask_qty else {}
        book.sides = {MDEntryType.BID: bid, MDEntryType.OFFER: ask}
    book.at_ns = event.at_ns
    return True
