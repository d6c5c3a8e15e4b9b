"""A report as plain values for JSON. Its keys are documented in docs/ope-command.md; a change changes the version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..analysis.guardrails import Tested
from ..estimate import Estimate
from .load_table import LoggedTable
from .log_size import StreamedTable
from .plans import PolicyPlan
from .scoring import OutcomeScores, Report
from .several import Comparison, PolicyScore

SCHEMA_VERSION = 4
SHARED = ("n_rows", "n_episodes", "propensity_source")
"""Fields of an estimate that are the log's; the report has them once."""


def record(report: Report, advice: Sequence[str] | None = None, plan: PolicyPlan | None = None) -> dict[str, Any]:
    """Plain values; what is not defined or infinite is None."""
    table = report.table
    return _plain(
        {
            "schema_version": SCHEMA_VERSION,
            "log": _log(table),
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
            "plan": None if plan is None else _plan_record(plan),
        }
    )


def comparison_record(comparison: Comparison) -> dict[str, Any]:
    """Several policies as plain values; what is not defined or infinite is None."""
    chosen, goal = comparison.chosen, comparison.goal
    return _plain(
        {
            "schema_version": SCHEMA_VERSION,
            "log": _log(comparison.table),
            "lower_is_better": goal.lower_is_better,
            "min_lift": goal.min_lift,
            "decision": {
                "estimator": comparison.estimator,
                "policy": None if chosen is None else chosen.name,
                "not_told_apart": comparison.not_told_apart,
                "exit_code": comparison.exit_code,
            },
            "logging": _estimate(comparison.behaviour),
            "policies": [_policy(policy) for policy in comparison.policies],
            "differences": [
                {"first": pair.first, "second": pair.second, "told_apart": pair.shown} | _estimate(pair.estimate)
                for pair in comparison.differences
            ],
        }
    )


def _log(table: LoggedTable | StreamedTable) -> dict[str, Any]:
    size = table.size
    return {
        "path": table.path,
        "rows": size.rows,
        "episodes": size.episodes,
        "users": size.users,
        "gamma": size.gamma,
        "columns": table.columns,
        "form": table.form,
        "temperature": table.temperature,
        "propensity_source": size.propensity_source,
        "notes": table.notes,
    }


def _policy(policy: PolicyScore) -> dict[str, Any]:
    return {
        "name": policy.name,
        "decision": asdict(policy.decision) | {"exit_code": policy.decision.exit_code},
        "value": _estimate(policy.candidate.estimate),
        "lift": _estimate(policy.lift),
        "p_better": policy.candidate.p_better,
        "p_best": policy.candidate.p_best,
        "guardrails": [_guardrail(outcome) for outcome in policy.guardrails],
        "diagnostics": policy.diagnostics.to_dict(),
        "plan": None if policy.plan is None else _plan_record(policy.plan),
    }


def _plan_record(plan: PolicyPlan) -> dict[str, Any]:
    claims, test = plan.claims, plan.test
    return {
        "lift": plan.lift,
        "power": plan.options.power,
        "confidence": test.confidence,
        "log": {
            "episodes": plan.times * claims.episodes,
            "times": plan.times,
            "days": plan.log_days,
            "times_to_show": plan.log.times,
            "times_to_trust": plan.trusted_times,
            "power_now": plan.log.power_now,
        },
        "test": {
            "unit": test.unit,
            "units": test.units,
            "episodes": test.episodes,
            "days": plan.test_days,
            "treated": test.treated,
            "traffic": plan.options.traffic,
            "alone": dict(zip(claims.names, test.alone, strict=True)),
            "assurance": test.assurance,
        },
    }


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
