"""Puts `fixconfig/` and a part of `deploy/` into the wheel below `headgate/`, no more.

Hatch's own `force-include` would copy it there too, where the copy goes stale beside the original.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DataHook(BuildHookInterface):  # type: ignore[type-arg]  # hatch's generic is its own plumbing
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"]["fixconfig"] = "headgate/fixconfig"
            for name in ("headgate.toml", "instruments.toml", "scenarios"):
                build_data["force_include"][f"deploy/{name}"] = f"headgate/deploy/{name}"
