"""What the command line says of what an order waits for."""

import pytest

from domain.refusals import RefusalReason, WaitReason
from domain.reports import ParentWaiting
from headgate.orders import wait_text


def waiting(reason: WaitReason, refusal: RefusalReason | None = None) -> ParentWaiting:
    return ParentWaiting(
        claim=0, order_id="P", source="OMS", cl_ord_id="A", symbol="IBM", reason=reason,
        refusal=refusal, venue=None if refusal is None else "XA", due_qty=0, cum_qty=0, open_qty=0,
        transact_ns=0,
    )  # fmt: skip


@pytest.mark.parametrize("reason", list(WaitReason))
def test_every_reason_has_its_words(reason: WaitReason) -> None:
    assert wait_text(waiting(reason)).startswith(f"{reason.value} (")


@pytest.mark.parametrize("refusal", list(RefusalReason))
def test_a_refusal_has_its_code_and_its_words(refusal: RefusalReason) -> None:
    said = wait_text(waiting(WaitReason.REFUSED, refusal))
    assert said.startswith(f"refused {refusal.value} at XA (")
