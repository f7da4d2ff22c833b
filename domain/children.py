"""What the worker of a partition decides for venues: topic `children`.

`claim` is the offset of the writer's Claim in the same partition: its fencing token. A reader
ignores every record whose `claim` is not the latest Claim before it.
"""

from decimal import Decimal

import msgspec

from domain.fix_codes import OrdType, PegInstruction, TimeInForce
from domain.instruments import Side


class Claim(msgspec.Struct, frozen=True, kw_only=True, tag="claim"):
    """A worker takes a partition. Written to `children` and, with its token, to `reports`.

    `claim`: the token; None on `children`, where the record's own offset is the token.
    """

    partition: int
    worker: str
    build: str
    settings_hash: str
    instruments_hash: str
    at_ns: int
    claim: int | None = None


class NewChild(msgspec.Struct, frozen=True, kw_only=True, tag="new_child"):
    """Send one order to one venue. `order_id` is its parent, `parent_qty` that parent's OrderQty.

    `cl_ord_id`: <= 20 characters, a function of the parent and the child's number. A market order
    at the open or the close has no `px`; `px` of a pegged order is its limit. `queue_qty`: shares
    of others that stood at its price when it was decided: what it is behind if it rests there.
    None: it is not to rest, shows nothing, or the market did not tell.
    """

    claim: int
    order_id: str
    parent_qty: int
    cl_ord_id: str
    venue: str
    symbol: str
    side: Side
    order_qty: int
    ord_type: OrdType
    px: Decimal | None
    time_in_force: TimeInForce
    post_only: bool = False
    algo: str
    decided_ns: int
    display_qty: int | None = None
    min_qty: int = 0
    peg: PegInstruction | None = None
    peg_offset: Decimal = Decimal(0)
    queue_qty: int | None = None


class CancelChild(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_child"):
    """Cancel what is left of `orig_cl_ord_id` at its venue."""

    claim: int
    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    venue: str
    symbol: str
    side: Side
    order_qty: int
    decided_ns: int


class ReplaceChild(msgspec.Struct, frozen=True, kw_only=True, tag="replace_child"):
    """Give `orig_cl_ord_id` a new total quantity and price at its venue; all else stays.

    `queue_qty`: as of NewChild, at the new price. A lower quantity at the same price keeps its
    place instead.
    """

    claim: int
    order_id: str
    parent_qty: int
    cl_ord_id: str
    orig_cl_ord_id: str
    venue: str
    symbol: str
    side: Side
    order_qty: int
    px: Decimal
    decided_ns: int
    queue_qty: int | None = None


ChildCommand = NewChild | CancelChild | ReplaceChild
ChildRecord = Claim | NewChild | CancelChild | ReplaceChild
