"""Where figures were taken: without it they mean nothing."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

import confluent_kafka

PACKAGES = ("quickfix", "confluent-kafka", "msgspec", "numpy", "prometheus-client")


def machine() -> dict[str, str]:
    """What runs here, and how busy it was when this was asked."""
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processor": f"{_processor()}, {os.cpu_count()} visible",
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}, "
        f"{platform.python_compiler()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
        "librdkafka": confluent_kafka.libversion()[0],
        "load": " ".join(f"{each:.2f}" for each in os.getloadavg()),
    }


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def peak_mib() -> float:
    """The most memory that this program has had, MiB.

    Not getrusage's ru_maxrss: Linux hands that on to what a process starts, so that a small child
    of a large benchmark would seem as large.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("/proc/self/status has no VmHWM")
