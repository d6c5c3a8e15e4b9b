"""A run, two runs or a scorecard as one HTML file that loads nothing from elsewhere (extra `report`)."""

from .run_report import run_report
from .scorecard_report import scorecard_report

__all__ = ["run_report", "scorecard_report"]
