"""The most that a suite may ask for: more is a typing error that would fill the memory."""

MOST_EPISODES = 100_000_000
"""Of a log."""
MOST_SEEDS = 10_000
"""Of a suite."""
MOST_REPLICATES, MOST_LOGS = 1_000, 100
"""Shops of a task, and logs of a shop."""
