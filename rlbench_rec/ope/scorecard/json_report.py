"""A report as plain values for JSON. Its keys are documented in docs/ope-command.md; a change changes the version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..analysis.guardrails import Tested
from ..estimate import Estimate
from .scoring import OutcomeScores, Report

SCHEMA_VERSION = 3
SHARED = ("n_rows", "n_episodes", "propensity_source")
"""Fields of an estimate that are the log's; the report has them once."""


def record(report: Report, advice: Sequence[str] | None = None) -> dict[str, Any]:
    """Plain values; what is not defined or infinite is None."""
    log, table = report.log, report.table
    return _plain(
        {
            "schema_version": SCHEMA_VERSION,
            "log": {
                "path": table.path,
                "rows": log.n_rows,
                "episodes": log.n_episodes,
                "users": None if log.clusters is None else log.n_units,
                "gamma": log.gamma,
                "columns": table.columns,
                "form": table.form,
                "temperature": table.temperature,
                "propensity_source": log.propensity_source,
                "notes": table.notes,
            },
            "lower_is_better": report.lower_is_better,
            "min_lift": report.min_lift,
            "decision": asdict(report.decision) | {"exit_code": report.decision.exit_code},
            "reward": _outcome(report.reward),
            "metrics": [_outcome(outcome) for outcome in report.metrics],
            "guardrails": [_guardrail(outcome) for outcome in report.guardrails],
            "slices": [
                asdict(part) | {"value": _estimate(part.value), "lift": _estimate(part.lift)} for part in report.slices
            ],
            "by_day": None if report.by_day is None else _estimate(report.by_day),
            "diagnostics": report.diagnostics.to_dict() | {"pareto_k": report.pareto_k},
            "confounding": {
                "bands": [asdict(band) for band in report.bands],
                "breaking_factor": report.breaking_factor,
            },
            "propensity_model": None if table.propensities is None else table.propensities.to_dict(),
            "advice": advice,
        }
    )


def _outcome(outcome: OutcomeScores) -> dict[str, Any]:
    return {
        "column": outcome.column,
        "logging": _estimate(outcome.behaviour),
        "estimates": [
            _estimate(score.value) | {"lift": _estimate(score.lift) | {"relative": outcome.relative(score)}}
            for score in outcome.scores
        ],
    }


def _guardrail(outcome: Tested) -> dict[str, Any]:
    fields = asdict(outcome) | {"behaviour": _estimate(outcome.behaviour), "lift": _estimate(outcome.lift)}
    return {"logging" if name == "behaviour" else name: value for name, value in fields.items()}


def _estimate(estimate: Estimate) -> dict[str, Any]:
    return {name: value for name, value in estimate.to_dict().items() if name not in SHARED}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
