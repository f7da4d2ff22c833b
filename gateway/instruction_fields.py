"""FIX fields that an OMS may send instead of a named parameter, and the parameter each stands for.

They are read into the one map of parameters; an algorithm that does not take the parameter refuses
the order, and a value that stands for nothing of ours is refused here: no instruction is dropped.
"""

from collections.abc import Callable
from typing import Final

from domain.fix_codes import TARGET_STRATEGIES
from domain.fix_message import BadField, FixMessage, read_decimal
from domain.parents import ParamValue
from domain.refusals import RejectReason
from gateway.oms_fields import PARAMETER_FIELDS, field_name, shown
from gateway.refused import Refused

# ExecInst(18) that say no more than that an algorithm works the order: not held, work, and work to
# the target strategy.
_WORKED: Final = ("1", "2", "e")
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
    return [*found, *_instructions(message)]


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
        elif code == _OF_VOLUME and _is_pov(message.get(847)):
            continue  # it says what the algorithm says
        elif code and code not in _WORKED:
            raise Refused(
                RejectReason.UNSUPPORTED, field_name(18), f"{shown(code, 16)} is not supported"
            )
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
