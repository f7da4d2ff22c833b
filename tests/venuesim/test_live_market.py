"""Settings of `headgate venuesim` as a market."""

from pathlib import Path

import msgspec
import pytest

from domain.marketdata import Quote, TradingPhase, TradingStatus
from headgate.settings import (
    Settings,
    SettingsError,
    SimHours,
    SimVenueSettings,
    VenueSimSettings,
    load_instruments,
    load_settings,
)
from tests.conftest import ROOT
from venuesim.live_market import live_market, ways_of_market_data
from venuesim.venue import Venue

SECOND = 1_000_000_000
SESSION_NS = 1_790_000_000 * SECOND  # a Monday, 10:13 in New York
NIGHT_NS = SESSION_NS + 12 * 3_600 * SECOND


def settings(**simulated: object) -> Settings:
    shipped = load_settings(ROOT / "deploy/headgate.toml", {})
    changed = msgspec.structs.replace(shipped.venuesim, **simulated)
    return msgspec.structs.replace(shipped, venuesim=changed)


def opened(made: Settings, now_ns: int) -> dict[str, Venue]:
    table = load_instruments(Path(made.instruments_file))
    return live_market(made, made.venues, table, {}, now_ns)


@pytest.mark.slow
def test_the_shipped_settings_make_a_market_at_any_hour() -> None:
    for now_ns in (SESSION_NS, NIGHT_NS):
        for venue in opened(settings(), now_ns).values():
            outputs = venue.on_timer(now_ns)
            quotes = [each for each in outputs if isinstance(each, Quote)]
            assert {each.symbol for each in quotes} == {"IBM", "AAPL", "SAP"}
            assert all(0 < each.bid_px_ticks < each.ask_px_ticks for each in quotes)
            (ibm,) = [each for each in quotes if each.symbol == "IBM"]
            assert 18_000 < ibm.bid_px_ticks < 19_000


@pytest.mark.slow
def test_sessions_close_it_at_night() -> None:
    made = settings(hours=SimHours.SESSIONS)
    phases = {}
    for now_ns in (SESSION_NS, NIGHT_NS):
        outputs = opened(made, now_ns)["ALPHA"].on_timer(now_ns)
        phases[now_ns] = [each.phase for each in outputs
                          if isinstance(each, TradingStatus) and each.symbol == "IBM"]  # fmt: skip
    assert phases[SESSION_NS][-1] is TradingPhase.CONTINUOUS
    assert phases[NIGHT_NS][-1] is TradingPhase.CLOSED


def test_what_is_special_at_a_venue() -> None:
    special = SimVenueSettings(
        latency_ms=7, latency_jitter=0.5, reject_probability=0.25, outages=((60.0, 5.0),),
        market_data_latency_ms=3,
    )  # fmt: skip
    made = settings(venues={"BETA": special})
    terms = opened(made, SESSION_NS)["BETA"].terms
    assert (terms.latency_ns, terms.latency_jitter) == (7_000_000, 0.5)
    assert terms.faults.reject_probability == 0.25
    assert terms.faults.out_at(SESSION_NS + 62 * SECOND)
    assert not terms.faults.out_at(SESSION_NS + 65 * SECOND)
    quote = Quote("IBM", "BETA", 1, 1, 2, 1, SESSION_NS)
    way = ways_of_market_data(made, made.venues)["BETA"]
    assert way.send([quote], SESSION_NS) == []
    assert way.send([], SESSION_NS + SECOND) == [quote]


@pytest.mark.parametrize(
    ("simulated", "said"),
    [
        ({"preset": "dry"}, "venuesim.preset: 'dry' is not one of liquid, mid, illiquid, steady"),
        ({"presets": {"IBM": "dry"}}, "'dry' is not one of"),
        ({"presets": {"XYZ": "mid"}}, "venuesim.presets: XYZ is not among"),
        ({"venues": {"GAMMA": SimVenueSettings()}}, "venuesim.venues: GAMMA is not among"),
    ],
)
def test_settings_that_name_nothing(simulated: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        opened(settings(**simulated), SESSION_NS)


def test_the_default_is_the_liquid_market() -> None:
    assert VenueSimSettings().preset == "liquid"
