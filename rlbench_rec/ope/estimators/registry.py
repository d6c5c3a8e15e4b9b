"""The registry of estimators: what each computes, what it needs, and whether an interval covers its error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

import numpy as np

from ...arguments import expect
from ...errors import InputError
from ...registry import Registry
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from . import doubly_robust, importance_sampling, marginalised, slate_estimators
from .functionals import Part
from .magic import magic
from .nuisance import nuisance

Events = Literal[
    "reward",
    "trajectory",
    "nothing",
    "difference",
    "trajectory_difference",
    "unweighted",
    "positions",
    "states",
    "categories",
    "slates",
]


@dataclass(frozen=True)
class Estimator:
    """One estimator, with its parameters if it has any.

    Attributes:
        id: registered name.
        compute: (log, outcome, **parameters) -> parts; the value is the sum of theirs.
        events: which weights the verdict looks at, and what they multiply: those of each row and its `reward`, those of
            whole episodes (`trajectory`), the weights alone (`nothing`), the `difference` of either from 1, the rewards
            `unweighted`, each of a slate's `positions`, or the weights of `states`, `categories` or whole `slates`;
            several for a combination of estimators.
        needs_q: whether the log must carry q_logged and v_target.
        needs: another column of the log that it must carry.
        one_step_only: whether the formula holds on one-step logs alone.
        biased: whether its error has a part that no interval covers; such estimates are never `trusted`.
        shift_equivariant: whether a constant added to every reward adds its discounted sum to the value, where episodes
            have one length and q moves along: self-normalised and doubly robust estimators.
        by_blocks: whether its parts on a block of rows need nothing of the other rows.
        outcomes: what it values whichever outcome it is asked for, see `valued`; None: the one it is asked for.
        slopes: (log, outcome) -> (n,) dV / d log W_t, for the error of fitted weights; None, or where it gives None: by
            central differences.
        minus_behaviour: (log, outcome) -> parts of minus the behaviour policy's own value, for lifts.
        undefined: why its value may be NaN.
        required: names of the parameters, all > 0 (shrinkage, strength and seeds may be 0).
        parameters: their values; those in the table are defaults.
    """

    id: str
    compute: Callable[..., list[Part]]
    events: Events | tuple[Events, ...] = "reward"
    needs_q: bool = False
    needs: str | None = None
    one_step_only: bool = False
    biased: bool = False
    shift_equivariant: bool = False
    by_blocks: bool = True
    outcomes: tuple[int | None, ...] | None = None
    slopes: Callable[[EvaluationLog, np.ndarray], np.ndarray | None] | None = None
    minus_behaviour: Callable[..., list[Part]] = importance_sampling.minus_on_policy
    undefined: str = "all weights of a step are 0 or overflow"
    required: tuple[str, ...] = ()
    parameters: dict[str, float] = field(default_factory=dict)

    @property
    def __doc__(self) -> str:  # type: ignore[override]
        """The formula, for tables and help."""
        return self.compute.__doc__ or ""

    @property
    def label(self) -> str:
        """The id with its parameters: `ips-clip10`, `magic8-200-0`."""
        return self.id + "-".join(_exactly(value) for value in self.parameters.values())

    def reported(self, bandwidth: float | None) -> str:
        """The name in a result: the label, after `kernel0.3-` where a kernel of that width stands for exact actions."""
        return f"kernel{_exactly(bandwidth)}-{self.label}" if bandwidth else self.label

    @property
    def whole_episodes(self) -> bool:
        """Whether it weighs whole episodes by their last weight."""
        return "trajectory" in self.kinds

    @property
    def kinds(self) -> tuple[Events, ...]:
        """All that the verdict looks at."""
        return (self.events,) if isinstance(self.events, str) else self.events

    def parts(self, log: EvaluationLog, metric: int | None = None) -> list[Part]:
        """The parts on a log.

        Raises:
            InputError: the log lacks q or another column, has several steps where one is needed, or a metric is asked
                of an estimator whose q is a model of the reward.
        """
        if self.needs is not None and getattr(log, self.needs) is None:
            raise InputError(f"The estimator '{self.id}' needs {self.needs}.", where=self.needs)
        if self.needs_q and log.q_logged is None:
            raise InputError(f"The estimator '{self.id}' needs q_logged and v_target.", where="q_logged")
        if self.needs_q and metric is not None:
            hint = "Use ips or snips for metrics, or a log whose rewards are the metric."
            raise InputError(
                f"The q of '{self.id}' is a model of the reward, not of a metric.", where="metric", hint=hint
            )
        if self.one_step_only and not log.one_step:
            raise InputError(f"The estimator '{self.id}' is defined on one-step logs only.", where="episode_starts")
        outcome = log.outcome(metric)
        compute = partial(self.compute, **self.parameters)
        parts = compute(log, outcome)
        if log.nuisance_influence is None:
            return parts
        by_row = None if self.slopes is None else self.slopes(log, outcome)
        return [*parts, *nuisance(log, lambda moved: compute(moved, outcome), by_row)]


def _exactly(value: float) -> str:
    """A number in as few digits as tell it apart, for names."""
    short = f"{value:g}"
    if float(short) == value:
        return short
    return str(int(value)) if value % 1 == 0 else repr(value)


def _table() -> dict[str, Estimator]:
    rows = [
        Estimator("on-policy", importance_sampling.on_policy, events="unweighted", shift_equivariant=True),
        Estimator("ips", importance_sampling.ips, slopes=importance_sampling.ips_slopes),
        Estimator("tis", importance_sampling.tis, events="trajectory"),
        Estimator("snips", importance_sampling.snips, shift_equivariant=True, slopes=importance_sampling.snips_slopes),
        Estimator("sntis", importance_sampling.sntis, events="trajectory", shift_equivariant=True),
        Estimator("ips-clip", importance_sampling.ips_clip, biased=True, required=("clip",)),
        Estimator("sg-ips", importance_sampling.sg_ips, one_step_only=True, biased=True, required=("strength",)),
        Estimator("iips", slate_estimators.iips, events="positions"),
        Estimator("sniips", slate_estimators.sniips, events="positions", shift_equivariant=True),
        Estimator("pseudo-inverse", slate_estimators.pseudo_inverse, events="slates"),
        Estimator("sn-pseudo-inverse", slate_estimators.sn_pseudo_inverse, events="slates", shift_equivariant=True),
        Estimator("mis", marginalised.mis, needs="state_ratios", biased=True, events="states"),
        Estimator(
            "drl",
            marginalised.drl,
            needs="state_ratios",
            biased=True,
            events="states",
            needs_q=True,
            shift_equivariant=True,
        ),
        Estimator(
            "mips",
            marginalised.mips,
            events="categories",
            needs="category_propensities",
            one_step_only=True,
            biased=True,
        ),
        Estimator(
            "snmips",
            marginalised.snmips,
            events="categories",
            needs="category_propensities",
            one_step_only=True,
            biased=True,
            shift_equivariant=True,
        ),
        Estimator("dm", doubly_robust.dm, events="nothing", needs_q=True, biased=True, shift_equivariant=True),
        Estimator("dr", doubly_robust.dr, needs_q=True, shift_equivariant=True),
        Estimator("sndr", doubly_robust.sndr, needs_q=True, shift_equivariant=True),
        Estimator(
            "dr-clip",
            doubly_robust.dr_clip,
            needs_q=True,
            one_step_only=True,
            biased=True,
            required=("clip",),
            shift_equivariant=True,
        ),
        Estimator(
            "switch-dr",
            doubly_robust.switch_dr,
            needs_q=True,
            one_step_only=True,
            biased=True,
            required=("threshold",),
            shift_equivariant=True,
        ),
        Estimator(
            "dros",
            doubly_robust.dros,
            needs_q=True,
            one_step_only=True,
            biased=True,
            required=("shrinkage",),
            shift_equivariant=True,
        ),
        Estimator(
            "sg-dr",
            doubly_robust.sg_dr,
            needs_q=True,
            one_step_only=True,
            biased=True,
            required=("strength",),
            shift_equivariant=True,
        ),
        Estimator(
            "magic",
            magic,
            needs_q=True,
            biased=True,
            by_blocks=False,
            required=("steps", "resamples", "bias_seed"),
            parameters={"steps": 8.0, "resamples": 200.0, "bias_seed": 0.0},
            shift_equivariant=True,
        ),
    ]
    return {row.id: row for row in rows}


ESTIMATORS: Registry[Estimator] = Registry(
    "estimator",
    _table(),
    aliases={
        "pdis": "ips",
        "snpdis": "snips",
        "wdr": "sndr",
        "sips": "tis",
        "snsips": "sntis",
        "rips": "ips",
        "snrips": "snips",
        "cascade-dr": "dr",
        "pi": "pseudo-inverse",
        "wpi": "sn-pseudo-inverse",
    },
    group="rlbench_rec.estimators",
    named_by="id",
)
"""Estimators by id."""


MAY_BE_ZERO = ("shrinkage", "strength", "bias_seed")


def estimator(name: str | Estimator, **parameters: float) -> Estimator:
    """An estimator by name, with its parameters: `estimator("dros", shrinkage=10)`.

    Raises:
        UnknownNameError: no such estimator.
        InputError: a parameter that is missing, unknown, negative or NaN.
    """
    named = name if isinstance(name, Estimator) else ESTIMATORS[name]
    values = named.parameters | parameters
    for key in values:
        if key not in named.required:
            takes = ", ".join(named.required) or "no parameters"
            raise InputError(f"The estimator '{named.id}' takes {takes}.", where=key)
    for key in named.required:
        if key not in values:
            raise InputError(f"The estimator '{named.id}' needs {key}=.", where=key)
        low, high = (0.0, 1.0) if key == "strength" else (0.0, np.inf)
        value = values[key]
        if not low <= checks.real(value) <= high or (key not in MAY_BE_ZERO and value == 0):
            raise InputError(f"{key} is {value!r}; it must lie in [{low:g}, {high:g}].", where=key)
    return replace(named, parameters={key: float(values[key]) for key in named.required})


def refuse_one_name(names: Sequence[str | Estimator], where: str) -> None:
    """A text is a sequence too, of its letters.

    Raises:
        InputError: one name in place of several.
    """
    expect(names, Iterable, where, "a list of estimators")
    if isinstance(names, str):
        raise InputError(f"{names!r} is one name; a list is needed.", where=where, hint=f"Write [{names!r}].")


def needs_q(name: str | Estimator) -> bool:
    """Whether an estimator reads a q function."""
    return (name if isinstance(name, Estimator) else ESTIMATORS[name]).needs_q
