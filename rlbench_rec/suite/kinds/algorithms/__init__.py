"""Algorithms trained and policies fixed, valued on logs: runs.csv and leaderboard.csv."""
