"""Where a row of a suite has nothing to do, and why."""

from __future__ import annotations

from ....mdp.dataset import TransitionDataset
from ...config import AlgorithmSpec


def why_left_out(spec: AlgorithmSpec, data: TransitionDataset) -> str:
    """Why a row of a suite is left out on a log, as its `only_on` and `sequential_only` say; empty where it is not.

    Args:
        spec: the row.
        data: the log.
    """
    if spec.sequential_only and data.one_step:
        return "every session is one decision"
    users_chose = data.provenance.identification == "not-identified"
    reasons = {
        "history": (not data.history, "states show no history"),
        "one-step": (not data.one_step, "sessions are longer than one decision"),
        "exposures": (users_chose, "users chose the items"),
        "choices": (not users_chose, "the shop chose the items"),
    }
    elsewhere, why = reasons[spec.only_on] if spec.only_on else (False, "")
    return why if elsewhere else ""
