"""What to run (TOML), running it, resuming it."""

from .config import Suite, list_suites, load_suite
from .finished_run import FinishedRun
from .kinds.estimators.config import EstimatorSuite
from .merge import merge_runs
from .progress import JobFinished, ProgressCallback, ProgressEvent, RunFinished, RunStarted
from .ray_cluster import RayCluster
from .runner import run_suite

__all__ = [
    "EstimatorSuite",
    "FinishedRun",
    "JobFinished",
    "ProgressCallback",
    "ProgressEvent",
    "RayCluster",
    "RunFinished",
    "RunStarted",
    "Suite",
    "list_suites",
    "load_suite",
    "merge_runs",
    "run_suite",
]
