"""The FIX fields of order entry and their code tables, as docs/fix.md shows them. Data only."""

from typing import Final

from domain.fix_codes import TARGET_STRATEGIES, CxlRejReason
from domain.refusals import RejectReason

# Bounds on what an OMS may write (reliability.md 6.8). An id is a key in every store behind us.
ID_MAX: Final = 64  # characters of ClOrdID(11), Account(1), Symbol(55) and the like
TEXT_MAX: Final = 512  # characters of Text(58) and of one text parameter
PARAMETERS_TEXT_MAX: Final = 4_096  # characters of TargetStrategyParameters(848)
PARAMETERS_MAX: Final = 200  # parameters of one order; no algorithm has a tenth of it
MESSAGE_MAX: Final = 262_144  # characters of a message that is looked at at all

NAMES: Final[dict[int, str]] = {
    1: "Account",
    11: "ClOrdID",
    15: "Currency",
    18: "ExecInst",
    38: "OrderQty",
    40: "OrdType",
    41: "OrigClOrdID",
    44: "Price",
    54: "Side",
    55: "Symbol",
    58: "Text",
    59: "TimeInForce",
    60: "TransactTime",
    99: "StopPx",
    110: "MinQty",
    111: "MaxFloor",
    126: "ExpireTime",
    152: "CashOrderQty",
    168: "EffectiveTime",
    211: "PegOffsetValue",
    388: "DiscretionInst",
    389: "DiscretionOffsetValue",
    432: "ExpireDate",
    584: "MassStatusReqID",
    585: "MassStatusReqType",
    790: "OrdStatusReqID",
    836: "PegOffsetType",
    842: "DiscretionOffsetType",
    847: "TargetStrategy",
    848: "TargetStrategyParameters",
    849: "ParticipationRate",
    957: "NoStrategyParameters",
    958: "StrategyParameterName",
    959: "StrategyParameterType",
    960: "StrategyParameterValue",
    1138: "DisplayQty",
}

# The fields of our messages (domain.parents) by the FIX field that carries them.
_MESSAGE_FIELDS: Final[dict[str, int]] = {
    "account": 1,
    "cl_ord_id": 11,
    "order_qty": 38,
    "ord_type": 40,
    "orig_cl_ord_id": 41,
    "limit_px": 44,
    "side": 54,
    "symbol": 55,
    "sent_ns": 60,
    "end_ns": 126,
    "start_ns": 168,
    "algo": 847,
}

# The parameters that fields of their own may carry (instruction_fields.py reads them).
PARAMETER_FIELDS: Final[dict[str, tuple[int, ...]]] = {
    "target_participation": (849,),
    "max_participation": (849,),
    "min_fill_qty": (110,),
    "display_qty": (111, 1138),
    "passive_only": (18,),
    "peg": (18,),
    "peg_offset": (211,),
    "discretion": (389,),
}

# What we read, and what says nothing that changes how the order must be worked. Every other field
# of a request is refused by name: an instruction that is dropped in silence costs more.
SESSION_TAGS: Final = frozenset(
    (8, 9, 35, 49, 56, 34, 52, 43, 97, 122, 50, 57, 115, 116, 128, 129, 142, 143, 144, 145, 369,
     347, 90, 91, 93, 89, 10, 627, 628, 629, 630)
)  # fmt: skip
_INFORMATIVE: Final = (
    21, 22, 48, 58, 63, 64, 75, 100, 107, 114, 120, 167, 207, 229, 354, 355, 447, 448, 452, 453,
    461, 523, 526, 528, 529, 581, 583, 589, 590, 591, 635, 660, 802, 803,
)  # fmt: skip
READ_TAGS: Final[dict[str, frozenset[int]]] = {
    "D": frozenset((1, 11, 15, 18, 38, 40, 44, 54, 55, 59, 60, 110, 111, 126, 168, 211, 388, 389,
                    836, 842, 847, 848, 849, 957, 958, 959, 960, 1138, *_INFORMATIVE)),
    "G": frozenset((1, 11, 15, 18, 37, 38, 40, 41, 44, 54, 55, 59, 60, 110, 111, 126, 168, 211,
                    388, 389, 836, 842, 847, 848, 849, 957, 958, 959, 960, 1138, *_INFORMATIVE)),
    "F": frozenset((1, 11, 37, 38, 41, 54, 55, 60, *_INFORMATIVE)),
    "H": frozenset((1, 11, 37, 54, 55, 790, *_INFORMATIVE)),
    "AF": frozenset((1, 54, 55, 584, 585, *_INFORMATIVE)),
}  # fmt: skip

# TargetStrategy(847). 1-3 are FIX's; from 1000 on by agreement with the counterparty.
ALGOS: Final[dict[str, str]] = TARGET_STRATEGIES
STRATEGIES: Final[dict[str, str]] = {algo: strategy for strategy, algo in ALGOS.items()}

# OrdRejReason(103) of FIX 4.4; the finer reason stands in Text(58).
ORD_REJ_REASONS: Final[dict[RejectReason, int]] = {
    RejectReason.MALFORMED: 99,
    RejectReason.FIELD_TOO_LONG: 99,
    RejectReason.OVERSIZED: 99,
    RejectReason.MISSING_FIELD: 99,
    RejectReason.UNKNOWN_SYMBOL: 1,
    RejectReason.WRONG_PARTITION: 99,
    RejectReason.DUPLICATE_ORDER: 6,
    RejectReason.UNKNOWN_ORDER: 5,
    RejectReason.ALREADY_PENDING: 99,
    RejectReason.TOO_LATE: 4,
    RejectReason.UNSUPPORTED: 11,
    RejectReason.UNKNOWN_ALGO: 11,
    RejectReason.UNKNOWN_PARAMETER: 99,
    RejectReason.BAD_PARAMETER: 99,
    RejectReason.BAD_QTY: 13,
    RejectReason.OFF_LOT: 13,
    RejectReason.BAD_PX: 99,
    RejectReason.OFF_TICK: 99,
    RejectReason.END_BEFORE_START: 99,
    RejectReason.START_TOO_OLD: 8,
    RejectReason.SESSION_CLOSED: 2,
    RejectReason.BEYOND_CALENDAR: 99,
    RejectReason.MISSING_INPUT: 99,
    RejectReason.EXCEEDS_LIMIT: 3,
    RejectReason.INFEASIBLE: 99,
    RejectReason.KILLED: 0,
}

# CxlRejReason(102).
CXL_REJ_REASONS: Final[dict[RejectReason, CxlRejReason]] = {
    RejectReason.MALFORMED: CxlRejReason.OTHER,
    RejectReason.FIELD_TOO_LONG: CxlRejReason.OTHER,
    RejectReason.OVERSIZED: CxlRejReason.OTHER,
    RejectReason.MISSING_FIELD: CxlRejReason.OTHER,
    RejectReason.UNKNOWN_SYMBOL: CxlRejReason.OTHER,
    RejectReason.WRONG_PARTITION: CxlRejReason.OTHER,
    RejectReason.DUPLICATE_ORDER: CxlRejReason.DUPLICATE_CL_ORD_ID,
    RejectReason.UNKNOWN_ORDER: CxlRejReason.UNKNOWN_ORDER,
    RejectReason.ALREADY_PENDING: CxlRejReason.ALREADY_PENDING,
    RejectReason.TOO_LATE: CxlRejReason.TOO_LATE,
    RejectReason.UNSUPPORTED: CxlRejReason.BROKER_OPTION,
    RejectReason.UNKNOWN_ALGO: CxlRejReason.BROKER_OPTION,
    RejectReason.UNKNOWN_PARAMETER: CxlRejReason.OTHER,
    RejectReason.BAD_PARAMETER: CxlRejReason.OTHER,
    RejectReason.BAD_QTY: CxlRejReason.OTHER,
    RejectReason.OFF_LOT: CxlRejReason.OTHER,
    RejectReason.BAD_PX: CxlRejReason.OTHER,
    RejectReason.OFF_TICK: CxlRejReason.OTHER,
    RejectReason.END_BEFORE_START: CxlRejReason.OTHER,
    RejectReason.START_TOO_OLD: CxlRejReason.OTHER,
    RejectReason.SESSION_CLOSED: CxlRejReason.BROKER_OPTION,
    RejectReason.BEYOND_CALENDAR: CxlRejReason.BROKER_OPTION,
    RejectReason.MISSING_INPUT: CxlRejReason.OTHER,
    RejectReason.EXCEEDS_LIMIT: CxlRejReason.BROKER_OPTION,
    RejectReason.INFEASIBLE: CxlRejReason.BROKER_OPTION,
    RejectReason.KILLED: CxlRejReason.BROKER_OPTION,
}


def field_name(tag: int) -> str:
    """A field as `Name(tag)`."""
    return f"{NAMES.get(tag, 'Tag')}({tag})"


def fix_field(field: str) -> str:
    """A field of our messages as the FIX field that the OMS wrote it in."""
    if field.startswith("params."):
        name = field.removeprefix("params.")
        own = "".join(f" or {field_name(tag)}" for tag in PARAMETER_FIELDS.get(name, ()))
        return f"{field_name(958)}={name}{own}"
    tag = _MESSAGE_FIELDS.get(field)
    return field if tag is None else field_name(tag)


def reject_text(reason: RejectReason, field: str | None, text: str | None) -> str:
    """Text(58) of a refusal: `code field: text`, printable, at most TEXT_MAX characters."""
    head = f"{reason.value} {field}" if field else reason.value
    return shown(f"{head}: {text}" if text else head, TEXT_MAX)


def shown(value: str, width: int) -> str:
    """What a counterparty wrote, fit to be echoed: printable ASCII, cut to `width`."""
    cut = value[:width]
    if cut.isascii() and cut.isprintable():
        return cut
    return "".join(c if c.isascii() and c.isprintable() else "?" for c in cut)
