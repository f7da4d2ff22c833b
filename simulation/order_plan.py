"""What the OMS will ask in a run: the scenario's orders, generators and amendments, made messages.

A function of scenario, session, seed and variant alone; a variant draws what the others draw.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from random import Random
from typing import Final

import msgspec

from domain.fix_codes import OrdType
from domain.instruments import InstrumentTable, Side
from domain.parents import (
    CancelParent,
    NewParent,
    ParentRequest,
    PauseParent,
    ReplaceParent,
    ResumeParent,
)
from domain.sessions import Session
from simulation.moments import NS, moment_ns
from simulation.scenario import Amendment, BadScenario, Generator, Order, Scenario, Variant

SOURCE: Final = "SIMULATE"
SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_ASKED: Final[dict[str, type[CancelParent | PauseParent | ResumeParent]]] = {
    "cancel": CancelParent, "pause": PauseParent, "resume": ResumeParent,
}  # fmt: skip
AS_IT_IS: Final = Variant(name="base")


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What quantities and times are reckoned by. `adv`: shares a day, by symbol, where known."""

    session: Session
    instruments: InstrumentTable
    adv: Mapping[str, int]


def requests_of(
    scenario: Scenario, setting: Setting, seed: int, variant: Variant = AS_IT_IS
) -> list[ParentRequest]:
    """In order of time. Raises BadScenario."""
    parents = [
        *(_parent(f"orders[{index}]", order, setting, variant)
          for index, order in enumerate(scenario.orders)),
        *(parent for index, generator in enumerate(scenario.generators)
          for parent in _generated(f"generators[{index}]", generator, setting, seed, variant)),
    ]  # fmt: skip
    by_id = {parent.cl_ord_id: parent for parent in parents}
    last_ids = {name: name for name in by_id}
    amendments = sorted(
        ((moment_ns(f"amendments[{index}].at", each.at, setting.session), index, each)
         for index, each in enumerate(scenario.amendments)),
        key=lambda found: found[:2],
    )  # fmt: skip
    requests: list[ParentRequest] = [*parents]
    for at_ns, index, each in amendments:
        key = f"amendments[{index}]"
        requests.append(_amendment(key, each, by_id[each.order], last_ids, at_ns, index, setting))
    return sorted(requests, key=lambda request: request.sent_ns)


def _parent(key: str, order: Order, setting: Setting, variant: Variant) -> NewParent:
    start_ns = moment_ns(f"{key}.start", variant.start or order.start, setting.session)
    qty = order.quantity
    if qty is None:
        assert order.adv_fraction is not None
        qty = _of_adv(f"{key}.adv_fraction", order.symbol, order.adv_fraction, setting)
    end = variant.end or (None if variant.window_s is not None else order.end)
    window_s = variant.window_s if variant.window_s is not None else order.window_s
    if end is not None:
        end_ns = moment_ns(f"{key}.end", end, setting.session)
    elif window_s is not None:
        end_ns = start_ns + int(window_s * NS)
    else:
        end_ns = setting.session.close_ns
    return NewParent(
        source=SOURCE, cl_ord_id=order.id, symbol=order.symbol, side=SIDES[order.side],
        order_qty=Decimal(qty), algo=variant.algo or order.algo,
        ord_type=OrdType.MARKET if order.limit_price is None else OrdType.LIMIT,
        limit_px=order.limit_price, start_ns=start_ns, end_ns=end_ns,
        params=order.params if variant.params is None else variant.params, sent_ns=start_ns,
    )  # fmt: skip


def _generated(
    key: str, generator: Generator, setting: Setting, seed: int, variant: Variant
) -> Iterator[NewParent]:
    random = Random(f"{seed}/orders/{generator.id}")  # noqa: S311  # a simulation
    symbols = generator.symbols or tuple(setting.instruments.by_symbol)
    first_ns = moment_ns(f"{key}.start", variant.start or generator.start, setting.session)
    window_s = generator.window_s if variant.window_s is None else variant.window_s
    for number in range(generator.count):
        symbol = symbols[number % len(symbols)]
        side = generator.side
        if side == "random":
            side = "buy" if random.random() < 0.5 else "sell"
        qty = _drawn(key, generator, symbol, setting, random)
        start_ns = first_ns + int(number * generator.spacing_s * NS)
        yield NewParent(
            source=SOURCE, cl_ord_id=f"{generator.id}-{number + 1}", symbol=symbol,
            side=SIDES[side], order_qty=Decimal(qty), algo=variant.algo or generator.algo,
            start_ns=start_ns, end_ns=start_ns + int(window_s * NS),
            params=generator.params if variant.params is None else variant.params,
            sent_ns=start_ns,
        )  # fmt: skip


def _drawn(key: str, generator: Generator, symbol: str, setting: Setting, random: Random) -> int:
    if generator.quantity is not None:
        lot = setting.instruments[symbol].lot
        return max(random.randint(*generator.quantity) // lot * lot, lot)
    assert generator.adv_fraction is not None
    fraction = random.uniform(*generator.adv_fraction)
    return _of_adv(f"{key}.adv_fraction", symbol, fraction, setting)


def _of_adv(key: str, symbol: str, fraction: float, setting: Setting) -> int:
    """Whole lots, one at least."""
    adv = setting.adv.get(symbol)
    if adv is None:
        raise BadScenario(key, f"{symbol} has no adv in market.symbols")
    lot = setting.instruments[symbol].lot
    return max(int(fraction * adv / lot + 0.5) * lot, lot)


def _amendment(
    key: str, each: Amendment, parent: NewParent, last_ids: dict[str, str], at_ns: int,
    index: int, setting: Setting,
) -> ParentRequest:  # fmt: skip
    """An order's requests name it by the id of its last replace (FIX 4.4 volume 4, appendix D)."""
    if at_ns <= parent.sent_ns:
        raise BadScenario(f"{key}.at", f"{each.order} is not sent by then")
    cl_ord_id, orig = f"{each.order}.{each.ask}-{index + 1}", last_ids[each.order]
    if each.ask == "replace":
        last_ids[each.order] = cl_ord_id
        end_ns = None
        if each.end is not None:
            end_ns = moment_ns(f"{key}.end", each.end, setting.session)
        return ReplaceParent(
            source=SOURCE, cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, symbol=parent.symbol,
            order_qty=None if each.quantity is None else Decimal(each.quantity),
            limit_px=each.limit_price, end_ns=end_ns, sent_ns=at_ns,
        )  # fmt: skip
    return _ASKED[each.ask](
        source=SOURCE, cl_ord_id=cl_ord_id, orig_cl_ord_id=orig, symbol=parent.symbol,
        sent_ns=at_ns,
    )  # fmt: skip
