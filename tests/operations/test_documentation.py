"""docs/operations.md says what the code says: every setting with its default, every metric."""

import json
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from headgate import metrics
from headgate.settings import Settings
from tests.conftest import ROOT

TEXT = (ROOT / "docs/operations.md").read_text()
SECTION = TEXT.partition("\n## Settings\n")[2].partition("\n### ")[0]
SETTINGS = dict(re.findall(r"^\| `([a-z_.]+)` \| `(.+?)` \| \S", SECTION, re.MULTILINE))
# A default that is a list of sessions is written as TOML writes it.
Plain = bool | int | float | str | list[dict[str, str]] | dict[str, str]


def defaults(table: msgspec.Struct, path: str = "") -> Iterator[tuple[str, Plain]]:
    """Every key with its default."""
    for field in msgspec.structs.fields(table):
        value = getattr(table, field.name)
        if isinstance(value, msgspec.Struct):
            yield from defaults(value, f"{path}{field.name}.")
        else:
            yield f"{path}{field.name}", plain(value)


def plain(value: object) -> Plain:
    """As TOML would give it, what is None left out."""
    if isinstance(value, Decimal):
        return int(value)
    found = json.loads(msgspec.json.encode(value))
    if isinstance(found, list):
        return [{k: v for k, v in each.items() if v is not None} for each in found]
    return found  # type: ignore[no-any-return]  # json.loads says Any


DEFAULTS = dict(defaults(Settings()))


def test_every_setting_has_its_row_and_no_other() -> None:
    assert list(SETTINGS) == list(DEFAULTS)


@pytest.mark.parametrize("key", DEFAULTS)
def test_a_row_tells_the_default(key: str) -> None:
    assert tomllib.loads(f"x = {SETTINGS[key]}")["x"] == DEFAULTS[key]


def test_every_metric_has_its_row() -> None:
    rows = re.findall(r"^\| `(headgate_\w+)` \| (\w+) \| (.*?) \| (.+) \|$", TEXT, re.MULTILINE)
    assert rows == [row(each) for each in metrics.declared()]


def row(metric: metrics.Metric) -> tuple[str, str, str, str]:
    described = next(iter(metric.describe()))
    name = f"{described.name}_total" if described.type == "counter" else described.name
    labels = ", ".join(f"`{label}`" for label in metric._labelnames)
    return name, described.type, labels, described.documentation
