"""What an OMS asks: topic `parents`. Times are UTC nanoseconds; prices are in currency units.

Quantities and prices are Decimals here, not yet on any grid: the worker converts them by the
instrument and answers a number that is off its grid with a coded reject that names the field.
"""

from decimal import Decimal
from typing import Annotated

import msgspec

from domain.fix_codes import OrdType
from domain.instruments import Side

ParamValue = bool | int | float | str
TimeNs = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]  # 64 bits reach the year 2262


class NewParent(msgspec.Struct, frozen=True, kw_only=True, tag="new_parent",
                forbid_unknown_fields=True):  # fmt: skip
    """Ask for a parent order. (source, cl_ord_id) names it, and never names another one.

    `source`: who asks; a FIX session of ours, or any name an OMS on Kafka uses for itself.
    `algo`: "auto" leaves the choice to us, "" to the house (`worker.default_algo`).
    `params`: the algorithm's parameters; fractions are fractions (0.1 is 10 %).
    `start_ns`: default now. `end_ns`: default the end of the session.
    `sent_ns`: TransactTime(60), when the OMS made it.
    """

    source: str
    cl_ord_id: str
    symbol: str
    side: Side
    order_qty: Decimal
    algo: str = ""
    ord_type: OrdType = OrdType.MARKET
    limit_px: Decimal | None = None
    start_ns: TimeNs | None = None
    end_ns: TimeNs | None = None
    params: dict[str, ParamValue] = {}
    account: str | None = None
    sent_ns: TimeNs


class ReplaceParent(msgspec.Struct, frozen=True, kw_only=True, tag="replace_parent",
                    forbid_unknown_fields=True):  # fmt: skip
    """Ask for new terms. What is None or not among `params` stays.

    `order_qty` is the total, with what is done. `params`: those that the algorithm lets change
    while it works; others may be repeated as they are.
    """

    source: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    order_qty: Decimal | None = None
    limit_px: Decimal | None = None
    end_ns: TimeNs | None = None
    params: dict[str, ParamValue] = {}
    sent_ns: TimeNs


class CancelParent(msgspec.Struct, frozen=True, kw_only=True, tag="cancel_parent",
                   forbid_unknown_fields=True):  # fmt: skip
    """Ask for the end of a parent: its children come down first."""

    source: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    sent_ns: TimeNs


class PauseParent(msgspec.Struct, frozen=True, kw_only=True, tag="pause_parent",
                  forbid_unknown_fields=True):  # fmt: skip
    """Ask to send no more until resumed. Open children are cancelled; the end time stays."""

    source: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    sent_ns: TimeNs


class ResumeParent(msgspec.Struct, frozen=True, kw_only=True, tag="resume_parent",
                   forbid_unknown_fields=True):  # fmt: skip
    """Ask to go on after a pause; what the schedule is behind is caught up."""

    source: str
    cl_ord_id: str
    orig_cl_ord_id: str
    symbol: str
    sent_ns: TimeNs


ParentRequest = NewParent | ReplaceParent | CancelParent | PauseParent | ResumeParent
