"""Files made of the algorithms' declarations are up to date; the commands print the same."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from algos.catalogue import ALGORITHMS
from algos.description import document_blocks
from bus.message_tables import blocks_of
from headgate.algo_documents import check_algo_documents, write_algo_documents
from headgate.command_line import app
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "algorithms.md").read_text()


def test_up_to_date() -> None:
    stale = check_algo_documents(ROOT / "docs", ROOT / "fixconfig")
    assert stale == [], "run `headgate schemas` and read the difference"


def test_the_page_has_every_table_once() -> None:
    assert sorted(blocks_of(PAGE)) == sorted(document_blocks(ALGORITHMS))


def test_nothing_that_is_said_not_to_be_offered_is_declared() -> None:
    section = PAGE.split("## Not offered yet")[1]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    absent = {name for row in rows for name in re.findall(r"`(\w+)`", row)} - {"completion"}
    assert len(absent) > 4
    for algorithm in ALGORITHMS.values():
        assert not absent & {each.name for each in algorithm.parameters}


def test_writing_mends_what_is_stale(tmp_path: Path) -> None:
    docs, fixconfig = tmp_path / "docs", tmp_path / "fixconfig"
    docs.mkdir()
    (docs / "algorithms.md").write_text("<!-- generated: rules_twap -->\nold\n<!-- end -->\n")
    assert len(write_algo_documents(docs, fixconfig)) == 1 + 2 * len(ALGORITHMS)
    assert check_algo_documents(docs, fixconfig) == []
    (docs / "schemas" / "algos" / "twap.json").write_text("{}")
    gone = fixconfig / "atdl" / "gone.xml"
    gone.write_text("")
    stale = [docs / "schemas" / "algos" / "twap.json", gone]
    assert check_algo_documents(docs, fixconfig) == stale
    assert write_algo_documents(docs, fixconfig) == stale
    assert check_algo_documents(docs, fixconfig) == []
    assert "old" not in (docs / "algorithms.md").read_text()


@pytest.mark.parametrize("words", [["describe"], ["describe", "twap"], ["list"]])
def test_commands_name_every_algorithm_and_parameter(words: list[str]) -> None:
    ran = CliRunner().invoke(app, ["algos", *words])
    assert ran.exit_code == 0
    for algorithm in ALGORITHMS.values() if len(words) == 1 else [ALGORITHMS[words[1]]]:
        assert algorithm.name in ran.stdout
        assert words == ["list"] or all(each.name in ran.stdout for each in algorithm.parameters)


def test_described_as_json_it_is_the_schema() -> None:
    ran = CliRunner().invoke(app, ["algos", "describe", "twap", "--json"])
    written = json.loads((ROOT / "docs" / "schemas" / "algos" / "twap.json").read_text())
    assert json.loads(ran.stdout) == {"twap": written}


def test_an_algorithm_that_is_not_there_is_refused() -> None:
    ran = CliRunner().invoke(app, ["algos", "describe", "tarp"])
    assert ran.exit_code == 2
    assert "'tarp' is not one of twap" in ran.stderr
