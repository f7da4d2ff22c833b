"""The league: who is called the cheapest, what an order should cost, and the page that says so."""

import io
import re
from pathlib import Path

import msgspec
import pytest

from headgate.settings import Settings
from simulation import league_command
from simulation.league import (
    ENTRANTS,
    REFERENCE,
    SIZES,
    Cell,
    Size,
    cells,
    league_hash,
    result_of,
)
from simulation.league_page import HEAD, league_page, stamp_of
from simulation.order_row import OrderRow
from venuesim.presets import ILLIQUID, LIQUID, MEASURED, MID, Preset

PAGE = Path(__file__).parents[2] / "docs" / "league.md"
CELL = Cell(preset=MID, size=SIZES[0])
ROW = OrderRow(
    variant="a", seed=0, order="P-1", order_id="1", symbol="AAA", side="buy", algo="twap",
    status="filled", reject_reason=None, order_qty=1_000, cum_qty=1_000, start_ns=0, end_ns=1,
    arrival_px=10.0, avg_px=10.0, end_px=10.0, is_bps=0.0, control_bps=0.0, is_adj_bps=0.0,
    expected_bps=None,
    fees_bps=0.0, arrival_slippage_bps=0.0, vwap_slippage_bps=0.0, twap_slippage_bps=0.0,
    market_qty=0, participation=None, children=1, fills=1, fees=0.0,
)  # fmt: skip


def _rows(entrant: str, costs: list[float], cum_qty: int = 1_000) -> list[OrderRow]:
    return [
        msgspec.structs.replace(ROW, variant=entrant, seed=seed, is_adj_bps=cost, cum_qty=cum_qty,
                                is_bps=cost + 100.0 * seed)
        for seed, cost in enumerate(costs)
    ]  # fmt: skip


def test_a_winner_is_whom_the_paired_test_tells_from_all_others() -> None:
    """The seeds differ by far more than the entrants do; seed by seed they do not."""
    rows = [*_rows(REFERENCE.name, [5.0, 9.0, 1.0, 13.0]), *_rows("b", [4.1, 8.0, 0.1, 12.0]),
            *_rows("c", [5.1, 8.8, 1.2, 13.1])]  # fmt: skip
    found = result_of(CELL, 4, rows)
    assert found.cheapest == ("b",)
    assert [each.entrant for each in found.standings] == ["b", REFERENCE.name, "c"]
    best, reference, _ = found.standings
    assert best.against is not None
    assert best.against.mean == pytest.approx(-0.95)
    assert reference.against is None
    assert best.sd_bps == pytest.approx(131.2, abs=0.1)


def test_a_tie_is_said_as_a_tie() -> None:
    rows = [*_rows("a", [5.0, 9.0, 1.0, 13.0]), *_rows("b", [4.0, 9.5, 0.5, 13.4]),
            *_rows("c", [25.0, 29.0, 21.0, 33.0])]  # fmt: skip
    assert result_of(CELL, 4, rows).cheapest == ("b", "a")


def test_who_does_not_fill_the_order_wins_nothing() -> None:
    rows = [*_rows("a", [5.0, 5.1, 5.0]), *_rows("b", [0.0, 0.1, 0.0], cum_qty=400)]
    found = result_of(CELL, 3, rows)
    assert found.cheapest == ("a",)
    assert [(each.entrant, each.done) for each in found.standings] == [("b", 0.4), ("a", 1.0)]


def test_one_seed_tells_nobody_apart() -> None:
    found = result_of(CELL, 1, [*_rows("a", [5.0]), *_rows("b", [1.0])])
    assert found.cheapest == ()
    assert found.standings[0].sd_bps is None


@pytest.mark.parametrize(
    ("preset", "adv_fraction", "anchor_bps"),
    [
        (LIQUID, 0.01, 4.56), (LIQUID, 0.05, 15.04), (LIQUID, 0.1, 25.47),
        (MID, 0.01, 7.75), (MID, 0.05, 21.72), (MID, 0.1, 35.63),
        (ILLIQUID, 0.01, 30.63), (ILLIQUID, 0.05, 51.57), (ILLIQUID, 0.1, 72.44),
    ],
)  # fmt: skip
def test_the_anchor_is_that_of_the_table(
    preset: Preset, adv_fraction: float, anchor_bps: float
) -> None:
    """quant.md 9.2, its columns of one day, of the exact solution: ours is within 2 %."""
    cell = Cell(preset=preset, size=Size(adv_fraction=adv_fraction, days=1.0))
    assert cell.anchor_bps == pytest.approx(anchor_bps, rel=0.02)


def test_a_window_is_as_long_in_volume_as_the_curve_says() -> None:
    assert Size(adv_fraction=0.1, days=1.0).volume_days == pytest.approx(1.0)
    # The bins of 15 minutes from 10:00 on: 5.17, 4.47, 4.09, 3.74, 3.68, 3.43 and half of 3.13 %.
    assert SIZES[1].volume_days == pytest.approx(0.2614, abs=1e-3)
    size = Size(adv_fraction=0.25, days=1.0)
    assert size.participation == pytest.approx(0.2)


def test_a_page_has_every_cell_and_entrant_and_says_what_it_was_made_of() -> None:
    results = [
        result_of(cell, 2, [row for each in ENTRANTS for row in _rows(each.name, [2.0, 2.5])])
        for cell in cells()
    ]
    text = league_page(results, ENTRANTS, stamp_of(list(cells()), ENTRANTS, 2, "1.2.3"))
    assert _faults(text) == []
    assert "--seeds 2, headgate 1.2.3" in text
    assert _faults(text.replace("## mid: 1 %", "## mid: 2 %")) == ["sections"]
    assert _faults(text.replace("2.25 |", "2.2x |", 1)) != []
    other = stamp_of(list(cells(sizes=SIZES[:1])), ENTRANTS, 2, "1.2.3")
    assert _faults(league_page(results, ENTRANTS, other)) == ["hash"]


def test_the_committed_page_is_of_what_the_command_would_play() -> None:
    """Its format and its hash, not its figures: these take ten minutes (`headgate league`)."""
    assert _faults(PAGE.read_text(encoding="utf-8")) == []


_NUMBER = r"-?\d+\.\d\d"
_STANDING = re.compile(
    rf"\| (\w+) \| {_NUMBER} \| {_NUMBER} \| {_NUMBER} \.\. {_NUMBER} \| {_NUMBER} \| "
    rf"\d+\.\d\d % \| ([+-]\d+\.\d\d \({_NUMBER} \.\. {_NUMBER}\))? \|"
)
_STAMP = re.compile(
    r"Written by `headgate league`, not by hand: league (\w{12}), --seeds \d+, headgate \S+\.$",
    re.MULTILINE,
)


def _faults(text: str) -> list[str]:
    """What a page has that the command would not write, or lacks."""
    found = []
    stamp = _STAMP.search(text)
    if stamp is None or stamp[1] != league_hash(list(cells()), ENTRANTS):
        found.append("hash")
    sections = re.split(r"^## ", text, flags=re.MULTILINE)[3:]
    if [each.partition("\n")[0] for each in sections] != [
        f"{cell.preset.name}: {cell.size.name}" for cell in cells()
    ]:
        found.append("sections")
    for section in sections:
        lines = section.strip().splitlines()
        if lines[4] != "| " + " | ".join(HEAD) + " |":
            found.append(f"head of {lines[0]}")
        standings = [_STANDING.fullmatch(line) for line in lines[6:]]
        if sorted(each[1] for each in standings if each is not None) != sorted(
            each.name for each in ENTRANTS
        ):
            found.append(f"entrants of {lines[0]}")
    return found


@pytest.mark.slow
def test_a_cell_is_played_by_all_entrants_in_the_same_markets() -> None:
    cell = Cell(preset=ILLIQUID, size=Size(adv_fraction=0.01, days=0.02))
    found = league_command.play(cell, ENTRANTS[:2], 1, 1, Settings())
    assert found.seeds == 2
    assert {each.entrant for each in found.standings} == {each.name for each in ENTRANTS[:2]}
    assert all(each.adjusted.n == 2 for each in found.standings)


@pytest.mark.parametrize(("seeds", "processes", "said"), [(0, 1, "--seeds"), (1, 0, "--processes")])
def test_a_number_that_cannot_be_is_refused(seeds: int, processes: int, said: str) -> None:
    err = io.StringIO()
    request = league_command.Request(seeds=seeds, processes=processes)
    assert league_command.league(request, Settings(), io.StringIO(), err) == 2
    assert err.getvalue() == f"headgate league: {said}: 0 is below 1\n"


def test_every_preset_that_is_measured_plays() -> None:
    assert [cell.preset for cell in cells()][:: len(SIZES)] == list(MEASURED)
