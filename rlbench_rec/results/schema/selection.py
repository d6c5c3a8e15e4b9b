"""The columns of selection.csv."""

from __future__ import annotations

from .columns import Schema

SELECTION: Schema = {
    "task": ("text", "task id; `all`: the mean over tasks"),
    "estimator": ("text", "by which estimates the rule picks; `truth` of checkpoints"),
    "q": ("text", "as in runs.csv"),
    "rule": ("text", "how one of the policies trained on a log is picked; see docs/results.md"),
    "n_cases": ("whole", "logs and seeds behind the row, each a choice of its own"),
    "n_candidates": ("number", "policies to choose among, on average"),
    "regret": (
        "number",
        "regret@1: the best true value, the behaviour policy's included, minus what is shipped",
    ),
    "ci_low": ("number", "lower end of its interval; empty where nothing varies"),
    "ci_high": ("number", "upper end"),
    "uncertainty": (
        "text",
        "what the interval is over: `replicates`, or `log` and `seeds`; empty where nothing varies",
    ),
    "gain": ("number", "true value of what is shipped, minus the behaviour policy's"),
    "worse": ("number", "share of cases in which what is shipped is truly worse than the behaviour policy"),
    "found": ("number", "share of cases in which the truly best is shipped"),
    "unit": ("text", "of regret and gain: `points` of the normalised scale, or `%` of the behaviour policy's value"),
}
SELECTION_KEYS = ("task", "estimator", "q", "rule")
