"""compose.yaml: every process is there, unprivileged, with settings that it accepts."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from bus.topics import SPECS
from headgate.command_line import app
from headgate.settings import Settings, load_instruments, load_settings
from tests.conftest import ROOT
from tests.operations.commands import COMMANDS

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("headgate:")]
SCRAPES = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())["scrape_configs"]
SCRAPE = SCRAPES[0]


def test_every_process_runs_its_command() -> None:
    commands = {name: SERVICES[name]["command"] for name in OURS if name != "cli"}
    assert commands == COMMANDS


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_command_line_has_the_command(command: list[str]) -> None:
    told = CliRunner().invoke(app, [*command, "--help"])
    assert told.exit_code == 0, told.output
    assert "--settings" in told.output
    assert "HEADGATE_SETTINGS" in told.output  # as the image sets it


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_runs_with_privileges_or_a_floating_tag(name: str) -> None:
    service = SERVICES[name]
    _, tag = service["image"].rsplit(":", 1)
    assert tag.lstrip("v").count(".") == 2
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("read_only", False) or name == "kafka"  # it writes its configuration
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", SERVICES)
def test_what_is_mounted_and_named_exists(name: str) -> None:
    service = SERVICES[name]
    for mount in service.get("volumes", []):
        source, _, target = mount.partition(":")
        if source.startswith("."):
            assert (ROOT / source).exists(), source
            assert target.endswith(":ro")
        else:
            assert source in COMPOSE["volumes"]
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    assert set(service.get("depends_on", {})) <= set(SERVICES)


@pytest.mark.parametrize("name", OURS)
def test_settings_are_what_the_processes_accept(name: str, tmp_path: Path) -> None:
    settings = settings_of(name, tmp_path)
    assert settings.bus.bootstrap_servers == "kafka:29092"
    assert [venue.host for venue in settings.venues] == ["venuesim", "venuesim"]
    assert settings.oms.sessions[0].password == ("secret" if name == "oms" else None)
    table = load_instruments(Path(settings.instruments_file))
    assert table.venues() == [venue.name for venue in settings.venues]
    assert set(settings.venuesim.start_px) == set(table.by_symbol)


def settings_of(name: str, directory: Path) -> Settings:
    """The settings that a service would run with, its secret stood in for."""
    env = {key: str(value) for key, value in SERVICES[name]["environment"].items()}
    secret = directory / "secret"
    secret.write_text("secret\n")
    env.update({key: str(secret) for key in env if key.endswith("_FILE")})
    return load_settings(ROOT / "deploy/headgate.toml", env)


def test_one_store_for_each_process_that_speaks_fix() -> None:
    stores = {
        name: mount.partition(":")[2]
        for name in OURS
        for mount in SERVICES[name]["volumes"]
        if not mount.startswith(".")
    }
    assert stores == {name: f"/var/lib/headgate/{name}" for name in ("oms", "venues", "venuesim")}


def test_prometheus_scrapes_every_process() -> None:
    scraped = {
        target: config["labels"]["process"]
        for config in SCRAPE["static_configs"]
        for target in config["targets"]
    }
    always = set(COMMANDS) - {"topics", "marketdata"}
    assert scraped == {f"{name}:8080": name for name in always}
    assert SERVICES["marketdata"]["profiles"] == ["marketdata"]
    (found,) = (each for each in SCRAPES if "dns_sd_configs" in each)  # only where it runs
    assert found["dns_sd_configs"] == [{"names": ["marketdata"], "type": "A", "port": 8080}]
    assert found["relabel_configs"] == [{"target_label": "process", "replacement": "marketdata"}]


def test_recorded_days_are_where_the_settings_say(tmp_path: Path) -> None:
    mounts = dict(mount.split(":")[:2] for mount in SERVICES["marketdata"]["volumes"])
    path = settings_of("marketdata", tmp_path).marketdata.replay.path
    assert mounts["./deploy/recordings"] == path


def test_topics_are_declared_before_anything_runs() -> None:
    assert SPECS
    assert SERVICES["kafka"]["environment"]["KAFKA_AUTO_CREATE_TOPICS_ENABLE"] == "false"
    for name in set(COMMANDS) - {"topics"}:
        assert SERVICES[name]["depends_on"] == {
            "topics": {"condition": "service_completed_successfully"}
        }


def test_grafana_finds_datasource_and_dashboard() -> None:
    provisioning = ROOT / "deploy/grafana/provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((provisioning / "dashboards/headgate.yaml").read_text())[
        "providers"
    ]
    mounts = dict(mount.rsplit(":", 2)[:2] for mount in SERVICES["grafana"]["volumes"]
                  if mount.startswith("."))  # fmt: skip
    assert mounts["./helm/dashboards"] == provider["options"]["path"]
