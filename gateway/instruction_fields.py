"""FIX fields that an OMS may send instead of a named parameter, and the parameter each stands for.

They are read into the one map of parameters; an algorithm that does not take the parameter refuses
the order, and a value that stands for nothing of ours is refused here: no instruction is dropped.
"""

from collections.abc import Callable
from typing import Final

from domain.fix_codes import TARGET_STRATEGIES
from domain.fix_message import BadField, FixMessage, read_decimal
from domain.instruments import Side
from domain.parents import ParamValue
from domain.refusals import RejectReason
from gateway.oms_fields import PARAMETER_FIELDS, field_name, shown
from gateway.refused import Refused

# ExecInst(18) that say no more than that an algorithm works the order: not held, work, and work to
# the target strategy.
_WORKED: Final = ("1", "2", "e")
_PEGS: Final = {"R": "primary", "M": "mid", "P": "market"}
# What an offset is in; a field of type PRICE would need the instrument's grid.
_TICKS: Final = "2"
_DISPLAYED: Final = "0"  # DiscretionInst(388): beside the price at which the order stands
_OF_VOLUME: Final = "D"  # ExecInst(18), percent of volume
_POV: Final = "pov"


def read_fields(message: FixMessage) -> list[tuple[str, ParamValue, str]]:
    """(parameter, value, field) of each such field that is given. Raises Refused."""
    found: list[tuple[str, ParamValue, str]] = []
    rate = message.get(849)
    if rate is not None:
        fraction = _decimal(849, rate)
        found.append((rate_parameter(message), fraction, field_name(849)))
    for parameter, tags in PARAMETER_FIELDS.items():
        for tag in tags:
            text = message.get(tag)
            if tag in _READERS and text is not None:
                found.append((parameter, _READERS[tag](tag, text), field_name(tag)))
    return [*found, *_instructions(message), *_offsets(message)]


def rate_parameter(message: FixMessage) -> str:
    """What ParticipationRate(849) is: the target of `pov`, the cap of every other algorithm."""
    strategy = message.get(847)
    if strategy is None:
        raise Refused(
            RejectReason.MISSING_FIELD, field_name(847),
            f"{field_name(849)} needs it: a target of pov, else a cap",
        )  # fmt: skip
    return "target_participation" if _is_pov(strategy) else "max_participation"


def _is_pov(strategy: str | None) -> bool:
    return TARGET_STRATEGIES.get(strategy or "") == _POV


def _instructions(message: FixMessage) -> list[tuple[str, ParamValue, str]]:
    """Of ExecInst(18): codes with spaces between them."""
    found: list[tuple[str, ParamValue, str]] = []
    for code in (message.get(18) or "").split(" "):
        if code == "6":
            found.append(("passive_only", True, field_name(18)))
        elif code in _PEGS:
            found.append(("peg", _PEGS[code], field_name(18)))
        elif code == _OF_VOLUME and _is_pov(message.get(847)):
            continue  # it says what the algorithm says
        elif code and code not in _WORKED:
            raise Refused(
                RejectReason.UNSUPPORTED, field_name(18), f"{shown(code, 16)} is not supported"
            )
    return found


def _offsets(message: FixMessage) -> list[tuple[str, ParamValue, str]]:
    """PegOffsetValue(211) and DiscretionOffsetValue(389), in ticks.

    Both are signed amounts that are added to a price (FIX 4.4 volume 6); our parameters count
    towards the other side, up for a buy and down for a sale.
    """
    found: list[tuple[str, ParamValue, str]] = []
    sign = -1 if message.get(54) == Side.SELL else 1
    for parameter, tag, type_tag in (("peg_offset", 211, 836), ("discretion", 389, 842)):
        text, kind = message.get(tag), message.get(type_tag)
        if text is None and kind is None:
            continue
        if kind != _TICKS:
            raise Refused(
                RejectReason.MISSING_FIELD if kind is None else RejectReason.UNSUPPORTED,
                field_name(type_tag), "only 2, ticks, is supported",
            )  # fmt: skip
        if text is None:
            raise Refused(RejectReason.MISSING_FIELD, field_name(tag), "missing")
        ticks = _decimal(tag, text) * sign
        found.append((parameter, int(ticks) if ticks.is_integer() else ticks, field_name(tag)))
    if message.get(388) not in (None, _DISPLAYED):
        raise Refused(RejectReason.UNSUPPORTED, field_name(388), "only 0 is supported")
    if message.get(388) is not None and message.get(389) is None:
        raise Refused(RejectReason.MISSING_FIELD, field_name(389), "missing")
    return found


def _qty(tag: int, text: str) -> ParamValue:
    qty = _decimal(tag, text)
    return int(qty) if qty.is_integer() else qty


def _decimal(tag: int, text: str) -> float:
    try:
        return float(read_decimal(tag, text))
    except BadField as error:
        raise Refused(RejectReason.MALFORMED, field_name(tag), error.text) from error


_READERS: Final[dict[int, Callable[[int, str], ParamValue]]] = {110: _qty, 111: _qty, 1138: _qty}
