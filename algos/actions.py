"""What a parent may do at venues in one step, and what a decision about it says."""

import msgspec

from domain.fix_codes import PegInstruction, TimeInForce
from domain.refusals import WaitReason


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """A new child. `px_ticks`: its limit, None for a market order at an auction.

    `display_qty` None: all of it is shown; 0: none. `peg_offset_ticks` towards the other side.
    """

    venue: str
    qty: int
    px_ticks: int | None
    time_in_force: TimeInForce
    post_only: bool = False
    display_qty: int | None = None
    min_qty: int = 0
    peg: PegInstruction | None = None
    peg_offset_ticks: int = 0


class Withdraw(msgspec.Struct, frozen=True, kw_only=True):
    """Cancel what is left of an open child. Its shares are free once the venue has said so."""

    cl_ord_id: str


class Reprice(msgspec.Struct, frozen=True, kw_only=True):
    """Replace an open child: a new limit, and a new total quantity, with what it has filled."""

    cl_ord_id: str
    qty: int
    px_ticks: int


Action = Send | Withdraw | Reprice


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a tactic does, or why nothing. `wake_ns`: it wants to look again by then.

    `watch_ns`: from then on any event of its symbol's market is worth a look, None: it goes by
    time and by its own children alone.
    """

    actions: tuple[Action, ...] = ()
    reason: WaitReason
    wake_ns: int | None = None
    watch_ns: int | None = None


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """A step, with the shares that were due. Look again at `wake_ns` whatever else happens, and
    when the market moves, but not before `watch_ns`.
    """

    actions: tuple[Action, ...] = ()
    reason: WaitReason
    due_qty: int
    wake_ns: int
    watch_ns: int | None = None
