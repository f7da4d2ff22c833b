"""Where the FIX data dictionary lies: our FIX44.xml, in a source tree or in the installed wheel."""

from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).resolve().parent.parent
_PLACES: Final = (_HERE / "fixconfig", _HERE / "headgate" / "fixconfig")


def dictionary_path() -> Path:
    """The path of FIX44.xml. Raises FileNotFoundError if this installation lacks it."""
    for place in _PLACES:
        path = place / "FIX44.xml"
        if path.is_file():
            return path
    raise FileNotFoundError(f"FIX44.xml is in none of {', '.join(map(str, _PLACES))}")
