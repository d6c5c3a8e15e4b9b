"""A trained policy in service: from a raw request to what is shown and its propensity, with numpy and ONNX Runtime
alone; and a log of it that `rlbench ope` evaluates (with pyarrow)."""

from .decision_log import DecisionLog
from .feedback import join_feedback
from .served_policy import Recommendation, ServedPolicy
from .state_encoding import ContextColumn, StateEncoding

__all__ = ["ContextColumn", "DecisionLog", "Recommendation", "ServedPolicy", "StateEncoding", "join_feedback"]
