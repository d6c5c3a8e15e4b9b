"""Contract tests for algorithms, policies, tasks, estimators, encoders, metrics and data sets: a module a kind."""
