"""Recorded days as a feed: what the settings may name, and that time is the engine's."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from domain.instruments import Instrument, InstrumentTable, TickBand
from domain.marketdata import Quote, Trade
from headgate.clock import Clock, ClockSettings
from headgate.settings import Settings, SettingsError, with_replay
from marketdata.replay_feed import ReplayFeed
from marketdata.tick_faults import BadTickFile
from tests.marketdata.test_lean import DAY, MIDNIGHT_NS, MS, write

NOW = 1_800_000_000_000_000_000


def instrument(symbol: str, tick: str = "0.0001") -> Instrument:
    return Instrument(
        symbol=symbol, currency="USD", lot=100, ticks=(TickBand(tick=Decimal(tick)),),
        calendar="XNYS", venues=("N",), max_order_qty=1, max_order_notional=Decimal(1),
    )  # fmt: skip


TABLE = InstrumentTable([instrument("IBM"), instrument("BAC", "0.01")])


def feed(path: Path, **given: object) -> ReplayFeed:
    settings = with_replay(Settings(), {"path": str(path), **given})
    clock = Clock(ClockSettings(), wall_ns=lambda: NOW)
    return ReplayFeed(settings.marketdata.replay, TABLE, clock)


def test_every_symbol_and_day_that_is_there_is_merged_by_time(tmp_path: Path) -> None:
    next_day = date(2013, 10, 9)
    for day in (next_day, DAY):
        write(tmp_path, day=day)
        write(tmp_path, symbol="bac", day=day, quotes=("34200000,100000,200,0,0,P,1,0",),
              trades=("34200005,100100,50,N,1,0",))  # fmt: skip
    opened = feed(tmp_path, speed=0, rebase=False)
    opened.start()
    events = opened.poll(NOW)
    assert opened.done
    assert [(each.symbol, type(each), each.at_ns // (86_400_000 * MS)) for each in events] == [
        (symbol, kind, day)
        for day in (15_986, 15_987)
        for symbol, kind in (
            ("BAC", Quote), ("IBM", Quote), ("IBM", Quote), ("IBM", Trade), ("BAC", Trade),
        )
    ]  # fmt: skip
    assert [each.px_ticks for each in events if isinstance(each, Trade)] == [1800250, 1001] * 2


def test_events_happen_now_at_the_pace_of_the_engine(tmp_path: Path) -> None:
    opened = feed(write(tmp_path), speed=0.5)
    opened.start()
    assert [each.at_ns for each in opened.poll(NOW + 10 * MS)] == [NOW, NOW + 2 * MS, NOW + 2 * MS]


def test_a_part_of_the_day_by_the_clock_of_the_exchange(tmp_path: Path) -> None:
    write(tmp_path, quotes=("34199999,1,1,0,0,P,1,0", "34200000,2,1,0,0,P,1,0"), trades=())
    opened = feed(tmp_path, speed=0, rebase=False, start="09:30", end="16:00")
    opened.start()
    assert [each.at_ns for each in opened.poll(NOW)] == [MIDNIGHT_NS + 34_200_000 * MS]


def test_it_stays_when_told_to(tmp_path: Path) -> None:
    opened = feed(write(tmp_path), speed=0, rebase=False, stay=True)
    opened.start()
    assert len(opened.poll(NOW)) == 3
    assert (opened.poll(NOW), opened.next_due_ns(), opened.done) == ([], None, False)


def test_bad_rows_are_counted_by_reason(tmp_path: Path) -> None:
    write(tmp_path, trades=("34200000,0,1,N,1,0",))
    opened = feed(tmp_path, speed=0, rebase=False, skip_bad=True)
    opened.start()
    assert len(opened.poll(NOW)) == 2
    assert opened.skipped == {"bad_price": 1}


def test_an_unasked_symbol_that_the_table_lacks_may_be_left_out(tmp_path: Path) -> None:
    write(tmp_path)
    write(tmp_path, symbol="xyz")
    with pytest.raises(BadTickFile, match="unknown_symbol: XYZ is not in the instrument table"):
        feed(tmp_path)
    opened = feed(tmp_path, skip_bad=True)
    assert opened.skipped == {"unknown_symbol": 1}


@pytest.mark.parametrize(
    ("given", "error", "said"),
    [
        ({"rebase": True, "speed": 0}, SettingsError, "rebase needs a speed"),
        ({"speed": -1.0}, SettingsError, "speed -1.0 is below zero"),
        ({"speed": float("nan")}, SettingsError, "below zero"),
        ({"days": ("today",)}, SettingsError, "marketdata.replay.days: 'today'"),
        ({"start": "morning"}, SettingsError, "marketdata.replay.start"),
        ({"end": "16:00+01:00"}, SettingsError, "marketdata.replay.end: a zone"),
        ({"symbols": ("XYZ",), "skip_bad": True}, BadTickFile, "XYZ is not in the instr"),
        ({"symbols": ("BAC",), "days": ("2013-10-08",)}, BadTickFile, "no quote file of BAC"),
        ({"days": ("2013-10-07",)}, BadTickFile, r"no quote file of IBM on 2013-10-07"),
        ({"symbols": ("BAC",)}, BadTickFile, "no day of BAC"),
    ],
)  # fmt: skip
def test_what_cannot_be_replayed_is_told_at_once(
    tmp_path: Path, given: Mapping[str, object], error: type[Exception], said: str
) -> None:
    write(tmp_path)
    with pytest.raises(error, match=said):
        feed(tmp_path, **given)


def test_what_is_no_archive_of_a_day_is_no_day(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "tick" / "README").write_text("")
    for name in ("notes.txt", "old_trade.zip", "20130231_trade.zip"):
        (tmp_path / "tick" / "ibm" / name).write_text("")
    opened = feed(tmp_path, speed=0, rebase=False)
    opened.start()
    assert len(opened.poll(NOW)) == 3


def test_a_directory_without_recordings_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadTickFile, match="neither tick/ nor lean/tick/"):
        feed(tmp_path)
    (tmp_path / "tick" / "ibm").mkdir(parents=True)
    with pytest.raises(BadTickFile, match="no_file: no day of IBM"):
        feed(tmp_path)
