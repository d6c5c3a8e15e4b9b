"""What to run (TOML), running it, resuming it."""

from .config import Suite, list_suites, load_suite
from .kinds.estimators.config import EstimatorSuite
from .merge import merge_runs
from .progress import JobFinished, ProgressCallback, ProgressEvent, RunFinished, RunStarted
from .runner import FinishedRun, run_suite

__all__ = [
    "EstimatorSuite",
    "FinishedRun",
    "JobFinished",
    "ProgressCallback",
    "ProgressEvent",
    "RunFinished",
    "RunStarted",
    "Suite",
    "list_suites",
    "load_suite",
    "merge_runs",
    "run_suite",
]
