"""`headgate estimate`: what it prints, and that bad input names its option with status 2."""

import inspect
import re
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from algos.models.calibration import (
    Calibration,
    CalibrationKind,
    Coefficient,
    CoefficientName,
    file_name,
    write_calibration,
)
from headgate.command_line import app
from headgate.estimate_commands import estimate as command
from marketdata.symbol_profile import SymbolProfile, profile_file_name, write_profile
from tests.conftest import ROOT
from tests.marketdata.profile_scene import profile

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
        ("max-participation", "0", "not_positive: --max-participation"),
        ("max-participation", "10", "0.1 is 10 %"),
        ("start-minutes", "-1", "negative: --start-minutes"),
        ("limit-bps", "-10000", "below_bound: --limit-bps"),
        ("limit-bps", "nan", "below_bound: --limit-bps"),
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


PROFILE = profile(
    curves=(), adv_qty=1_000_000, daily_volatility=0.02, relative_spread=8e-4
)  # as of GIVEN


def by_profile(tmp_path: Path, made: SymbolProfile, *words: object) -> tuple[int, str]:
    path = tmp_path / profile_file_name(made.symbol)
    write_profile(made, path)
    result = CliRunner().invoke(app, ["estimate", "--profile", str(path), *map(str, words)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.output


def test_a_profile_stands_for_its_figures(tmp_path: Path) -> None:
    status, said = by_profile(tmp_path, PROFILE, "--quantity", 100_000, "--minutes", 390)
    assert status == 0, said
    for label in ("expected cost", "risk", "participation"):
        assert figure(label, said) == figure(label, estimate()[1])
    assert "IBM, profile as of 2026-01-31 (two days of a test), volume even over the day" in said
    _, said = by_profile(tmp_path, PROFILE, "--quantity", 100_000, "--minutes", 390, "--adv", 2e6)
    assert "given: adv" in said
    assert figure("participation", said) == 5.0


def test_the_volume_of_the_window_is_the_curves(tmp_path: Path) -> None:
    """An hour in quarters of 40, 10, 20 and 30 %: the second trades a tenth of 1,000 shares."""
    hour = profile(adv_qty=1_000)
    status, said = by_profile(tmp_path, hour, "--quantity", 10, "--minutes", 15,
                              "--start-minutes", 15, "--bins", 2)  # fmt: skip
    assert status == 0, said
    assert "others trade 100 in the window" in said
    assert figure("participation", said) == 10.0
    assert [row[:2] for row in rows(said)] == [["0.00", "7.50"], ["7.50", "15.00"]]
    status, said = by_profile(tmp_path, hour, "--quantity", 10, "--minutes", 30, "--bins", 2)
    assert [row[:2] for row in rows(said)] == [["0.00", "9.38"], ["9.38", "30.00"]]
    status, said = by_profile(tmp_path, hour, "--quantity", 10, "--minutes", 5,
                              "--start-minutes", 60)  # fmt: skip
    assert (status, "above_bound: --start-minutes" in said) == (2, True)


def test_completion() -> None:
    """A ninth of 1,000,000 shares is 111,111: at the median half of the days have more."""
    said = estimate(quantity="111111", max_participation="0.1")[1]
    assert figure("completion", said) == pytest.approx(88, abs=1)
    assert "all of it with a chance of 50.0%" in said
    assert "others trade 1,000,000 in the window, of all volume it may have 10%" in said
    said = estimate(quantity="100", limit_bps="0")[1]
    assert figure("completion", said) == 75.0
    assert "a limit 0 bps beyond the market leaves 75.0%" in said


def test_fitted_coefficients(tmp_path: Path) -> None:
    """A directory without any that may be used on the day says that there are none."""
    status, said = estimate(calibrations=str(tmp_path))
    assert (status, "model crossover, published (no calibration)" in said) == (0, True)
    fitted = tuple(
        Coefficient(name=name, unit="", n=900, estimate=value, se=0.1, r_squared=0.1, value=value)
        for name, value in ((CoefficientName.CROSSOVER_SPREAD_PAID, 0.5),
                            (CoefficientName.CROSSOVER_Y, 2.0))
    )  # fmt: skip
    made = Calibration(kind=CalibrationKind.ORDERS, symbol="*", currency="USD", as_of="2026-03-02",
                       days=(), made_from="a test", coefficients=fitted)  # fmt: skip
    write_calibration(made, tmp_path / file_name("*", CalibrationKind.ORDERS))
    early = estimate(calibrations=str(tmp_path), on="2026-03-01")[1]
    assert "model crossover, published (no calibration)" in early
    said = estimate(calibrations=str(tmp_path), on="2026-03-02")[1]
    assert "model crossover, all_symbols" in said
    assert "half the spread 2.00 (50% of it, as own orders paid)" in said
    plain = figure("expected cost", estimate()[1])
    assert figure("expected cost", said) == pytest.approx(2.0 + 2.0 * (plain - 4.0), abs=0.02)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    status, said = by_profile(tmp_path, PROFILE, "--quantity", 100, "--minutes", 10,
                              "--calibrations", tmp_path / "none")  # fmt: skip
    assert (status, "headgate estimate: no_file: " in said) == (2, True)
    status, said = estimate(profile=str(tmp_path / "X.profile.json"))
    assert (status, "headgate estimate: no_file: " in said) == (2, True)
    status, said = by_profile(
        tmp_path, msgspec.structs.replace(PROFILE, daily_volatility=None), "--quantity", 100,
        "--minutes", 10,
    )  # fmt: skip
    assert (status, "not_given: --volatility" in said) == (2, True)


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
