"""Our own prints: each counts as ours once, whatever comes first; never more is others' than is."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instruments import Side
from domain.marketdata import Trade
from marketdata.event_fault import EventFault
from marketdata.market import SymbolMarket
from marketdata.own_orders import OwnOrder
from marketdata.own_prints import AWAITED_MAX, OWN_PRINT_ALLOWANCE_NS, OwnFill
from marketdata.print_kind import PrintKind
from marketdata.volume_history import Mark

S = 10**9
BEGIN: Mark = Mark(0, 0)


@dataclass(slots=True)
class Day:
    """A market and what is known of it: `others_qty` is the truth about what is printed so far."""

    market: SymbolMarket = field(default_factory=lambda: SymbolMarket(symbol="IBM"))
    others_qty: int = 0
    open_qty: int = 0
    told_qty: int = 0

    def open(self, qty: int) -> None:
        self.open_qty = qty
        self.market.on_own_order(
            OwnOrder(cl_ord_id="c", venue="XA", side=Side.BUY, px_ticks=101, qty=qty,
                     displayed_px_ticks=101, displayed_qty=qty, since_ns=0)
        )  # fmt: skip

    def print(self, trade: Trade, *, ours: bool = False) -> None:
        self.market.on_event(trade)
        self.others_qty += 0 if ours else trade.qty

    def tell(self, fill: OwnFill) -> None:
        self.told_qty += fill.qty
        self.market.on_own_fill(fill)
        self.open(self.open_qty - fill.qty)

    @property
    def floor(self) -> int:
        return self.market.tape.others_qty_floor(BEGIN)

    def check(self) -> None:
        tape = self.market.tape
        assert self.floor <= self.others_qty
        assert tape.own_qty + tape.own.awaited_qty == self.told_qty, "a fill counts once"
        assert tape.others_qty(BEGIN) >= self.floor


def trade(at_s: float, qty: int = 100, px_ticks: int = 100, trade_id: str = "",
          condition: str = "") -> Trade:  # fmt: skip
    return Trade("IBM", "XA", px_ticks, qty, int(at_s * S), trade_id, condition)


def fill(at_s: float, qty: int = 100, px_ticks: int | None = 100, exec_id: str = "e1") -> OwnFill:
    return OwnFill(venue="XA", exec_id=exec_id, px_ticks=px_ticks, qty=qty, at_ns=int(at_s * S))


# Of each: (seconds since the last, price, hundreds of shares, whether ours, how it is printed, how
# many records before (-) or after its print its execution is told).
PRINTED = ("id", "terms", "never")
ROWS = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from([100, 101, 102]), st.integers(1, 2), st.booleans(),
        st.sampled_from(PRINTED), st.integers(-3, 3),
    ),
    max_size=25,
)  # fmt: skip
Row = tuple[int, int, int, bool, str, int]


def records(rows: list[Row]) -> list[Trade | OwnFill]:
    """The tape by time, and each execution somewhere about its print."""
    at_s = 0
    found: list[tuple[float, Trade | OwnFill, bool, str]] = []
    for number, (after_s, px_ticks, hundreds, ours, printed, moved) in enumerate(rows):
        at_s += after_s
        qty = 100 * hundreds
        px_ticks = min(px_ticks, 101) if ours else px_ticks
        trade_id = {"id": f"e{number}", "terms": f"t{number}", "never": ""}[printed]
        found.append((number + 0.0, trade(at_s, qty, px_ticks, trade_id), ours, printed))
        if ours:
            told = fill(at_s, qty, px_ticks, f"e{number}")
            found.append((number + moved + 0.5, told, ours, printed))
    found.sort(key=lambda each: each[0])
    return [
        record for _, record, ours, printed in found
        if not (ours and printed == "never" and isinstance(record, Trade))
    ]  # fmt: skip


def played(rows: list[Row]) -> Day:
    day = Day()
    day.open(sum(100 * row[2] for row in rows if row[3]))
    own_ids = {f"{letter}{number}" for number, row in enumerate(rows) if row[3] for letter in "et"}
    for record in records(rows):
        if isinstance(record, Trade):
            day.print(record, ours=record.trade_id in own_ids)
        else:
            day.tell(record)
        day.check()
    return day


@settings(deadline=None)
@given(rows=ROWS)
def test_a_fill_counts_once_and_the_floor_is_below_the_truth(rows: list[Row]) -> None:
    day = played(rows)
    last_s = sum(row[0] for row in rows)
    day.print(trade(last_s + 4 * OWN_PRINT_ALLOWANCE_NS / S, 7))
    day.check()
    tape = day.market.tape
    assert tape.own.awaited_qty == 0
    assert tape.own_qty == day.told_qty
    never_qty = sum(100 * row[2] for row in rows if row[3] and row[4] == "never")
    assert tape.own.charged_qty <= day.told_qty
    assert tape.others_qty(BEGIN) >= day.others_qty - never_qty


@settings(deadline=None)
@given(rows=ROWS)
def test_when_every_print_comes_the_truth_is_told(rows: list[Row]) -> None:
    """Within the allowance: a fill may take the print of an equal one, which then takes the next.

    Fills are told up to three records early or late, so at a second a record that next one is no
    more than seven seconds off. Further off, the one left over is charged, as any without a print.
    """
    day = played([(min(row[0], 1), *row[1:]) for row in rows if row[4] != "never"])
    assert day.market.tape.others_qty(BEGIN) == day.others_qty
    assert day.floor == day.others_qty
    assert day.market.tape.own.awaited_qty == day.market.tape.own.charged_qty == 0


def test_an_id_decides_over_equal_terms() -> None:
    day = Day()
    day.tell(fill(1, 200, exec_id="e0"))  # whose print never comes
    day.print(trade(1, 200, trade_id="e1"), ours=True)
    assert day.market.tape.own.awaited_qty == 0  # taken for that of e0
    day.tell(fill(1, 200, exec_id="e1"))
    day.check()
    assert day.market.tape.own.awaited_qty == 200


def test_a_print_that_may_be_ours_is_suspect_until_its_order_ends() -> None:
    day = Day()
    day.open(300)
    day.print(trade(1, 200), ours=True)
    day.print(trade(1, 50, px_ticks=102))  # above our limit: another's
    day.print(Trade("IBM", "XB", 100, 70, S))  # where we have no order
    assert day.market.tape.others_qty(BEGIN) == 320
    assert day.floor == 120
    day.print(trade(2, 400))
    assert day.floor == 420  # no more than is open can be ours
    day.tell(fill(1, 200))
    assert (day.floor, day.others_qty) == (420, 520)
    day.open(0)
    assert day.floor == 520


def test_a_fill_before_its_print_is_no_part_of_the_tape_yet() -> None:
    day = Day()
    day.print(trade(1, 500))
    day.tell(fill(2, 200))
    assert (day.market.tape.others_qty(BEGIN), day.floor) == (500, 300)
    day.print(trade(3, 200), ours=True)
    assert (day.market.tape.others_qty(BEGIN), day.floor) == (500, 500)


def test_a_fill_that_is_printed_in_another_form_is_charged() -> None:
    day = Day()
    day.tell(fill(1, 100, exec_id="e1"))
    day.tell(fill(1, 150, exec_id="e2"))
    day.tell(fill(1, 30, px_ticks=None, exec_id="e3"))  # between two ticks
    day.print(trade(1, 250), ours=True)
    day.print(trade(11, 1_000))
    assert (day.market.tape.others_qty(BEGIN), day.floor) == (1_250, 970)
    day.print(trade(11.1, 10))
    assert (day.market.tape.others_qty(BEGIN), day.floor) == (980, 980)
    assert day.market.tape.own.charged_qty == 280


def test_a_print_long_after_the_fill_is_anothers() -> None:
    day = Day()
    day.tell(fill(1, 200))
    day.print(trade(30, 200))
    assert day.market.tape.others_qty(BEGIN) == 0  # 200 charged before the print came
    assert day.market.tape.own_qty == 200


def test_both_sides_of_one_print_may_be_ours() -> None:
    day = Day()
    day.print(trade(1, 200, trade_id="e1"), ours=True)
    day.market.on_own_fill(fill(1, 200))
    day.market.on_own_fill(fill(1, 200))
    assert day.market.tape.own_qty == 200
    assert day.market.tape.own.awaited_qty == 0


def test_a_bust_takes_our_part_with_it() -> None:
    day = Day()
    day.print(trade(1, 500))
    day.tell(fill(2, 200))
    day.print(trade(2, 200, trade_id="e1"), ours=True)
    day.market.on_event(trade(3, 200, trade_id="e1", condition="X"))
    assert day.market.tape.own_qty == 0
    assert day.market.tape.others_qty(BEGIN) == 500
    assert day.market.faults.total() == 0


def test_a_bust_of_a_suspect_print_clears_it() -> None:
    day = Day()
    day.open(300)
    day.print(trade(1, 200, trade_id="t"), ours=True)
    day.market.on_event(trade(2, 200, trade_id="t", condition="X"))
    day.market.on_own_fill(fill(1, 200))  # told after all; its print is void
    assert day.market.tape.own.awaited_qty == 200
    assert day.floor == 0


def test_a_correction_stands_instead_of_the_first_version() -> None:
    day = Day()
    day.print(trade(1, 500))
    day.print(trade(1, 200, trade_id="e1"), ours=True)
    day.tell(fill(1, 200))
    corrected = OwnFill(venue="XA", exec_id="e2", px_ticks=100, qty=150, at_ns=2 * S, instead=True)
    day.market.on_own_fill(corrected)
    assert (day.floor, day.market.tape.others_qty(BEGIN)) == (350, 500)  # it may still be printed
    day.print(trade(20, 1))
    assert (day.floor, day.market.tape.others_qty(BEGIN)) == (501, 501)  # it was not


def test_our_part_of_an_auction_is_no_part_of_the_continuous_volume() -> None:
    """If the venue prints it under our id. By its terms alone, a print off the book is not ours."""
    day = Day()
    day.print(trade(1, 500))
    day.tell(fill(2, 200))
    day.print(trade(2, 200, condition="F"), ours=True)
    assert day.market.tape.own.awaited_qty == 200
    day.print(trade(2, 200, condition="C", trade_id="e1"), ours=True)
    tape = day.market.tape
    assert (tape.own_qty, tape.own.awaited_qty) == (0, 0)
    assert tape.others_qty(BEGIN) == 500
    assert tape.by_kind[PrintKind.AUCTION] == 200


def test_a_fill_in_a_cross_is_part_of_its_print_and_is_not_charged() -> None:
    day = Day()
    day.print(trade(1, 500))
    day.tell(fill(2, 200))
    day.tell(fill(2, 200, px_ticks=99, exec_id="e2"))
    day.print(trade(3, 90_000, condition="O"), ours=True)
    assert day.floor == 100  # either may still be printed by itself
    day.print(trade(20, 1))
    assert day.market.tape.own.charged_qty == 200  # that at another price
    assert day.floor == 301


def test_what_is_awaited_is_bounded() -> None:
    day = Day()
    for number in range(AWAITED_MAX + 5):
        day.market.on_own_fill(fill(1, 1, px_ticks=None, exec_id=str(number)))
    assert day.market.tape.own.charged_qty == 5
    assert day.market.tape.own.awaited_qty == AWAITED_MAX


def test_a_repeated_print_of_ours_is_a_repeat() -> None:
    day = Day()
    day.print(trade(1, 200, trade_id="e1"), ours=True)
    day.tell(fill(1, 200))
    day.market.on_event(trade(1, 200, trade_id="e1"))
    assert day.market.faults == {("XA", EventFault.DUPLICATE): 1}
    assert day.market.tape.others_qty(BEGIN) == 0
