"""The mark below which inbound messages are durable, and its journal."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from gateway.inbound_mark import InboundMark, MarkJournal, first_to_ask_for


def test_the_mark_waits_for_the_oldest() -> None:
    mark = InboundMark()
    tokens = [mark.began(seq) for seq in (1, 2, 3)]
    mark.done(tokens[1])
    assert (mark.mark, mark.answered(), mark.pending) == (0, [2], 3)
    mark.done(tokens[0])
    assert (mark.mark, mark.answered(), mark.pending) == (2, [], 1)
    mark.done(tokens[2])
    assert mark.mark == 3


def test_numbers_that_are_skipped_need_nothing() -> None:
    mark = InboundMark(mark=4)
    mark.saw(9)
    assert mark.mark == 9


def test_a_sequence_that_starts_again_forgets_the_old_one() -> None:
    mark = InboundMark(mark=4)
    old = mark.began(5)
    new = mark.began(1)
    mark.done(old)
    assert mark.mark == 0
    mark.done(new)
    assert mark.mark == 1


@given(st.permutations(range(1, 12)))
def test_the_mark_is_the_longest_prefix_that_is_done(order: list[int]) -> None:
    mark = InboundMark()
    tokens = {seq: mark.began(seq) for seq in range(1, 12)}
    done: set[int] = set()
    for seq in order:
        mark.done(tokens[seq])
        done.add(seq)
        prefix = next(n for n in range(13) if n + 1 not in done)
        assert mark.mark == prefix
        assert mark.answered() == sorted(each for each in done if each > prefix)


def test_a_journal_remembers_the_mark_and_what_was_answered(tmp_path: Path) -> None:
    path = tmp_path / "OMS.acked"
    journal = MarkJournal(path)
    assert journal.read() == (0, [])
    mark = InboundMark(mark=6)
    mark.began(7)
    for seq in (8, 9):
        mark.saw(seq)
    journal.write(mark)
    assert MarkJournal(path).read() == (6, [8, 9])
    mark.done(1)
    journal.write(mark)  # shorter than what stood there
    assert MarkJournal(path).read() == (9, [])


def test_a_journal_that_is_no_journal_asks_for_everything(tmp_path: Path) -> None:
    path = tmp_path / "OMS.acked"
    path.write_bytes(b"\x00garbage\n")
    assert MarkJournal(path).read() == (0, [])


def test_a_restart_never_skips_what_the_engine_still_expects() -> None:
    assert first_to_ask_for(expected=7, mark=3) == 4
    assert first_to_ask_for(expected=7, mark=9) == 7


def test_counting_anew_forgets_what_was_pending_and_its_tokens() -> None:
    mark = InboundMark(mark=4)
    old = mark.began(9)
    mark.count_anew()
    assert (mark.mark, mark.pending) == (0, 0)
    new = mark.began(2)
    mark.done(old)
    assert mark.mark == 1
    mark.done(new)
    assert mark.mark == 2
