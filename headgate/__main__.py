"""The console script. Until the command line is there, Ctrl-C ends the process at once and quietly.

Imports take some tenths of a second, more on a busy machine, and nothing is open then that would
have to be closed: Python's traceback would only frighten.
"""

import signal
import sys
from typing import Final

INTERRUPTED: Final = 130  # what shells give a command that Ctrl-C ended


def main() -> None:
    """Run the command that was typed."""
    if not __debug__:
        sys.exit("headgate: assertions are part of it; do not run it with -O")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from headgate.command_line import app

    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        app()
    except KeyboardInterrupt:  # before typer, which handles it, has begun
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
