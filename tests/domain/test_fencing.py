"""The claim rule against the cases that matter: takeover, zombie, two claims at once."""

import msgspec
import pytest

from domain.children import Claim
from domain.fencing import Fence


class Written(msgspec.Struct, frozen=True):
    """Any record of a worker."""

    claim: int | None


def claim(token: int | None = None) -> Claim:
    return Claim(partition=0, worker="w", build="b", settings_hash="s", instruments_hash="i",
                 at_ns=1, claim=token)  # fmt: skip


@pytest.mark.parametrize(
    ("story", "verdicts"),
    [
        ([claim(), Written(0), Written(0)], [False, True, True]),
        ([Written(3), Written(2), Written(3)], [True, False, True]),  # its Claim is no longer kept
        ([claim(), claim(), Written(0), Written(1)], [False, False, False, True]),
        ([claim(), Written(0), claim(), Written(0), Written(2)],
         [False, True, False, False, True]),  # the zombie writes after the takeover
        ([claim(), Written(7), Written(0)], [False, False, True]),  # a token that nobody has
        ([claim(), Written(None)], [False, False]),
    ],
)  # fmt: skip
def test_children(story: list[Claim | Written], verdicts: list[bool]) -> None:
    fence = Fence()
    assert [fence.admits(0, each, offset) for offset, each in enumerate(story)] == verdicts
    assert fence.ignored == sum(
        not good and isinstance(each, Written) for each, good in zip(story, verdicts, strict=True)
    )


def test_reports_carry_the_token_and_an_older_one_never_comes_back() -> None:
    fence = Fence()
    story: list[Claim | Written] = [
        claim(40),
        Written(40),
        claim(90),
        claim(40),
        Written(40),
        Written(90),
    ]
    verdicts = [fence.admits(3, each) for each in story]
    assert verdicts == [False, True, False, False, False, True]
    assert fence.latest(3) == 90
    assert fence.latest(0) is None


def test_partitions_do_not_mix() -> None:
    fence = Fence()
    fence.admits(0, claim(), 5)
    assert fence.admits(1, Written(2), 6)
    assert not fence.admits(0, Written(2), 6)
