"""The Dockerfile: it lints, copies every package of the wheel, and leaves no privileges."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import ROOT

TEXT = (ROOT / "Dockerfile").read_text()
PACKAGES: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"][
    "build"]["targets"]["wheel"]["packages"]  # fmt: skip


def test_lints() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    ran = subprocess.run(
        [hadolint, "--no-color", str(ROOT / "Dockerfile")], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stdout) == (0, "")


def test_every_package_is_copied_and_checked_to_be_ours() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", TEXT, re.MULTILINE)
    assert copied == [*PACKAGES, "fixconfig"]
    (checked,) = re.findall(r"names = '([a-z ]+)'\.split\(\)", TEXT)
    assert checked.split() == PACKAGES


def test_the_build_sees_all_it_copies_and_no_more() -> None:
    ignored, *allowed = [
        line
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line and line[0] not in "#" and not line.startswith("**")
    ]
    assert ignored == "*"
    stage = TEXT.split("\nFROM ")[1]
    copied = [
        name
        for line in re.findall(r"^COPY (.+)$", stage, re.MULTILINE)
        for name in line.split()[:-1]
    ]
    assert sorted(copied) == sorted(line.removeprefix("!").rstrip("/") for line in allowed)


def test_the_image_holds_what_was_built_and_runs_as_nobody() -> None:
    final = TEXT.split("\nFROM ")[2]
    assert re.findall(r"^COPY (.+)$", final, re.MULTILINE) == [
        "--from=builder /opt/headgate /opt/headgate"
    ]
    assert re.search(r"^USER 10001:10001$", final, re.MULTILINE)
    assert re.search(r"^ENTRYPOINT \[\"headgate\"\]$", final, re.MULTILINE)
    assert "PYTHONSAFEPATH=1" in final


def test_nothing_is_installed_without_its_hash() -> None:
    for line in re.findall(r"^RUN (?:\S+=\S+ )?pip (.+(?:\\\n.+)*)", TEXT, re.MULTILINE):
        assert "--require-hashes" in line or "--no-deps" in line
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.\d+\.\d+-slim-\w+$", TEXT, re.MULTILINE)
