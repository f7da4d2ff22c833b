"""What a venue wants of a book, lit or dark. See OrderBook and DarkBook."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.instruments import Side
from venuesim.auction import AuctionPrice
from venuesim.book_events import BookEvent
from venuesim.book_order import BookOrder, Special
from venuesim.phases import Phase


class VenueBook(Protocol):
    """Requests and phases go in, events come out."""

    @property
    def orders(self) -> Mapping[int, BookOrder]:
        """The open orders by id."""

    @property
    def phase(self) -> Phase:
        """What it does with orders now."""

    def on_new(self, order: BookOrder) -> list[BookEvent]:
        """Take an order in."""

    def rest(self, order: BookOrder) -> Sequence[BookEvent]:
        """The same, told only of what else happens."""

    def on_cancel(self, order_id: int) -> list[BookEvent]:
        """Take an order out."""

    def remove(self, order_id: int) -> Sequence[BookEvent]:
        """The same, told only of what else happens."""

    def on_replace(
        self, order_id: int, order_qty: int, px_ticks: int | None, post_only: bool = False,
        special: Special | None = None,
    ) -> list[BookEvent]:  # fmt: skip
        """Give an order new terms."""

    def on_phase(self, phase: Phase) -> list[BookEvent]:
        """Go into another phase."""

    def indicative(self, phase: Phase) -> AuctionPrice:
        """What the uncross at the end of `phase` would be now."""

    def touch(self) -> tuple[int, int, int, int]:
        """The best prices shown, and their sizes."""

    def depth(self, side: Side, levels: int) -> list[tuple[int, int]]:
        """The best levels shown of a side."""
