"""The shell of venue access, as far as it needs no FIX session: marks, records, appends."""

from pathlib import Path

import pytest

from bus.memory import Broker, MemoryLog
from domain.instruments import InstrumentTable
from gateway.inbound_low_water import InboundLowWater
from gateway.venue_access import VenueAccess
from gateway.venue_fix import Arrived
from gateway.venue_process import VenueProcess
from gateway.venue_store import SessionIn, read_acked
from headgate.clock import Clock
from headgate.settings import Settings
from headgate.telemetry import Health
from tests.gateway.venue_scene import IBM, LIMITS, TIMEOUT_NS


@pytest.fixture
def process(tmp_path: Path) -> VenueProcess:
    """Open, with the first 50 messages of XA taken; nothing is connected."""
    found = VenueProcess(Settings(), InstrumentTable([IBM]), MemoryLog(Broker()), Health())
    found.clock = Clock(found.settings.clock)
    found.core = VenueAccess(
        by="venues", sessions={"XA": "FIX.4.4-US-XA"}, venues=("XA",),
        instruments=found.instruments, limits=LIMITS, status_timeout_ns=TIMEOUT_NS,
    )  # fmt: skip
    found.inbound["XA"] = SessionIn(tmp_path / "XA.acked", InboundLowWater(50), 0)
    found.inbound["XA"].write()
    return found


def arrive(process: VenueProcess, msg_type: str, seq: int, rest: str) -> int:
    """A message of XA comes; what the mark on disk says then."""
    text = f"8=FIX.4.4|9=0|35={msg_type}|34={seq}|{rest}10=000|".replace("|", "\x01")
    process.on_event(Arrived("XA", msg_type, seq, text))
    return read_acked(process.inbound["XA"].path)


def test_the_mark_follows_a_reset_at_once(process: VenueProcess) -> None:
    assert read_acked(process.inbound["XA"].path) == 50
    assert arrive(process, "A", 1, "141=Y|") == 1
    assert process.core.venues["XA"].was_reset


def test_the_mark_follows_a_sequence_reset_at_once(process: VenueProcess) -> None:
    assert arrive(process, "4", 51, "36=3|") == 2


@pytest.mark.parametrize("msg_type", ["0", "4", "A"])
@pytest.mark.parametrize("rest", ["loose|", "90=5|91=x|", "36=x|"])
def test_a_session_message_that_cannot_be_read_ends_nothing(
    process: VenueProcess, msg_type: str, rest: str
) -> None:
    assert arrive(process, msg_type, 51, rest) == 50
