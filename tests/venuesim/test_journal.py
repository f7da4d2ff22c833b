"""The journal keeps whole lines, also when the process died in the middle of one."""

from decimal import Decimal
from pathlib import Path

from venuesim.client_orders import JournalEntry, Sent
from venuesim.journal import Journal
from venuesim.requests import CancelOrder, NewOrder

NEW = NewOrder(
    cl_ord_id="X", symbol="IBM", side="1", order_qty=Decimal("100.5"), ord_type="1", at_ns=7
)
CANCEL = CancelOrder(cl_ord_id="Y", orig_cl_ord_id="X", symbol="IBM", side="1", at_ns=8)
SENT = Sent(at_ns=9)


def test_entries_come_back(tmp_path: Path) -> None:
    entries: list[JournalEntry] = [NEW, CANCEL, SENT]
    journal = Journal(tmp_path / "deep" / "XSIM.jsonl")
    assert list(journal.read()) == []
    journal.append(entries[:1])
    journal.append(entries[1:])
    journal.close()
    again = Journal(tmp_path / "deep" / "XSIM.jsonl")
    assert list(again.read()) == entries
    again.close()


def test_torn_last_line_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "XSIM.jsonl"
    journal = Journal(path)
    journal.append([NEW])
    journal.close()
    with path.open("ab") as file:
        file.write(b'{"type":"sent","at')
    again = Journal(path)
    again.append([SENT])
    assert list(again.read()) == [NEW, SENT]
    again.close()
