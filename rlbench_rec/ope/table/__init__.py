"""A user's own table of logged decisions: from a Parquet or CSV file to values, a decision and advice."""

from .advice import advice
from .options import guardrail, outcome_columns, reward_range
from .picture import picture
from .reading import LoggedTable, read_log
from .record import record
from .scoring import Decision, Report, score
from .screen import screen

__all__ = [
    "Decision",
    "LoggedTable",
    "Report",
    "advice",
    "guardrail",
    "outcome_columns",
    "picture",
    "read_log",
    "record",
    "reward_range",
    "score",
    "screen",
]
