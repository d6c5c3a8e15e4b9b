"""Where a row of a suite has nothing to do, and why."""

from __future__ import annotations

from ....mdp.dataset import TransitionDataset
from ....mdp.provenance import NOT_IDENTIFIED
from ...config import AlgorithmSpec, LogKind


def why_left_out(spec: AlgorithmSpec, data: TransitionDataset) -> str:
    """Why a row of a suite is left out on a log, as its `only_on` and `sequential_only` say; empty where it is not.

    Args:
        spec: the row.
        data: the log.
    """
    if spec.sequential_only and data.one_step:
        return "every session is one decision"
    users_chose = data.provenance.identification == NOT_IDENTIFIED
    reasons: dict[LogKind, tuple[bool, str]] = {
        "history": (not data.history, "states show no history"),
        "one-step": (not data.one_step, "sessions are longer than one decision"),
        "exposures": (users_chose, "users chose the items"),
        "choices": (not users_chose, "the shop chose the items"),
        "propensities": (data.propensities is None, "the log has no propensities"),
    }
    asked = [spec.only_on] if isinstance(spec.only_on, str) else spec.only_on or []
    return next((why for elsewhere, why in map(reasons.__getitem__, asked) if elsewhere), "")
