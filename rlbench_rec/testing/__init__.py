"""Contract tests that every registered dataset, task, algorithm and estimator must pass."""
