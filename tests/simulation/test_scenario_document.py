"""docs/simulate.md says what the structs say: every key of a scenario with its default."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import get_args

import msgspec
import pytest
import typer

from headgate.command_settings import shipped
from headgate.simulate_command import scenario_file
from simulation.scenario import (
    Amendment,
    Generator,
    Market,
    Order,
    RegimeTable,
    Scenario,
    SymbolMarket,
    Variant,
    VenueTable,
    read_scenario,
)
from simulation.scenario_faults import Fault
from simulation.summary import MEASURES
from tests.conftest import ROOT

TEXT = (ROOT / "docs/simulate.md").read_text()
TABLES: dict[str, type[msgspec.Struct]] = {
    "[market]": Market, "[[market.symbols]]": SymbolMarket, "[[venues]]": VenueTable,
    "[[market.symbols.regimes]]": RegimeTable, "[[orders]]": Order,
    "[[generators]]": Generator, "[[amendments]]": Amendment, "[[variants]]": Variant,
}  # fmt: skip
FAULTS: tuple[type[msgspec.Struct], ...] = get_args(Fault)
SHIPPED = sorted(shipped("scenarios").glob("*.toml"))


def default_of(field: msgspec.structs.FieldInfo) -> object:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    if field.default is msgspec.NODEFAULT:
        return "required"
    value = field.default
    if value is msgspec.UNSET:
        return None
    if isinstance(value, tuple):
        return list(value)
    return float(value) if isinstance(value, Decimal) else value


def documented(text: str) -> object:
    if text in ("required", "none"):
        return None if text == "none" else text
    return tomllib.loads(f"x = {text.strip('`')}")["x"]


@pytest.mark.parametrize("name", TABLES)
def test_every_key_has_its_row_with_its_default(name: str) -> None:
    section = TEXT.partition(f"\n### `{name}`\n")[2].partition("\n### ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| .*\|$", section, re.MULTILINE)
    told = {key: documented(default) for key, default in rows}
    assert told == {field.name: default_of(field) for field in msgspec.structs.fields(TABLES[name])}
    assert list(told) == [field.name for field in msgspec.structs.fields(TABLES[name])]


@pytest.mark.parametrize("kind", FAULTS, ids=lambda kind: kind.__name__)
def test_every_fault_has_its_row(kind: type[msgspec.Struct]) -> None:
    (keys,) = re.findall(rf"^\| `{kind.__struct_config__.tag}` \| (.+?) \| .*\|$", TEXT,
                         re.MULTILINE)  # fmt: skip
    told = {name: documented(default) if default else "required"
            for name, default in re.findall(r"`(\w+)`(?: \(`(\w[\w.]*)`\))?", keys)}  # fmt: skip
    assert told == {field.name: default_of(field) for field in msgspec.structs.fields(kind)}


def test_no_table_is_left_out() -> None:
    tables = {name.strip("[]").removeprefix("market.") for name in TABLES} | {"faults", "name"}
    assert {*Scenario.__struct_fields__, "symbols", "symbols.regimes"} == tables


def test_the_example_is_of_this_programs_making() -> None:
    for _, label in MEASURES.values():
        assert f"\n  {label} " in TEXT


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_scenarios_are_good_and_named_in_the_document(path: Path) -> None:
    assert read_scenario(path).name == path.stem
    assert f"`{path.stem}`" in TEXT
    assert scenario_file(path.stem) == path


def test_a_file_that_is_there_goes_before_a_shipped_name(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("")
    assert scenario_file(str(mine)) == mine


def test_a_name_of_nothing_lists_the_shipped_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        scenario_file("no-such")
    assert ended.value.exit_code == 2
    said = capsys.readouterr().err
    assert said.startswith("headgate simulate: no-such: no such file, and none of ")
    assert all(path.stem in said for path in SHIPPED)
