"""What a policy in service decided, with the propensity of what it showed, as a table that `rlbench ope` reads."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from ..arguments import path_of
from .checked_values import number
from .part_files import PartFiles
from .served_policy import Recommendation, ServedPolicy

if TYPE_CHECKING:
    import pyarrow

DECISIONS, FEEDBACK = "decisions", "feedback"


class DecisionLog:
    """A folder with two tables in Parquet parts: `decisions/`, a row for each place that was filled, and `feedback/`,
    a row for each outcome. A row is safe when the call returns; see `PartFiles`.

    Columns of decisions: `decision_id`, `request_id`, `position` (from 0), `session`, `episode` (the session, where
    requests know their `step` in it, else the request), `step`, `user`, `timestamp` (ms UTC), `action` (its name),
    `propensity`, `form`, `policy` (sha256 of its file), `state` (what it saw) and `base` (what was in service, where
    the policy takes it).

    Args:
        folder: it is made where it is not there; several processes may write to one.
        rows, seconds: a part is written when it has so many rows, or is so old.

    Raises:
        OutputError: it cannot be written.
    """

    def __init__(self, folder: str | Path, rows: int = 10_000, seconds: float = 60.0):
        folder = path_of(folder, "folder")
        self._decisions = PartFiles(folder, DECISIONS, decision_schema(), rows, seconds)
        self._feedback = PartFiles(folder, FEEDBACK, feedback_schema(), rows, seconds)

    def record(
        self, policy: ServedPolicy, shown: Recommendation, session_id: str | None = None, user_id: str | None = None
    ) -> tuple[str, ...]:
        """Keep what was shown; the ids of its decisions, one a place, which feedback names.

        Raises:
            OutputError: it cannot be written: then do not show it.
        """
        request, ids = secrets.token_hex(12), []
        # Of decisions that do not know their place in a session, each is an episode.
        episode = request if session_id is None or shown.step is None else session_id
        about = {"request_id": request, "session": session_id, "episode": episode, "step": shown.step or 0}
        about |= {"user": user_id}
        about |= {"timestamp": time.time_ns() // 1_000_000, "form": policy.form, "policy": policy.sha256}
        about |= {"state": shown.state.tolist(), "base": None if shown.base is None else shown.base.tolist()}
        for position, (action, propensity) in enumerate(zip(shown.actions, shown.propensities, strict=True)):
            ids.append(f"{request}-{position}")
            place = {"decision_id": ids[-1], "position": position, "action": action, "propensity": propensity}
            self._decisions.write(about | place)
        return tuple(ids)

    def feedback(self, decision_id: str, outcomes: Mapping[str, float], feedback_id: str | None = None) -> None:
        """Keep what a decision earned: outcome -> how much. Outcomes of one name add up.

        Args:
            decision_id: of `record`.
            outcomes: such as `{"reward": 1, "revenue": 24.9}`.
            feedback_id: what was delivered twice under one id counts once; None: it counts.

        Raises:
            InputError: an outcome that is not a finite number.
            OutputError: it cannot be written.
        """
        now, name = time.time_ns() // 1_000_000, feedback_id or secrets.token_hex(12)
        # All of them are looked at before any is kept.
        earned = {outcome: number(value, f"outcomes.{outcome}") for outcome, value in outcomes.items()}
        for outcome, value in earned.items():
            row = {"feedback_id": name, "decision_id": decision_id, "timestamp": now, "outcome": outcome}
            self._feedback.write(row | {"value": value})

    def close(self) -> None:
        """Make parts of what is not in one yet."""
        self._decisions.close()
        self._feedback.close()


def decision_schema() -> pyarrow.Schema:
    """Of `decisions/`."""
    import pyarrow as pa

    text, numbers = pa.string(), pa.list_(pa.float32())
    columns = {"decision_id": text, "request_id": text, "position": pa.int32(), "session": text, "episode": text}
    columns |= {
        "step": pa.int32(),
        "user": text,
        "timestamp": pa.int64(),
        "action": text,
        "propensity": pa.float64(),
        "form": text,
    }
    return pa.schema(list((columns | {"policy": text, "state": numbers, "base": numbers}).items()))


def feedback_schema() -> pyarrow.Schema:
    """Of `feedback/`."""
    import pyarrow as pa

    text = pa.string()
    columns = {
        "feedback_id": text,
        "decision_id": text,
        "timestamp": pa.int64(),
        "outcome": text,
        "value": pa.float64(),
    }
    return pa.schema(list(columns.items()))
