"""Costs of parents: written scenarios, sums by property, restarts and replays."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tca import ParentCost
from tca.costs import Costs
from tests.tca.scenario import NS, Args, claimed_costs, feed, play, ticks

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("*.txt"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_scenario(path: Path, request: pytest.FixtureRequest) -> None:
    actual = play(path.read_text())
    if request.config.getoption("--rewrite"):
        path.write_text(actual)
    assert actual == path.read_text()


CLAIM = {"token": "1"}
NEW = {"id": "P", "exec": "e0", "type": "NEW", "status": "NEW", "at": "10", "order_qty": "1000"}
PXS = st.integers(4_990, 5_010)
EVENTS = st.lists(
    st.tuples(st.integers(0, 3), PXS, st.integers(0, 5), st.integers(1, 500)), max_size=60
)


def fresh() -> tuple[Costs, dict[str, Args]]:
    return claimed_costs(NS), {}


def market_lines(events: list[tuple[int, int, int, int]]) -> list[tuple[str, dict[str, str]]]:
    """A quote before everything, then events: seconds since the last, px, spread (0: a trade)."""
    lines = [("quote", {"at": "0", "bid": "50", "ask": "50.02"})]
    at = 0
    for step, px, spread, qty in events:
        at += step
        text = str(Decimal(px) / 100)
        if spread:
            ask = str(Decimal(px + spread) / 100)
            lines.append(("quote", {"at": str(at), "bid": text, "ask": ask}))
        else:
            lines.append(("trade", {"at": str(at), "px": text, "qty": str(qty)}))
    lines.append(("quote", {"at": "1000", "bid": "50", "ask": "50.02"}))
    return lines


def expected(
    lines: list[tuple[str, dict[str, str]]], start: int, end: int
) -> tuple[int, float | None, float | None]:
    """Volume, VWAP and TWAP of [start, end], by looking at every second and every print."""
    prints = [(ticks(a["px"]), int(a["qty"])) for verb, a in lines
              if verb == "trade" and start <= int(a["at"]) <= end]  # fmt: skip
    volume = sum(qty for _, qty in prints)
    vwap = sum(px * qty for px, qty in prints) / volume / 100 if volume else None
    mids = []
    for second in range(start, end):
        args = [a for verb, a in lines if verb == "quote" and int(a["at"]) <= second][-1]
        mids.append((ticks(args["bid"]) + ticks(args["ask"])) / 200)
    return volume, vwap, sum(mids) / len(mids) if mids else None


@given(events=EVENTS, start=st.integers(1, 60), length=st.integers(1, 60), late=st.booleans())
def test_benchmarks_are_those_of_the_interval(
    events: list[tuple[int, int, int, int]], start: int, length: int, late: bool
) -> None:
    """Whether reports come before the market data of their time or after it."""
    lines = market_lines(events)
    costs, parents = fresh()
    feed(costs, parents, "claim", CLAIM)
    end = start + length
    reports = [
        ("report", {**NEW, "at": str(start)}),
        ("report", {**NEW, "exec": "e1", "type": "CANCELED", "status": "CANCELED",
                    "at": str(end)}),
    ]  # fmt: skip
    said: list[ParentCost] = []
    for verb, args in [*lines, *reports] if late else [*reports, *lines]:
        said += feed(costs, parents, verb, args)
    (cost,) = said
    volume, vwap, twap = expected(lines, start, end)
    assert cost.market_qty == volume
    assert cost.vwap_px == pytest.approx(vwap)
    assert cost.twap_px == pytest.approx(twap)


FILLS = st.lists(
    st.tuples(st.integers(1, 1000), PXS, st.integers(-50, 50), st.sampled_from(["ALPHA", "BETA"])),
    min_size=1, max_size=30,
)  # fmt: skip


@given(fills=FILLS, undone=st.lists(st.tuples(st.integers(0, 29), st.booleans(), PXS)))
def test_sums_are_exactly_those_of_the_fills_that_stand(
    fills: list[tuple[int, int, int, str]], undone: list[tuple[int, bool, int]]
) -> None:
    costs, parents = fresh()
    feed(costs, parents, "report", NEW)
    standing = {}
    for number, (qty, px, fee, venue) in enumerate(fills, 1):
        args = {"exec": f"f{number}", "type": "TRADE", "qty": str(qty), "venue": venue,
                "px": str(Decimal(px) / 100), "fee": str(Decimal(fee) / 1000)}  # fmt: skip
        feed(costs, parents, "report", {**NEW, "status": "PARTIALLY_FILLED", **args})
        standing[number] = (qty, Decimal(px) / 100, Decimal(fee) / 1000)
    for count, (index, correct, px) in enumerate(undone):
        number = index + 1
        args = {"exec": f"u{count}", "ref": f"f{number}", "qty": "7", "px": str(Decimal(px) / 100),
                "type": "TRADE_CORRECT" if correct else "TRADE_CANCEL"}  # fmt: skip
        feed(costs, parents, "report", {**NEW, "status": "PARTIALLY_FILLED", **args})
        if number in standing and correct:
            standing[number] = (7, Decimal(px) / 100, standing[number][2])
        else:
            standing.pop(number, None)
    (cost,) = feed(costs, parents, "timer", {"at": "100"})
    assert cost.cum_qty == sum(qty for qty, _, _ in standing.values())
    assert cost.notional == sum((qty * px for qty, px, _ in standing.values()), Decimal(0))
    assert cost.fees == sum((fee for _, _, fee in standing.values()), Decimal(0))
    assert cost.fills == len(standing)
    assert sum(each.qty for each in cost.venues) == cost.cum_qty
    assert sum((each.notional for each in cost.venues), Decimal(0)) == cost.notional


RECORDED = [
    ("claim", CLAIM),
    ("report", NEW),
    ("report", {**NEW, "exec": "e1", "type": "TRADE", "status": "FILLED", "at": "20",
                "qty": "1000", "px": "50.02", "venue": "ALPHA"}),
]  # fmt: skip
MARKET = market_lines([(15, 5_001, 0, 300)])


def test_a_restart_finds_the_same_and_does_not_say_it_again() -> None:
    costs, parents = fresh()
    said = [
        cost for verb, args in [*RECORDED, *MARKET] for cost in feed(costs, parents, verb, args)
    ]
    assert [cost.final for cost in said] == [True]

    again, parents = fresh()
    lines = [*RECORDED, *MARKET]
    assert [c for verb, args in lines for c in feed(again, parents, verb, args)] == said

    informed, parents = fresh()
    informed.on_published(said[0])
    assert [c for verb, args in lines for c in feed(informed, parents, verb, args)] == []
    assert informed.live_count == 0
    bust = {**NEW, "exec": "e2", "type": "TRADE_CANCEL", "status": "CANCELED", "at": "30",
            "ref": "e1"}  # fmt: skip
    (revised,) = feed(informed, parents, "report", bust)
    assert (revised.final, revised.cum_qty) == (True, 0)


def test_history_is_bounded_and_what_is_beyond_it_is_not_known() -> None:
    costs, parents = fresh()
    for second in range(5_000):
        quote = {"at": str(second), "bid": "50", "ask": "50.02"}
        feed(costs, parents, "quote", quote)
    feed(costs, parents, "report", {**NEW, "at": "100"})
    feed(costs, parents, "report", {**NEW, "id": "Q", "at": "2000"})
    old, recent = feed(costs, parents, "timer", {"at": "6000"})
    assert (old.twap_px, recent.twap_px) == (None, 50.01)
