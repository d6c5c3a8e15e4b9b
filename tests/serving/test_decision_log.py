"""What was shown and what it earned, as one table."""

from __future__ import annotations

import pyarrow.parquet as pq
import pytest

from rlbench_rec.errors import InputError, MissingFileError
from rlbench_rec.serving import DecisionLog, ServedPolicy, join_feedback

pytest.importorskip("onnx", reason="the extra [export] is not installed")
pytest.importorskip("onnxruntime", reason="the extra [serve] is not installed")
from .small_policies import write

REQUEST = {"context": {"x": 1.0}}


@pytest.fixture
def policy(tmp_path):
    return ServedPolicy(write(tmp_path / "p.onnx", [0.5, 0.3, 0.2]), seed=0)


def test_outcomes_add_up_and_a_delivery_counts_once(policy, tmp_path):
    log = DecisionLog(tmp_path / "log")
    request = REQUEST | {"step": 2}
    first = log.record(policy, policy.recommend(request, k=2), session_id="s1", user_id="u1")
    second = log.record(policy, policy.recommend(REQUEST), session_id="s1")
    log.feedback(first[0], {"reward": 1.0, "revenue": 20.0}, "a")
    log.feedback(first[0], {"reward": 1.0, "revenue": 20.0}, "a")
    log.feedback(first[0], {"revenue": 5.0})
    log.feedback(first[1], {"reward": 0.5})
    log.feedback("never shown", {"reward": 9.0})
    log.close()
    assert join_feedback(tmp_path / "log", tmp_path / "out.parquet") == 3
    rows = {row["decision_id"]: row for row in pq.read_table(tmp_path / "out.parquet").to_pylist()}
    assert [(rows[name]["reward"], rows[name]["revenue"]) for name in (*first, *second)] == [(1, 25), (0.5, 0), (0, 0)]
    one, other = rows[first[0]], rows[second[0]]
    assert (one["episode"], one["step"], one["position"], one["user"], one["state"]) == ("s1", 2, 0, "u1", [1.0])
    # It does not say where in the session it stands.
    assert (other["episode"], other["step"], other["session"], other["user"]) == (other["request_id"], 0, "s1", None)
    assert one["form"] == "softmax-1" and one["policy"] == policy.sha256 and one["base"] is None
    assert one["propensity"] == pytest.approx({"red": 0.5, "green": 0.3, "blue": 0.2}[one["action"]])


def test_a_window_treats_all_decisions_alike(policy, tmp_path, monkeypatch):
    from rlbench_rec.serving import decision_log

    now = 1_000.0
    monkeypatch.setattr(decision_log.time, "time_ns", lambda: int(now * 1e9))
    log = DecisionLog(tmp_path / "log")
    (early,) = log.record(policy, policy.recommend(REQUEST))
    now = 1_009.0
    log.feedback(early, {"reward": 1.0})
    (late,) = log.record(policy, policy.recommend(REQUEST))
    now = 1_011.0
    log.feedback(early, {"reward": 4.0})
    log.feedback(late, {"reward": 1.0})
    log.close()
    assert join_feedback(tmp_path / "log", tmp_path / "out.parquet", window=10.0, now=1_015.0) == 1
    (row,) = pq.read_table(tmp_path / "out.parquet").to_pylist()
    # What came after ten seconds is left out, and so is the decision that has not had ten.
    assert row["decision_id"] == early and row["reward"] == 1.0 and "user" not in row
    with pytest.raises(InputError, match="No decision is old enough"):
        join_feedback(tmp_path / "log", tmp_path / "none.parquet", window=100.0, now=1_015.0)


def test_what_cannot_be_joined(policy, tmp_path):
    with pytest.raises(MissingFileError, match="There is no part here"):
        join_feedback(tmp_path / "log", tmp_path / "out.parquet")
    log = DecisionLog(tmp_path / "log")
    (name,) = log.record(policy, policy.recommend(REQUEST))
    with pytest.raises(InputError, match=r"outcomes\.reward: It is not a finite number"):
        log.feedback(name, {"reward": float("inf")})
    log.feedback(name, {"action": 1.0})
    log.close()
    with pytest.raises(InputError, match="outcome action: A column of decisions has this name"):
        join_feedback(tmp_path / "log", tmp_path / "out.parquet")
