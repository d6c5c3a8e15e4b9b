"""Workers of one service log side by side: whatever ends one of them, nothing is lost, and all of it is joined."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("onnx", reason="the extra [export] is not installed")
from rlbench_rec.serving import join_feedback

from .http_service import Service, service
from .small_policies import write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it looks for the workers in /proc")
SHARES = {"red": 0.5, "green": 0.3, "blue": 0.2}


def serve(shop: Service, earned: dict[str, float], count: int) -> None:
    """Decisions and what they earn, each by a connection of its own, which any worker may take."""
    for number in range(count):
        status, answer = shop.call_anew("POST", "/recommend", {"request": {"context": {"x": 1.0}}})
        assert status == 200
        (decision,) = answer["decision_ids"]
        earned[decision] = float(number)
        told = {"decision_id": decision, "outcomes": {"reward": float(number)}, "feedback_id": decision}
        # Told twice, perhaps to two workers.
        assert [shop.call_anew("POST", "/feedback", told)[0] for _ in range(2)] == [200, 200]


def workers(supervisor: int) -> list[int]:
    """Processes of the service that answer requests."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def test_nothing_is_lost_of_two_workers_though_both_are_killed(tmp_path):
    log, earned = tmp_path / "log", {}
    with service(write(tmp_path / "p.onnx", [*SHARES.values()]), log, workers=2, seed=None) as shop:
        while len(list(log.glob(".decisions-*"))) < 2:
            serve(shop, earned, 10)
            assert len(earned) < 1_000, "one worker takes everything"
        first, second = workers(shop.process.pid)
        os.kill(first, signal.SIGKILL)
        serve(shop, earned, 10)
        os.kill(second, signal.SIGKILL)
        # uvicorn ends in order, and then by the signal that it was sent.
        assert shop.terminate() in (0, -15)
    assert join_feedback(log, tmp_path / "served.parquet") == len(earned)
    rows = pq.read_table(tmp_path / "served.parquet").to_pylist()
    assert {row["decision_id"]: row["reward"] for row in rows} == earned
    assert all(row["propensity"] == pytest.approx(SHARES[row["action"]]) for row in rows)
    assert len(list((log / "decisions").iterdir())) >= 2 and not list(log.glob(".*"))
