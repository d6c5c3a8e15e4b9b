"""runs.csv, leaderboard.csv and their kin: schemas, statistics, comparison, plots. Knows nothing of the runner."""
