"""A frontier: what a log says of every step of its dials, and which one is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..ope import Estimate
from ..policies.make_reweighted import reweighted_by
from ..policies.policy import Policy
from ..policies.q_policies import QFunction
from .base import Base, BaseKind, Dial

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Step:
    """One policy along a dial.

    Attributes:
        contender: whose scores.
        dial: `tilted`, `constrained` or `mixed`.
        parameter: a temperature (tilted), c (constrained) or m (mixed).
        divergence: how far it is from the behaviour policy on the validation part, in nats a session.
        lift: its value less the behaviour policy's on the validation part; its limits hold for all steps of the
            frontier at once.
        concentration: ESS^3 / units^2 of its weights there: as many units of equal weight are as skewed.
        eligible: whether it may be chosen.
        reasons: why not; empty for an eligible one.
        log_needed: how many times as long as this log one must be for the step to be eligible, and for four in five
            such logs to put the lower limit above 0 if the lift is as estimated; 1 where it is so here, infinite where
            no length is enough.
    """

    contender: str
    dial: Dial
    parameter: float
    divergence: float
    lift: Estimate
    concentration: float
    eligible: bool
    reasons: tuple[str, ...]
    log_needed: float


@dataclass(frozen=True)
class Frontier:
    """The steps of one or several contenders, and the boldest improvement that the log vouches for.

    Attributes:
        steps: by contender, dial and divergence.
        chosen: of the eligible steps the one with the highest lower limit, where that is above 0; None: the frontier is
            the behaviour policy.
        why: in a sentence, what was chosen and why.
        base: the behaviour policy.
        contenders: the scores that were tried, by name; `mean`, that of the others, among them where there are several.
        action_count: number of actions.
        critical_value: limits are value -+ so many standard errors.
        behaviour: mean return of the validation part, the behaviour policy's own value there.
        n_episodes, n_units: of the validation part; units are users where the log knows them.
        decisions_per_episode: their mean, by which divergences are a session's.
    """

    steps: tuple[Step, ...]
    chosen: Step | None
    why: str
    base: Base
    contenders: Mapping[str, QFunction]
    action_count: int
    critical_value: float
    behaviour: float
    n_episodes: int
    n_units: int
    decisions_per_episode: float

    @property
    def base_kind(self) -> BaseKind:
        """How the behaviour policy is known."""
        return self.base.kind

    @property
    def policy(self) -> Policy | None:
        """The chosen step's policy, or the behaviour policy; None where that is known to what is in service alone."""
        return self.base.policy if self.chosen is None else self.policy_of(self.chosen)

    def policy_of(self, step: Step) -> Policy:
        """The policy of a step. Without `base.policy` its calls take the probabilities of what is in service."""
        q, name = self.contenders[step.contender], f"{step.dial}-{step.divergence:.3g}"
        return reweighted_by(step.dial, q, self.action_count, step.parameter, self.base.policy, name)

    def to_frame(self) -> pd.DataFrame:
        """One row a step."""
        import pandas as pd

        rows = [
            {
                "contender": step.contender,
                "dial": step.dial,
                "parameter": step.parameter,
                "divergence": step.divergence,
                "value": self.behaviour + step.lift.value,
                "lift": step.lift.value,
                "ci_low": step.lift.ci_low,
                "ci_high": step.lift.ci_high,
                "verdict": step.lift.verdict,
                "concentration": step.concentration,
                "eligible": step.eligible,
                "chosen": step is self.chosen,
                "log_needed": step.log_needed,
                "reasons": "; ".join(step.reasons),
            }
            for step in self.steps
        ]
        return pd.DataFrame(rows, columns=list(COLUMNS))


COLUMNS = (
    "contender",
    "dial",
    "parameter",
    "divergence",
    "value",
    "lift",
    "ci_low",
    "ci_high",
    "verdict",
    "concentration",
    "eligible",
    "chosen",
    "log_needed",
    "reasons",
)
"""Of `Frontier.to_frame`."""
