"""The FIX 4.4 code sets that our messages share with counterparties. Values are the FIX chars."""

from enum import StrEnum
from typing import Final


class OrdType(StrEnum):
    """FIX OrdType(40) of a parent order."""

    MARKET = "1"
    LIMIT = "2"


class VenueOrdType(StrEnum):
    """FIX OrdType(40) of an order at a venue."""

    MARKET = "1"
    LIMIT = "2"
    STOP = "3"
    STOP_LIMIT = "4"
    PEGGED = "P"


class PegInstruction(StrEnum):
    """What a pegged order follows: FIX ExecInst(18)."""

    PRIMARY = "R"  # the best price of its own side
    MARKET = "P"  # the best price of the other side
    MIDPOINT = "M"


class TimeInForce(StrEnum):
    """FIX TimeInForce(59)."""

    DAY = "0"
    GOOD_TILL_CANCEL = "1"
    AT_THE_OPENING = "2"
    IMMEDIATE_OR_CANCEL = "3"
    FILL_OR_KILL = "4"
    AT_THE_CLOSE = "7"


class ExecType(StrEnum):
    """FIX 4.4 ExecType(150): what one execution report says happened."""

    NEW = "0"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    REPLACED = "5"
    PENDING_CANCEL = "6"
    STOPPED = "7"
    REJECTED = "8"
    SUSPENDED = "9"
    PENDING_NEW = "A"
    CALCULATED = "B"
    EXPIRED = "C"
    RESTATED = "D"
    PENDING_REPLACE = "E"
    TRADE = "F"
    TRADE_CORRECT = "G"
    TRADE_CANCEL = "H"
    ORDER_STATUS = "I"
    TRIGGERED = "L"  # of a stop order; FIX 5.0 on: in 4.4 it needs an extended dictionary


class OrdStatus(StrEnum):
    """FIX OrdStatus(39)."""

    NEW = "0"
    PARTIALLY_FILLED = "1"
    FILLED = "2"
    DONE_FOR_DAY = "3"
    CANCELED = "4"
    PENDING_CANCEL = "6"
    STOPPED = "7"
    REJECTED = "8"
    SUSPENDED = "9"
    PENDING_NEW = "A"
    CALCULATED = "B"
    EXPIRED = "C"
    PENDING_REPLACE = "E"


class CxlRejReason(StrEnum):
    """FIX CxlRejReason(102)."""

    TOO_LATE = "0"
    UNKNOWN_ORDER = "1"
    BROKER_OPTION = "2"
    ALREADY_PENDING = "3"
    DUPLICATE_CL_ORD_ID = "6"
    OTHER = "99"


class CxlRejResponseTo(StrEnum):
    """FIX CxlRejResponseTo(434)."""

    CANCEL_REQUEST = "1"
    REPLACE_REQUEST = "2"


class LastLiquidityInd(StrEnum):
    """FIX LastLiquidityInd(851)."""

    ADDED = "1"
    REMOVED = "2"
    ROUTED_OUT = "3"


class StrategyParameterType(StrEnum):
    """StrategyParameterType(959), FIX 5.0: those that we read."""

    INT = "1"
    FLOAT = "6"
    QTY = "7"
    PRICE = "8"
    PERCENTAGE = "11"
    BOOLEAN = "13"
    STRING = "14"
    UTC_TIMESTAMP = "19"


# TargetStrategy(847) of the algorithms: how names are carried, not which algorithms exist.
TARGET_STRATEGIES: Final[dict[str, str]] = {
    "1": "vwap",
    "2": "pov",
    "3": "is",
    "1000": "twap",
    "1001": "close",
    "1002": "iceberg",
    "1004": "pegged",
    "1005": "sniper",
    "1006": "adaptive",
    "1007": "auto",
}
