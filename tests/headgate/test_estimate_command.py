"""`headgate estimate`: what it prints, and that bad input names its option with status 2."""

import inspect
import re

import pytest
from typer.testing import CliRunner

from headgate.command_line import app
from headgate.estimate_commands import estimate as command
from tests.conftest import ROOT

GIVEN = {"quantity": "100000", "adv": "1e6", "volatility": "0.02", "spread-bps": "8",
         "minutes": "390"}  # fmt: skip


def estimate(**changed: str) -> tuple[int, str]:
    """(exit status, all that was printed) of a 10 % order over a day of the mid preset."""
    words = ["estimate"]
    for name, value in {
        **GIVEN,
        **{name.replace("_", "-"): v for name, v in changed.items()},
    }.items():
        words += [f"--{name}", value]
    result = CliRunner().invoke(app, words)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def figure(label: str, said: str) -> float:
    found = re.search(rf"^{label}\s+([\d.]+)", said, re.MULTILINE)
    assert found is not None, said
    return float(found.group(1))


def rows(said: str) -> list[list[str]]:
    lines = said[said.index("from min") :].splitlines()[1:]
    return [line.replace(",", "").split() for line in lines]


def test_the_anchor_of_a_mid_cap() -> None:
    """quant.md 9.2: 35.63 bps by the exact solution, of which the closed form is within 2 %."""
    status, said = estimate()
    assert status == 0
    assert figure("expected cost", said) == pytest.approx(35.63, rel=0.02)
    assert "half the spread 4.00" in said
    assert figure("risk", said) == pytest.approx(200 / 3**0.5, abs=0.006)
    assert figure("participation", said) == 10.0
    assert [row[2] for row in rows(said)] == ["10000"] * 10
    assert "warning" not in said


@pytest.mark.parametrize("model", ["crossover", "almgren", "linear"])
def test_models_and_urgencies(model: str) -> None:
    even, hurried = (estimate(model=model)[1], estimate(model=model, urgency="vh")[1])
    assert f"model {model}" in even
    assert "urgency VH" in hurried
    assert figure("expected cost", hurried) > figure("expected cost", even)
    assert figure("risk", hurried) < figure("risk", even)
    shares = [int(row[2]) for row in rows(hurried)]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == 100_000


def test_a_half_life_is_its_urgency() -> None:
    """kappa T = 4: a quarter of the window."""
    by_half_life, by_urgency = estimate(half_life_minutes="97.5")[1], estimate(urgency="H")[1]
    assert rows(by_half_life) == rows(by_urgency)


def test_a_shorter_day_and_more_bins() -> None:
    _, said = estimate(minutes="510", day_minutes="510", bins="17")
    assert figure("expected cost", said) == figure("expected cost", estimate()[1])
    assert rows(said)[-1][:2] == ["480.00", "510.00"]


def test_warnings_and_nights() -> None:
    said = estimate(quantity="2000000", volatility="0.3", minutes="780")[1]
    for word in ("size_above_a_days_volume", "volatility_of_a_year", "nights are left out"):
        assert word in said
    assert "faster_than_the_market" in estimate(quantity="500000", minutes="60")[1]


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("quantity", "0", "not_positive: --quantity"),
        ("quantity", "-5", "not_positive: --quantity"),
        ("quantity", "2000000000", "above_bound: --quantity"),
        ("quantity", "9" * 400, "'--quantity'"),
        ("quantity", "much", "'--quantity'"),
        ("adv", "0", "not_positive: --adv"),
        ("adv", "nan", "not_finite: --adv"),
        ("adv", "inf", "not_finite: --adv"),
        ("volatility", "-0.1", "negative: --volatility"),
        ("volatility", "2", "0.015 is 1.5 % a day"),
        ("spread-bps", "-1", "negative: --spread-bps"),
        ("spread-bps", "20000", "above_bound: --spread-bps"),
        ("minutes", "0", "not_positive: --minutes: 0 is not above 0"),
        ("minutes", "1e-300", "below_bound: --minutes"),
        ("minutes", "1e9", "above_bound: --minutes"),
        ("day-minutes", "0", "not_positive: --day-minutes"),
        ("day-minutes", "1441", "above_bound: --day-minutes"),
        ("bins", "0", "not_positive: --bins"),
        ("bins", "1001", "above_bound: --bins"),
        ("half-life-minutes", "0", "not_positive: --half-life-minutes"),
        ("half-life-minutes", "1e-6", "below_bound: --half-life-minutes"),
        ("model", "square-root", "'--model'"),
        ("urgency", "soon", "'--urgency'"),
    ],
)
def test_bad_input_names_its_option(option: str, value: str, said: str) -> None:
    status, printed = estimate(**{option: value})
    assert status == 2
    assert said in printed


def test_one_of_urgency_and_half_life() -> None:
    status, printed = estimate(urgency="M", half_life_minutes="30")
    assert status == 2
    assert "--half-life-minutes: give it or --urgency, not both" in printed


@pytest.mark.parametrize("option", list(GIVEN))
def test_what_must_be_given(option: str) -> None:
    words = [word for name, value in GIVEN.items() if name != option
             for word in (f"--{name}", value)]  # fmt: skip
    result = CliRunner().invoke(app, ["estimate", *words])
    assert result.exit_code == 2
    assert f"--{option}" in result.output


def test_every_option_has_its_row() -> None:
    """docs/models.md."""
    text = (ROOT / "docs/models.md").read_text()
    rows = re.findall(r"^\| `--([a-z-]+)` \|", text, re.MULTILINE)
    assert rows == [name.replace("_", "-") for name in inspect.signature(command).parameters]
