"""Metrics and health of one process: /metrics, /livez and /readyz on one port, JSON logs.

/livez is 200 while the loop beats; /readyz is 200 when nothing stands against it, else 503 with
the reasons. Both say them as JSON.
"""

import json
import logging
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Final

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from headgate.settings import HttpSettings

LIVE_WITHIN_S: Final = 10.0  # a loop that has not come round for so long is stuck


class Health:
    """What /livez and /readyz answer. Written by the loop, read by the HTTP thread."""

    def __init__(self) -> None:
        self._beat_s = time.monotonic()
        self._not_ready: dict[str, str] = {"start": "starting"}

    def beat(self) -> None:
        """The loop came round."""
        self._beat_s = time.monotonic()

    def block(self, key: str, reason: str) -> None:
        """Not ready because of `key`."""
        self._not_ready = {**self._not_ready, key: reason}

    def clear(self, key: str) -> None:
        """`key` no longer stands against being ready."""
        if key in self._not_ready:
            self._not_ready = {k: v for k, v in self._not_ready.items() if k != key}

    def broker(self, up: bool) -> None:
        """Whether a broker of the bus answers."""
        if up:
            self.clear("broker")
        else:
            self.block("broker", "no broker of the bus answers")

    def live(self) -> tuple[bool, dict[str, str]]:
        age_s = time.monotonic() - self._beat_s
        return age_s < LIVE_WITHIN_S, {"heartbeat_age_s": f"{age_s:.3f}"}

    def ready(self) -> tuple[bool, dict[str, str]]:
        return not self._not_ready, self._not_ready


def serve(settings: HttpSettings, health: Health) -> ThreadingHTTPServer | None:
    """Answer on `settings.port` from a daemon thread; None if the port is 0."""
    if not settings.port:
        return None

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            elif self.path in ("/livez", "/readyz"):
                good, detail = health.live() if self.path == "/livez" else health.ready()
                body = json.dumps({"ok": good, "detail": detail}).encode()
                self._answer(200 if good else 503, "application/json", body)
            else:
                self._answer(404, "text/plain", b"not found\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: scrapes are not news."""

    server = ThreadingHTTPServer((settings.host, settings.port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server


def configure_logs(process: str, level: str) -> None:
    """One JSON object a line on standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


class StopSignal:
    """Set once SIGTERM or SIGINT came; loops look at it each time round and drain."""

    def __init__(self) -> None:
        self.is_set = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.is_set = True
