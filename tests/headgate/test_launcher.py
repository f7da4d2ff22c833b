"""What the launcher hands to the processes that it starts."""

from headgate.launcher import free_port

# Drawn at random from the some ten thousand that a system gives, so many would hold repeats.
ASKED = 1_500


def test_no_port_is_given_twice() -> None:
    given = [free_port() for _ in range(ASKED)]
    assert len(set(given)) == ASKED
