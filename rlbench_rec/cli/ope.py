"""`rlbench ope LOG`: what another policy would have earned on your own log, and whether to believe it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError
from . import completion
from .config_file import Config, with_options
from .render.console import say
from .written_files import keep_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..ope.analysis import Guardrail
    from ..ope.scorecard import PolicyPlan, Report


INTERVAL = (
    "bootstrap (the default), bca, studentised, normal or simultaneous. Not betting and others of a known range: the "
    "decision is by lifts, which have none."
)


def _column(text: str) -> typer.models.OptionInfo:
    return typer.Option(metavar="COLUMN", help=text, rich_help_panel="Columns")


def _planned(metavar: str, text: str) -> typer.models.OptionInfo:
    return typer.Option(metavar=metavar, help=text, rich_help_panel="Plan")


def command(
    log: Annotated[Path, typer.Argument(metavar="LOG", help="Parquet or CSV, one logged decision per row.")],
    reward: Annotated[str | None, _column("What the decision earned, or cost.")] = None,
    propensity: Annotated[str | None, _column("The behaviour policy's probability of the logged action.")] = None,
    target_propensity: Annotated[str | None, _column("The target policy's probability of the same action.")] = None,
    q: Annotated[str | None, _column("A model's reward of the logged action; default q_logged, if present.")] = None,
    v: Annotated[str | None, _column("Its mean under the target policy; default v_target, if present.")] = None,
    unsupported_mass: Annotated[
        str | None, _column("The target policy's probability of actions that are never logged, if present.")
    ] = None,
    episode: Annotated[str | None, _column("Session of the decision, if present; 'none' to leave out.")] = None,
    step: Annotated[str | None, _column("Number or time of the decision within its session.")] = None,
    user: Annotated[str | None, _column("Intervals then resample users; 'none' to leave out.")] = None,
    metric: Annotated[list[str] | None, _column("A further outcome beside the reward; may be repeated.")] = None,
    ratio: Annotated[
        list[str] | None, typer.Option(metavar="A/B", help="One outcome per unit of another; may be repeated.")
    ] = None,
    guardrail: Annotated[
        list[str] | None,
        typer.Option(
            metavar="METRIC[:TOLERANCE][:lower]",
            help="What must not suffer by more than 0.01, or 1%; 'lower' for a cost; may be repeated.",
        ),
    ] = None,
    by: Annotated[str | None, _column("Also by segment; times by day.")] = None,
    timezone: Annotated[
        str | None,
        typer.Option(
            metavar="ZONE", help="By whose clock --by counts days: Europe/Berlin or +02:00; else each time's own."
        ),
    ] = None,
    weight: Annotated[
        str | None, _column("For a thinned log: how many rows of the whole log a row stands for.")
    ] = None,
    decision: Annotated[
        str | None, _column("Its id: a repeated decision counts once; default decision_id, if present.")
    ] = None,
    action: Annotated[
        str | None, _column("What was decided, with --features; its place in the lists, with --scores.")
    ] = None,
    weights: Annotated[
        str | None, _column("Importance weights (not --weight), in place of both policies' probabilities.")
    ] = None,
    form: Annotated[
        str | None,
        typer.Option(help="Target policy: mixed-<share> of its column; tilted-<nats>, constrained-<share> of lists."),
    ] = None,
    scores: Annotated[str | None, _column("With tilted or constrained: a list of scores, one for each action.")] = None,
    base: Annotated[
        str | None, _column("With tilted or constrained: a list of the behaviour policy's probabilities.")
    ] = None,
    features: Annotated[
        str,
        typer.Option(
            metavar="A,B,…", help="No propensities? Estimate them from these columns.", rich_help_panel="Columns"
        ),
    ] = "",
    propensity_model: Annotated[str, typer.Option(help="logistic or boosting, with --features.")] = "logistic",
    estimated: Annotated[
        bool, typer.Option("--estimated", help="The propensity column was estimated, not logged.")
    ] = False,
    estimators: Annotated[
        str,
        typer.Option(
            metavar="A,B,…",
            help="Ids, the deciding one first: snips,ips-clip:10,switch-dr:slope.",
            autocompletion=completion.estimators,
        ),
    ] = "",
    lower_is_better: Annotated[bool, typer.Option("--lower-is-better", help="Rewards are costs.")] = False,
    reward_range: Annotated[
        str | None, typer.Option(metavar="LOW,HIGH", help="Known limits of the reward, such as =0,1 or =-1,1.")
    ] = None,
    min_lift: Annotated[float, typer.Option(help="The lift that must be exceeded, in the good direction.")] = 0.0,
    gamma: Annotated[float, typer.Option(help="Discount factor within sessions.")] = 1.0,
    interval: Annotated[str | None, typer.Option(help=INTERVAL)] = None,
    confidence: Annotated[float, typer.Option(help="Level of the intervals.")] = 0.95,
    n_resamples: Annotated[int, typer.Option("--resamples", help="Of the bootstrap.")] = 2_000,
    seed: Annotated[int, typer.Option(help="Of the bootstrap and of folds.")] = 0,
    target: Annotated[
        str, typer.Option(metavar="A,B,…", help="Columns of several target policies: joint intervals, a verdict each.")
    ] = "",
    plan: Annotated[
        str | None, _planned("LIFT", "How long to log, and to A/B test, until a lift of 5%, or of 0.002, shows.")
    ] = None,
    power: Annotated[float, _planned("P", "How often it is to show.")] = 0.8,
    treated: Annotated[float, _planned("P", "Share of the test that gets the target policy.")] = 0.5,
    traffic: Annotated[float, _planned("P", "Share of all traffic that takes part in the test.")] = 1.0,
    per_day: Annotated[
        float | None, _planned("N", "Decisions, or sessions, a day; default those of the days of --by.")
    ] = None,
    stream: Annotated[
        bool | None,
        typer.Option(
            "--stream/--no-stream",
            help="Read Parquet in parts, or whole; by default in parts beyond 10 million rows. Intervals are `normal`.",
            rich_help_panel="Logs larger than memory",
        ),
    ] = None,
    ray: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Read the parts on this Ray cluster; `local` starts one here.",
            rich_help_panel="Logs larger than memory",
        ),
    ] = "",
    config: Config = None,
    explain: Annotated[bool, typer.Option("--explain", help="Also say what to do next.")] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also draw the weights: .png, .pdf or .svg.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE.html", help="Also write the scorecard as one HTML page.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE.json", help="Also write what --json prints.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Would another policy have earned more on this log?

    Needs the columns reward, propensity and target_propensity, under these names or named by options; or importance
    weights (--weights), or lists over all actions (--form tilted-0.3 --scores COLUMN --base COLUMN).

    Exit code 0: yes: the lift over the behaviour policy is trusted, its interval beyond --min-lift, guardrails hold.

    Exit code 1: the policy is shown to be worse, or a guardrail to be broken.

    Exit code 2: wrong use or bad input.

    Exit code 3: the log cannot tell: the evidence is too thin, or there is no difference.
    """
    from ..figures import image_format
    from ..files import write_bytes
    from ..ope import scorecard
    from ..ope.inference import Inference, interval_named
    from . import ope_streamed
    from .ope_policies import answer, compared, named, plan_options
    from .report import check_page

    read = {log: "the log itself"} | ({config: "the file of --config"} if config else {})
    keep_apart({"--plot": plot, "--html": html, "--out": out}, read, {log: "a file of the log"})
    if html:
        check_page(html, "--html")
    plot_format = image_format(plot) if plot else None
    rails, ratios = _guardrails(guardrail or []), ratio or []
    metrics = scorecard.outcome_columns(metric or [], ratios, [*rails], reward or "reward")
    columns = {
        "reward": reward,
        "propensity": propensity,
        "target_propensity": target_propensity,
        "q": q,
        "v": v,
        "unsupported_mass": unsupported_mass,
        "episode": episode,
        "step": step,
        "user": user,
        "weight": weight,
        "decision": decision,
        "action": action,
        "weights": weights,
        "scores": scores,
        "base": base,
    }
    reading: dict[str, Any] = {
        "form": form,
        "metrics": metrics,
        "by": by,
        "timezone": timezone,
        "features": _names(features),
        "model": propensity_model,
        "seed": seed,
        "gamma": gamma,
        "reward_range": None if reward_range is None else scorecard.reward_range(reward_range),
        "propensity_source": "estimated" if estimated else "logged",
    }
    goal = scorecard.Goal(rails, min_lift, lower_is_better)
    planned = plan_options(plan, power=power, treated=treated, traffic=traffic, per_day=per_day)
    kind = interval_named(interval or "bootstrap")
    inference = Inference(kind, confidence, n_resamples, seed)
    if ope_streamed.in_parts(log, stream, ray):
        whole: dict[str, object] = {"--target": target, "--plan": plan, "--features": features, "--by": by}
        whole |= {"--timezone": timezone, "--ratio": ratios, "--plot": plot, "--explain": explain}
        names = _names(estimators)
        report = ope_streamed.scored(log, columns, reading, names, goal, interval, confidence, whole, out, ray)
        raise typer.Exit(_shown(report, None, None, config, html=html, out=out, as_json=as_json))
    if target:
        columns["target_propensity"] = named(_names(target), target_propensity)
    if len(policies := _names(target)) > 1:
        of_one = {"--plot": plot, "--html": html, "--explain": explain, "--metric": metric, "--ratio": ratio}
        comparison = compared(log, policies, columns, reading, _names(estimators), goal, inference, planned, of_one)
        raise typer.Exit(answer(comparison, out, config, as_json=as_json))
    decisions = scorecard.read_log(log, columns, **reading)
    report = scorecard.score(
        decisions,
        _names(estimators),
        ratios=ratios,
        guardrails=rails,
        lower_is_better=lower_is_better,
        min_lift=min_lift,
        interval=kind,
        confidence=confidence,
        n_resamples=n_resamples,
        seed=seed,
    )
    advised = scorecard.advice(report) if explain else None
    plans = None
    if planned is not None:
        plans = scorecard.plan_for(decisions, planned, _names(estimators), goal=goal, inference=inference)
    if plot and plot_format:
        write_bytes(plot, scorecard.picture(report, plot_format))
    raise typer.Exit(_shown(report, advised, plans, config, html=html, out=out, as_json=as_json))


def _shown(
    report: Report,
    advised: Sequence[str] | None,
    plans: PolicyPlan | None,
    config: Path | None,
    *,
    html: Path | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Write a scorecard wherever it is wanted; gives the exit code."""
    from ..files import write_text
    from ..ope import scorecard
    from .render.scorecard import scorecard_text
    from .report import write_scorecard

    record = with_options(scorecard.record(report, advised, plans), config)
    as_text = json.dumps(record, indent=2, ensure_ascii=False)
    screen = scorecard_text(report, advised, plans)
    if html:
        write_scorecard(html, report, advised, plans, screen)
    if out:
        write_text(out, as_text + "\n")
    say(as_text if as_json else screen, end="\n" if as_json else "")
    return report.decision.exit_code


def _guardrails(texts: list[str]) -> dict[str, Guardrail]:
    from ..ope import scorecard

    rails = dict(map(scorecard.guardrail, texts))
    if len(rails) < len(texts):
        hint = "Keep the stricter one, or give the outcome a second column."
        raise InputError("Two guardrails name the same outcome.", where="--guardrail", hint=hint)
    return rails


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
