"""A trained policy in service: from a raw request to what is shown and its propensity, with numpy and ONNX Runtime
alone; and a log of it that `rlbench ope` evaluates (with pyarrow)."""

from .body_limit import BodyLimit
from .decision_log import DecisionLog
from .decision_service import DecisionService
from .feedback import join_feedback
from .served_policy import Recommendation, ServedPolicy
from .state_encoding import ContextColumn, StateEncoding

__all__ = [
    "BodyLimit",
    "ContextColumn",
    "DecisionLog",
    "DecisionService",
    "Recommendation",
    "ServedPolicy",
    "StateEncoding",
    "join_feedback",
]
