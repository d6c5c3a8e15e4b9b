"""examples/serve.py in a process of its own, on loopback."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Service:
    """What answers, and a connection to it."""

    def __init__(self, process: subprocess.Popen, port: int):
        self.process, self.port = process, port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call_anew(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """The same by a connection of its own, which any worker may take."""
        self.connection.close()
        return self.call(method, path, body)

    def call(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """Status and content of an answer."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        self.connection.request(method, path, content, {"content-type": "application/json"})
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read())

    def terminate(self) -> int:
        """End it as a supervisor would; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextlib.contextmanager
def service(policy: Path, log: Path, workers: int = 1, seed: int | None = 0) -> Iterator[Service]:
    """The service, once it answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "serve:app", "--log-level", "warning"]
    settings = {"RLBENCH_POLICY": str(policy), "RLBENCH_LOG": str(log)}
    settings |= {} if seed is None else {"RLBENCH_SEED": str(seed)}
    # A machine that is busy is no reason to replace a worker, nor to close a connection.
    command += ["--port", str(port), "--workers", str(workers), "--timeout-worker-healthcheck", "60"]
    command += ["--timeout-keep-alive", "60"]
    process = subprocess.Popen(command, env=os.environ | settings)
    made = Service(process, port)
    try:
        while not _answers(made):
            assert process.poll() is None, "it did not start"
            time.sleep(0.05)
        yield made
    finally:
        if process.poll() is None:
            # Killed, it would leave its workers behind.
            process.terminate()
            process.wait(60)
        made.connection.close()


def _answers(made: Service) -> bool:
    try:
        return made.call("GET", "/health")[0] == 200
    except ConnectionError:
        made.connection.close()
        return False
