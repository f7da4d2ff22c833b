"""The FIX feed without a network: its settings, what it counts, and that no callback raises."""

from collections.abc import Iterator

import msgspec
import pytest
import quickfix as fix

from domain.fix_message import SOH
from domain.instruments import InstrumentTable
from domain.marketdata import Quote
from headgate.settings import (
    FixFeedSettings,
    MarketDataSettings,
    ReplaySettings,
    Settings,
    SettingsError,
    SimVenueSettings,
    VenueSettings,
    VenueSimSettings,
)
from marketdata import fix_client
from marketdata.feed import FeedFailed
from marketdata.fix_client import Arrived, Failed, FixClient, LoggedOn, LoggedOut
from marketdata.fix_feed import FixFeed
from marketdata.process import open_feed
from tests.marketdata.fix_scene import START_NS, VENUE, instrument
from venuesim.process import market_data_endpoints

TABLE = InstrumentTable([instrument("GE"), instrument("IBM")])
SESSION = FixFeedSettings(venue=VENUE, port=1, comp_id="FEED-TEST", our_comp_id="US-MD")


@pytest.fixture
def feed() -> Iterator[FixFeed]:
    """Not started: nothing connects."""
    found = FixFeed((SESSION,), TABLE, START_NS)
    yield found
    found.stop()


def arrive(feed: FixFeed, pipes: str) -> None:
    text = f"8=FIX.4.4|{pipes}|".replace("|", SOH)
    feed._client.events.put(Arrived(VENUE, text))


@pytest.mark.parametrize(
    ("sessions", "text"),
    [
        ((SESSION, SESSION), "a venue is named twice"),
        ((msgspec.structs.replace(SESSION, venue="NONE"),), "no instrument is traded at NONE"),
        ((msgspec.structs.replace(SESSION, symbols=("IBM", "SAP")),), "SAP is traded at XSIM"),
    ],
)
def test_settings_that_cannot_be(sessions: tuple[FixFeedSettings, ...], text: str) -> None:
    with pytest.raises(SettingsError, match=f"marketdata.fix: {text}"):
        FixFeed(sessions, TABLE, START_NS)


def test_one_feed_a_process() -> None:
    both = MarketDataSettings(fix=(SESSION,), replay=ReplaySettings(path="x"))
    with pytest.raises(SettingsError, match="either fix or replay"):
        open_feed(Settings(marketdata=both), TABLE)


def test_the_ids_of_a_venues_sessions_differ() -> None:
    venue = VenueSettings(name="A", port=1, comp_id="AX")
    settings = Settings(venuesim=VenueSimSettings(venues={"A": SimVenueSettings()}))
    assert market_data_endpoints(settings, [venue]) == []
    own = SimVenueSettings(market_data_port=2)
    settings = Settings(venuesim=VenueSimSettings(venues={"A": own}))
    [found] = market_data_endpoints(settings, [venue])
    assert (found.comp_id, found.client_comp_id, found.port) == ("AX-MD", "HEADGATE-MD", 2)
    same = msgspec.structs.replace(
        own, market_data_comp_id="AX", market_data_client_comp_id="HEADGATE"
    )
    settings = Settings(venuesim=VenueSimSettings(venues={"A": same}))
    with pytest.raises(SettingsError, match="two sessions of the same ids"):
        market_data_endpoints(settings, [venue])


def test_ready_and_counted(feed: FixFeed) -> None:
    assert feed.not_ready() == f"no market data session: {VENUE}"
    arrive(feed, "35=A|34=1")
    feed._client.events.put(LoggedOn(VENUE))
    feed.wait(0)
    assert feed.poll(START_NS) == []
    assert feed.not_ready() is None
    [md_req_id] = [
        name for name, each in feed.sessions[VENUE]._by_id.items() if each.symbol == "GE"
    ]
    arrive(feed, f"35=Y|34=2|262={md_req_id}|281=0|58=what")
    for number in range(3, 8):
        arrive(feed, f"35=W|34={number}|262=X|55=S{number}|268=0")
    arrive(feed, "35=X|34")
    feed.poll(START_NS)
    assert feed.not_ready() == f"symbols given up: {VENUE} 1"
    assert feed.skipped == {"unknown_symbol": 1, "not_asked": 5, "malformed": 1}
    # The symbols of the wire are as many as a venue likes: they are not remembered.
    assert {symbol for _, symbol, _ in feed._told} == {"GE", ""}
    feed._client.events.put(LoggedOut(VENUE))
    feed.poll(START_NS)
    assert feed.not_ready() == f"no market data session: {VENUE}"


def test_what_was_published_is_withdrawn_at_the_end(feed: FixFeed) -> None:
    feed._client.events.put(LoggedOn(VENUE))
    feed.poll(START_NS)
    ids = feed.sessions[VENUE]._by_id
    [md_req_id] = [name for name, each in ids.items() if each.symbol == "IBM"]
    arrive(feed, f"35=W|34=2|262={md_req_id}|55=IBM|268=1|269=0|270=99.98|271=100")
    [quote] = feed.poll(START_NS)
    assert isinstance(quote, Quote)
    assert quote.bid_qty == 100
    [last] = feed.stop()
    assert last == Quote("IBM", VENUE, 0, 0, 0, 0, quote.at_ns)


def test_a_callback_that_fails_stops_the_feed_and_raises_nothing(feed: FixFeed) -> None:
    session_id = feed._client._ids[VENUE]
    application = feed._client._application
    application.fromApp("no message", session_id)
    application.fromAdmin("no message", session_id)
    application.onLogon("no session")
    application.onLogout("no session")
    found = [feed._client.events.get_nowait() for _ in range(4)]
    assert all(isinstance(each, Failed) for each in found)
    feed._client.events.put(found[0])
    with pytest.raises(FeedFailed, match="fromApp"):
        feed.poll(START_NS)


def test_messages_beyond_the_bound_are_dropped_and_missed(
    feed: FixFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    client: FixClient = feed._client
    session_id = client._ids[VENUE]
    monkeypatch.setattr(fix_client, "EVENTS_MAX", 1)
    for number in (1, 2, 3):
        text = f"8=FIX.4.4|9=0|35=0|34={number}|10=000|".replace("|", SOH)
        client._application.fromAdmin(fix.Message(text, False), session_id)
    assert client.events.qsize() == 1
    feed.poll(START_NS)
    text = "8=FIX.4.4|9=0|35=0|34=4|10=000|".replace("|", SOH)
    client._application.fromAdmin(fix.Message(text, False), session_id)
    feed.poll(START_NS)
    assert feed.skipped == {"messages_lost": 1}


def test_other_application_messages_are_not_supported(feed: FixFeed) -> None:
    text = "8=FIX.4.4|9=0|35=8|34=1|10=000|".replace("|", SOH)
    with pytest.raises(fix.UnsupportedMessageType):
        feed._client._application.fromApp(fix.Message(text, False), feed._client._ids[VENUE])
