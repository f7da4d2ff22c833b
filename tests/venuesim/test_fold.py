"""Whatever is asked of a venue, its journal gives back the same memory, and the books agree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.orders import CHILD_TERMINAL
from tests.venuesim.test_venue import DARK, DAYS, Play
from venuesim.client_orders import ClientOrder, fold

ID = st.sampled_from("ABCDEFGH")
PX = st.sampled_from(("49.99", "50.00", "50.01", "50.011", "market"))
QTY = st.sampled_from((0, 50, 100, 200, 300, 500))
SIDE = st.sampled_from(("buy", "sell"))
LINE = st.one_of(
    st.builds("> D {} {} {}@{}{}".format, ID, SIDE, QTY, PX,
              st.sampled_from(("", "", " 59=3", " 59=4", " 18=6", " 97=Y", " 59=1", " 111=100",
                               " 111=0", " 111=0 110=200", " 59=3 110=200", " 40=P 18=R",
                               " 40=P 18=M", " 40=3 99=50.00", " 40=4 99=50.00", " 8000=D",
                               " 8000=B"))),
    st.builds("> F {} {} {}".format, ID, ID, SIDE),
    st.builds("> G {} {} {} {}@{}".format, ID, ID, SIDE, QTY, PX),
    st.builds("> H {}".format, ID),
    st.builds("market {} {}@{}".format, SIDE, st.sampled_from((10, 100, 250)),
              st.sampled_from(("49.99", "50.00", "50.01"))),
)  # fmt: skip


PHASED = st.one_of(
    LINE,
    st.builds("> D {} {} {}@{} 59={}".format, ID, SIDE, QTY, PX, st.sampled_from("27")),
    st.builds("wait {}".format, st.sampled_from((1, 20, 100, 500))),
    st.sampled_from(("halt", "reopen 30")),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINE, max_size=40))
def test_the_journal_gives_back_the_memory(lines: list[str]) -> None:
    agree_after(Play(), lines)


@settings(max_examples=150, deadline=None)
@given(st.lists(PHASED, max_size=40))
def test_it_does_so_over_phases_and_halts(lines: list[str]) -> None:
    agree_after(Play({"IBM": DAYS}), ["at 890", *lines])


DARK_LINE = st.one_of(
    PHASED,
    st.builds("quote LIT {} {}".format, st.sampled_from(("49.99", "50.00", "0")),
              st.sampled_from(("50.01", "50.02", "50.00", "0"))),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(DARK_LINE, max_size=40))
def test_it_does_so_in_the_dark(lines: list[str]) -> None:
    lines = [line for line in lines if not line.startswith("market")]
    play = Play({"IBM": DAYS}, DARK)
    agree_after(play, ["at 890", *lines])


def agree_after(play: Play, lines: list[str]) -> None:
    for line in lines:
        list(play.line(line))
    live = play.venue.orders
    folded = fold("XSIM", play.journal)
    assert {key: state(order) for key, order in folded.by_cl_ord_id.items()} == {
        key: state(order) for key, order in live.by_cl_ord_id.items()
    }
    assert folded.numbers.orders == live.numbers.orders
    assert folded.numbers.execs == live.numbers.execs
    assert folded.unsent == []
    still_open = [each for each in live.by_number.values() if each.status not in CHILD_TERMINAL]
    assert [state(each) for each in folded.recovered] == [state(each) for each in still_open]
    for order in still_open:
        assert play.venue.books[order.symbol].orders[order.number].leaves_qty == order.leaves_qty
    in_books = [key for book in play.venue.books.values() for key in book.orders if key > 0]
    assert sorted(in_books) == sorted(order.number for order in still_open)


def state(order: ClientOrder) -> tuple[object, ...]:
    return (order.order_id, order.cl_ord_id, order.status, order.order_qty, order.cum_qty,
            order.leaves_qty, order.avg_px)  # fmt: skip
