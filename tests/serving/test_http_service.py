"""examples/serve.py: what it answers, what it refuses, and what is left of it."""

from __future__ import annotations

import threading

import pyarrow.parquet as pq
import pytest

pytest.importorskip("fastapi", reason="the extra [serve] is not installed")
pytest.importorskip("uvicorn", reason="the extra [serve] is not installed")
pytest.importorskip("onnx", reason="the extra [export] is not installed")
from .http_service import service
from .small_policies import write

REQUEST = {"context": {"x": 1.0}}


def test_answers_refusals_limits_and_an_end_by_sigterm(tmp_path):
    policy = write(tmp_path / "p.onnx", [0.5, 0.3, 0.2])
    with service(policy, tmp_path / "log") as shop:
        status, answer = shop.call("POST", "/recommend", {"request": REQUEST, "session_id": "s1", "k": 2})
        assert status == 200 and len(set(answer["actions"])) == len(answer["decision_ids"]) == 2
        assert 0.0 < answer["propensities"][0] <= 0.5
        assert shop.call("GET", "/health")[1]["policies"].keys() == {"softmax-1"}
        earned = {"decision_id": answer["decision_ids"][0], "outcomes": {"reward": 1.0, "revenue": 24.9}}
        assert shop.call("POST", "/feedback", earned)[0] == 200
        for body, message in (
            ({"request": {"context": {}}}, "request.context: The column 'x' is missing"),
            (b'{"request": {"context": {"x": NaN}}}', "request.context.x: It is not a finite number"),
            ({"request": {"context": {"x": 1}, "events": 5}}, "request.events: 5 is not a list"),
            ({"request": {"context": {"x": 1}, "events": [{}] * 2_001}}, "More than 2000 events"),
            ({"request": REQUEST, "form": "greedy"}, "Unknown form 'greedy'. Served are: softmax-1"),
            (b'{"request": {}, "k": NaN}', "k"),
            ({"request": REQUEST, "k": 1_000}, "less than or equal to 100"),
            ({"request": REQUEST, "path": "/etc/passwd"}, "Extra inputs are not permitted"),
            (b"{", "JSON"),
        ):
            status, answer = shop.call("POST", "/recommend", body)
            assert status == 422 and message in answer["detail"], answer
        bad = {"decision_id": "d", "outcomes": {"reward": "much"}}
        assert shop.call("POST", "/feedback", bad)[0] == 422
        assert shop.call("POST", "/recommend", b" " * 1_000_001)[0] == 413
        shown = end_in_the_middle(shop)
    decisions = pq.read_table(tmp_path / "log" / "decisions")
    assert shown and set(shown) <= set(decisions["decision_id"].to_pylist())
    assert len(decisions) == 2 + len(shown) and pq.read_table(tmp_path / "log" / "feedback").num_rows == 2
    assert not list((tmp_path / "log").glob(".*"))


def end_in_the_middle(shop) -> list[str]:
    """Decisions that were answered while the service was told to end."""
    shown: list[str] = []
    enough = threading.Event()

    def ask() -> None:
        try:
            while True:
                shown.extend(shop.call("POST", "/recommend", {"request": REQUEST})[1]["decision_ids"])
                if len(shown) == 30:
                    enough.set()
        except OSError:
            pass
        finally:
            enough.set()

    asking = threading.Thread(target=ask)
    asking.start()
    enough.wait(60)
    code = shop.terminate()
    asking.join(60)
    # uvicorn ends in order, and then by the signal that it was sent.
    assert code in (0, -15) and not asking.is_alive()
    return shown
