"""A run, two runs or a scorecard as one HTML file that loads nothing from elsewhere (extra `report`)."""

from .run_report import run_report

__all__ = ["run_report"]
