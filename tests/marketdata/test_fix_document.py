"""docs/fix.md says what the market data tables say."""

from pathlib import Path

import msgspec
import pytest

from domain.fix_market_data import PHASE_OF, STATUS_OF, MDReqRejReason
from domain.marketdata import TradeCondition, TradingPhase
from headgate.settings import FixFeedSettings, SimVenueSettings
from marketdata.fix_subscription import State

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "fix.md").read_text().partition("\n# Market data\n")[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


@pytest.mark.parametrize("state", State)
def test_every_state_stands_there(state: State) -> None:
    assert f"\n| `{state.value}` | " in DOCUMENT


# The simulator serves whoever may log on: it has no permissions (3) to lack.
REASONS = [each for each in MDReqRejReason if each is not MDReqRejReason.INSUFFICIENT_PERMISSIONS]


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_a_refusal_stands_there(reason: MDReqRejReason) -> None:
    assert f"\n| {reason.value} | " in DOCUMENT


@pytest.mark.parametrize("phase", TradingPhase)
def test_every_phase_stands_there_with_its_numbers(phase: TradingPhase) -> None:
    [row] = [each for each in DOCUMENT.splitlines() if each.endswith(f"| `{phase.value}` |")]
    assert row.startswith(f"| {STATUS_OF[phase]} ")
    numbers = {value for value, said in PHASE_OF.items() if said is phase}
    assert numbers == {word.strip(",") for word in row.split() if word.strip(",").isdigit()}


@pytest.mark.parametrize("condition", TradeCondition)
def test_every_condition_stands_there(condition: TradeCondition) -> None:
    rows = DOCUMENT.partition("| condition of a print |")[2].partition("\n\n")[0]
    assert f"`{condition.value}`" in "".join(row.split("|")[1] for row in rows.splitlines()[2:])


@pytest.mark.parametrize("field", msgspec.structs.fields(FixFeedSettings), ids=lambda f: f.name)
def test_every_key_of_a_session_stands_there(field: msgspec.structs.FieldInfo) -> None:
    default = "none"
    if field.default is not msgspec.NODEFAULT:
        shown = list(field.default) if isinstance(field.default, tuple) else field.default
        default = f"`{msgspec.json.encode(shown).decode()}`"
    assert f"\n| `{field.name}` | {default} | " in OPERATIONS


def test_every_key_of_a_simulated_venue_stands_there() -> None:
    for field in msgspec.structs.fields(SimVenueSettings):
        assert f"\n| `{field.name}` | " in OPERATIONS
