"""What a worker makes of profiles: the rule of blocks, statistics, which files are fit."""

from pathlib import Path

import pytest

from algos.partition import Partition
from algos.policy import Policy
from algos.worker import read_worker_profiles
from domain.marketdata import Quote, Trade, TradeCondition
from headgate.settings import Settings, WorkerSettings
from marketdata.known_profiles import KnownProfiles
from marketdata.symbol_profile import ProfileError, profile_file_name, write_profile
from tests.algos.partition_scene import (
    BEGIN_NS,
    CALENDAR,
    PAUSED,
    TABLE,
    S,
    Scene,
    new_parent,
    new_partition,
)
from tests.marketdata.profile_scene import profile

KNOWN = KnownProfiles(by_symbol={"IBM": profile(curves=())})


def partition(known: KnownProfiles | None) -> Partition:
    return Partition(
        number=0, instruments=TABLE, calendars={"XNYS": CALENDAR, "XTKS": PAUSED},
        policy=Policy(), partition_of=lambda symbol: 0, profiles=known,
    )  # fmt: skip


@pytest.mark.parametrize(("known", "block_qty"), [(None, 0), (KNOWN, 101)])
def test_the_rule_of_blocks_is_live_where_a_profile_says_what_a_day_trades(
    known: KnownProfiles | None, block_qty: int
) -> None:
    """0.5 % of 20,000 shares: an off-book print of 101 is a block, before any median is known."""
    core = partition(known)
    core.on_market(
        [Trade("IBM", "FINRA", 18_500, 101, BEGIN_NS, "1", TradeCondition.OFF_BOOK.value)], BEGIN_NS
    )
    by_kind = {kind.value: qty for kind, qty in core.markets["IBM"].tape.by_kind.items() if qty}
    assert by_kind == {"block" if block_qty else "off_book": 101}


def quote(at_s: float, bid: int = 9_999) -> Quote:
    return Quote("IBM", "XA", bid, 900, bid + 2, 900, BEGIN_NS + round(at_s * S))


def test_statistics_are_kept_of_what_a_live_parent_trades() -> None:
    """They begin with the touch that there is when the parent is taken on."""
    core = new_partition()
    core.take(0, BEGIN_NS)
    core.on_market([quote(0)], BEGIN_NS)
    assert core.markets["IBM"].statistics.spread_ticks is None
    core.on_parent(new_parent(), 0, BEGIN_NS + S)
    assert core.markets["IBM"].statistics.mid_px_ticks == 10_000.0
    core.on_market([quote(3)], BEGIN_NS + 3 * S)
    assert core.markets["IBM"].statistics.spread_ticks == pytest.approx(2.0)


def test_nobody_who_reads_them_no_statistics() -> None:
    core = new_partition(policy=Policy(touch_statistics=False))
    core.take(0, BEGIN_NS)
    core.on_parent(new_parent(algo="twap"), 0, BEGIN_NS)
    core.on_market([quote(0)], BEGIN_NS)
    assert core.markets["IBM"].statistics.mid_px_ticks is None


@pytest.mark.parametrize("with_market", [True, False])
def test_a_restarted_worker_keeps_them_too(*, with_market: bool) -> None:
    scene = Scene()
    scene.ask(new_parent())
    if with_market:
        scene.show(quote(1))
    scene.restart()
    scene.show(quote(2, 9_997))
    assert scene.partition.markets["IBM"].statistics.mid_px_ticks == 9_998.0


def test_a_worker_reads_those_fit_for_its_next_session(tmp_path: Path) -> None:
    made = profile(curves=(), days=(), as_of="2023-11-14")
    write_profile(made, tmp_path / profile_file_name("IBM"))
    settings = WorkerSettings(profiles=str(tmp_path))
    calendars = {"XNYS": CALENDAR, "XTKS": PAUSED}
    for days, found in ((-1, ["IBM"]), (0, ["IBM"]), (1, ["IBM"]), (12, [])):
        now_ns = BEGIN_NS + days * 86_400 * S
        known = read_worker_profiles(settings, TABLE, calendars, now_ns)
        assert list(known.by_symbol) == found, days
    assert read_worker_profiles(WorkerSettings(), TABLE, calendars, BEGIN_NS) == KnownProfiles()
    with pytest.raises(ProfileError, match="no such directory"):
        read_worker_profiles(WorkerSettings(profiles="nowhere"), TABLE, calendars, BEGIN_NS)
    assert Settings().worker.profiles == ""
