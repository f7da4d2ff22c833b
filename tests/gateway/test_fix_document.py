"""docs/fix.md says what the tables of order entry say."""

from pathlib import Path

import pytest

from domain.refusals import RejectReason
from gateway.oms_fields import ALGOS, CXL_REJ_REASONS, ORD_REJ_REASONS

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "fix.md").read_text()


@pytest.mark.parametrize("reason", RejectReason)
def test_every_reason_stands_there_with_its_codes(reason: RejectReason) -> None:
    row = f"| `{reason.value}` | {ORD_REJ_REASONS[reason]} | {CXL_REJ_REASONS[reason].value} |"
    assert row in DOCUMENT


@pytest.mark.parametrize(("strategy", "algo"), ALGOS.items())
def test_every_strategy_stands_there(strategy: str, algo: str) -> None:
    assert f"| {strategy} | `{algo}` |" in DOCUMENT
