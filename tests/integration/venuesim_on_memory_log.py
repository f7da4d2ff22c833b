"""The venue simulator's process on the in-memory bus: `python venuesim_on_memory_log.py TOML`."""

import sys
from pathlib import Path

from bus.memory import Broker, MemoryLog
from headgate.settings import load_instruments, load_settings
from headgate.telemetry import configure_logs
from venuesim.process import serve_venues

if __name__ == "__main__":
    settings = load_settings(Path(sys.argv[1]), {})
    configure_logs("venuesim", settings.log.level)
    table = load_instruments(Path(settings.instruments_file))
    sys.exit(serve_venues(settings, (), table, MemoryLog(Broker())))
