"""What to run (TOML), running it, resuming it."""

from .config import Suite, list_suites, load_suite
from .kinds.estimators.config import EstimatorSuite
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
    "run_suite",
]
