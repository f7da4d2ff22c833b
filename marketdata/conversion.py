"""Recorded days of any format as one file of our own schema: `headgate marketdata convert`."""

from contextlib import closing
from pathlib import Path

from headgate.settings import Settings, SettingsError, load_instruments
from marketdata.plain_files import SUFFIXES, PlainWriter, suffix
from marketdata.replay_feed import recording_of


def convert(settings: Settings, target: Path) -> str:
    """Write what marketdata.replay names to `target`. Returns what was done, in a line.

    Raises SettingsError, BadTickFile; then there is no new `target`.
    """
    if not suffix(target):
        raise SettingsError(f"{target}: its name must end in one of {', '.join(SUFFIXES)}")
    instruments = load_instruments(Path(settings.instruments_file))
    recording = recording_of(settings.marketdata.replay)
    events = recording.events(instruments)
    with closing(events), PlainWriter(target, instruments) as writer:
        count = writer.write(events)
    faults = [f"{number:,} {reason}" for reason, number in recording.skipped.counts.items()]
    return f"{target}: {count:,} events; {', '.join(faults) or 'nothing'} passed over"
