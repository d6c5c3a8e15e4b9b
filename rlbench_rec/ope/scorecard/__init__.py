"""A user's own table of logged decisions: from a Parquet or CSV file to values, a decision and advice."""

from .advice import advice
from .json_report import record
from .load_table import LoggedTable, read_log
from .outcome_options import guardrail, outcome_columns, reward_range
from .scoring import Decision, Report, score
from .weights_plot import picture

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
]
