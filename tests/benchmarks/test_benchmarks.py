"""The benchmarks run and give figures. What the figures are, no test may say: machines differ."""

from pathlib import Path

import msgspec
import pytest

from algos.catalogue import ALGORITHMS
from benchmarks import (
    decision_cost,
    market_events,
    models,
    peer_comparison,
    pov_quality,
    shortfall_quality,
    simulated_day,
)
from benchmarks.figures import Figure, Goal, as_json, quantile, table
from benchmarks.machine import machine
from benchmarks.peer import headgate_side
from benchmarks.peer.twap_job import LOT, Job, Result, write_job
from benchmarks.worker_core import decisions, fold
from venuesim.presets import ILLIQUID, PRESETS


def test_stages_in_process_give_figures() -> None:
    found = market_events.measure(40, idle=3, recorded=False) + decisions(8) + fold(8)
    found += models.measure(3_000)
    assert {figure.stage for figure in found} == {
        "market data", "decision", "per child", "restart", "models",
    }  # fmt: skip
    assert all(figure.value > 0 for figure in found)
    assert all(figure.ratio is not None for figure in found if figure.goal is not None)


def test_a_decision_of_every_algorithm_is_timed() -> None:
    found = decision_cost.measure(2)
    assert {figure.name.partition(":")[0] for figure in found} >= ALGORITHMS.keys() - {"auto"}
    assert all(figure.ratio is not None for figure in found)


def test_what_the_stages_of_quality_play_is_good() -> None:
    assert len(pov_quality.scenario().generators) == len(pov_quality.TARGETS)
    for preset in PRESETS.values():
        assert len(shortfall_quality.scenario(preset).generators) == len(shortfall_quality.SIZES)


@pytest.mark.parametrize(
    ("headroom", "goal", "ratio", "met"),
    [
        (False, Goal(at_most=1.5), 2.0, False),
        (False, Goal(at_most=2.0), 2.0, True),
        (True, Goal(at_least=1.0), 0.5, False),
        (True, Goal(at_least=0.5), 0.5, True),
        (False, Goal(at_least=1.5, at_most=2.5), 2.0, True),
        (False, Goal(at_least=2.1, at_most=2.5), 2.0, False),
        (False, None, 2.0, None),
    ],
)
def test_goal(headroom: bool, goal: Goal | None, ratio: float, met: bool | None) -> None:
    figure = Figure(
        stage="s", name="n", value=10.0, unit="us", base_name="b", base=5.0, headroom=headroom,
        goal=goal,
    )  # fmt: skip
    assert figure.ratio == ratio
    assert figure.met is met


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_of_the_simulated_day_has_its_figures(preset: str) -> None:
    day, events = simulated_day.day_figures(preset, [2.0, 1.0, 4.0], 700)
    assert (day.value, events.value) == (2.0, 100.0)
    assert (day.base is None) == (preset == "steady")


def test_a_simulated_day_has_its_events() -> None:
    count = simulated_day.events_of(ILLIQUID, 1)
    assert 5_000 < count < 40_000  # .06 limits a side, as many cancels, .3 looks a second
    simulated_day.run_day(ILLIQUID, 1, 600)


def test_an_aim_is_beside_the_goal() -> None:
    figure = Figure(stage="s", name="n", value=1.5, unit="%", base_name="b", base=1.0,
                    goal=Goal(at_least=0.8, at_most=2.0), aim=Goal(at_most=1.1))  # fmt: skip
    assert (figure.met, figure.aimed) == (True, False)
    assert "0.8 to 2x  met  <= 1.1x  not yet" in table([figure])
    assert "aim" not in table([msgspec.structs.replace(figure, aim=None)])


def test_nothing_at_all_is_a_ratio_too() -> None:
    none = Figure(stage="s", name="n", value=0.0, unit="%", base_name="b", base=1.0,
                  goal=Goal(at_most=1.0))  # fmt: skip
    assert (none.ratio, none.met) == (0.0, True)
    assert msgspec.structs.replace(none, headroom=True).ratio is None


def test_quantile_is_a_value_that_was_taken() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert quantile(values, 0.5) == 3.0
    assert quantile(values, 0.99) == 5.0


def test_table_and_json_show_every_figure() -> None:
    figures = [
        Figure(stage="bus", name="hop", value=0.5, unit="ms"),
        Figure(stage="bus", name="all", value=12_345.0, unit="ms", base_name="hop", base=0.5,
               goal=Goal(at_most=1.5), note="far off"),
    ]  # fmt: skip
    text = table(figures)
    assert "0.5 ms" in text
    assert "12,345 ms" in text
    assert "MISSED" in text
    assert text.endswith("bus, all: far off")
    read = msgspec.json.decode(as_json(figures, machine()))
    assert [each["met"] for each in read["figures"]] == [None, False]
    assert read["machine"]["python"]


def test_the_synthetic_job_is_done_by_our_side_to_the_share(tmp_path: Path) -> None:
    """Both sides of the peer comparison are held to this; theirs runs in its own environment."""
    job = Job(name="small", instruments=3, quotes=600, parents=4, children=6)
    written = write_job(job, tmp_path).read_bytes()
    result = headgate_side.run(msgspec.json.decode(written, type=headgate_side.JobFile))
    assert (result.filled_qty, result.children) == (4 * 6 * LOT, 4 * 6)
    assert 99 * result.filled_qty < result.notional < 101 * result.filled_qty


def test_without_its_environment_the_peer_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(peer_comparison.PEER_PYTHON, raising=False)
    assert peer_comparison.measure(1) == []
    assert "script/bench-peer" in capsys.readouterr().err


def test_sides_that_did_not_trade_the_same_are_no_comparison() -> None:
    ours = Result(run_s=1.0, cpu_s=1.0, filled_qty=100, notional=1e6, children=1, peak_mib=1.0,
                  version="1")  # fmt: skip
    peer_comparison.agree(ours, ours)
    for other in ({"filled_qty": 200}, {"children": 2}, {"notional": 1.01e6}):
        with pytest.raises(RuntimeError, match="the two sides"):
            peer_comparison.agree(ours, msgspec.structs.replace(ours, **other))
