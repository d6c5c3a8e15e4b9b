"""A report as plain values for JSON. Its keys are documented in docs/ope-command.md; a change changes the version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..estimate import Estimate
from .scoring import Report, Scores

SCHEMA_VERSION = 3
SHARED = ("n_rows", "n_episodes", "propensity_source")
"""Fields of an estimate that are said once, of the log."""


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
                "propensity_source": log.propensity_source,
                "notes": table.notes,
            },
            "lower_is_better": report.lower_is_better,
            "min_lift": report.min_lift,
            "decision": asdict(report.decision) | {"exit_code": report.decision.exit_code},
            "reward": _outcome(report.reward),
            "metrics": [_outcome(outcome) for outcome in report.metrics],
            "guardrails": [
                asdict(one) | {"logging": _estimate(one.logging), "lift": _estimate(one.lift)}
                for one in report.guardrails
            ],
            "slices": [
                asdict(one) | {"value": _estimate(one.value), "lift": _estimate(one.lift)} for one in report.slices
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


def _outcome(outcome: Scores) -> dict[str, Any]:
    return {
        "column": outcome.column,
        "logging": _estimate(outcome.logging),
        "estimates": [
            _estimate(scored.value) | {"lift": _estimate(scored.lift) | {"relative": outcome.relative(scored)}}
            for scored in outcome.scored
        ],
    }


def _estimate(one: Estimate) -> dict[str, Any]:
    return {name: value for name, value in one.to_dict().items() if name not in SHARED}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
