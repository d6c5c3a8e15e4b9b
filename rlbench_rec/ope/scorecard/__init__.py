"""A user's own table of logged decisions: from a Parquet or CSV file to values, a decision and advice."""

from .advice import advice
from .json_report import comparison_record, record
from .load_table import LoggedTable, read_log
from .outcome_options import guardrail, outcome_columns, reward_range
from .plans import Goal, PlanOptions, PolicyPlan, plan_for, planned_lift
from .scoring import Decision, Report, score
from .several import Comparison, compare_policies, read_several
from .streamed import score_streamed
from .weights_plot import picture

__all__ = [
    "Comparison",
    "Decision",
    "Goal",
    "LoggedTable",
    "PlanOptions",
    "PolicyPlan",
    "Report",
    "advice",
    "compare_policies",
    "comparison_record",
    "guardrail",
    "outcome_columns",
    "picture",
    "plan_for",
    "planned_lift",
    "read_log",
    "read_several",
    "record",
    "reward_range",
    "score",
    "score_streamed",
]
