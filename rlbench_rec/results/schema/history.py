"""One line for every board that was committed."""

from __future__ import annotations

from .columns import Schema

HISTORY: Schema = {
    "schema_version": ("whole", "version of these columns: 5"),
    "suite": ("text", "name of the folder in results/"),
    "date": ("text", "of that commit, year-month-day"),
    "commit": ("text", "of the code that made the board, from its manifest"),
    "board_sha256": ("text", "hash of the board's file: leaderboard.csv, or estimators.csv of a suite of estimators"),
    "places": ("whole", "data sets and tasks"),
    "rows": ("whole", "rows of the board"),
    "trusted": ("whole", "rows with the verdict `trusted`; empty for estimators"),
    "weak": ("whole", "likewise"),
    "unreliable": ("whole", "likewise"),
    "policies": ("whole", "rows on the headline boards that are somebody's policy; empty for estimators"),
    "beat_behaviour": (
        "whole",
        "of these, trusted ones that are better than the behaviour policy with an adjusted p of 5 % or less",
    ),
    "useful": ("whole", "of these, useful ones; empty where the board does not say"),
    "first": ("text", "the first of each headline board with its value, or the estimator of the least mean rmse"),
}
HISTORY_KEYS = ("suite", "board_sha256")
