"""Evaluation of logs that are larger than memory, or spread over machines: add batches, merge states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from ...bad_rows import refuse_rows
from ...errors import InputError
from ..data import checks
from ..data.bounds import Range
from ..data.evaluation_log import EvaluationLog
from ..data.importance_weights import is_extreme
from ..estimate import Estimate
from ..estimators import Estimator, registry
from ..reliability.diagnostics import (
    Diagnostics,
    LogTraits,
    diagnostics,
    doubt,
    doubted,
    qualified,
    step_magnitudes,
    uncovered,
    verdict_on,
    worst,
)
from ..reliability.gate import Gate, Overlap, Verdict, judge_skewness, judge_users
from ..reliability.log_overlap import LogOverlap, layout
from ..reliability.weight_sums import Magnitudes, WeightSums
from .column_moments import ColumnMoments
from .log_form import LogForm
from .merging import all_merged, both, wider
from .reward_counts import RewardCounts
from .stream_state import from_dict, to_dict


class Stream:
    """The state of several estimators over the batches of a log: values, standard errors and the figures of weights are
    those of the whole log, to rounding, however it is cut into batches and in whatever order they come.

        stream = ope.Stream(["snips", "dr"])
        for batch in batches:
            stream.add(batch)          # an EvaluationLog of whole episodes
        stream.merge(ope.Stream.from_dict(json.load(file)))
        stream.estimates()

    Verdicts are those of the whole log where the median reward is one that many rows have, such as 0. Events are what
    differs from the median of the rows up to a batch: with rewards that all differ, a few of the first rows may count
    otherwise, and where all are the same, the unequal lengths of episodes are no events. Self-normalised estimates over
    more than ten steps (`sndr`: five) are at most `weak`, since their skewness is not kept.

    Its size does not depend on the number of rows: at most 1,024 different rewards are kept apart (neighbours beyond
    that are put together), a few numbers for an estimator, for self-normalised ones on longer episodes some 9 times the
    square of the number of steps. All of a user's episodes must be in one batch, where the
    logs know users: that cannot be checked. Weights beyond e^±345 need the whole log.

    Args:
        names: estimators that are sums over episodes, or ratios of such sums: all but `magic`.
        metric: a column of `log.metrics` to value in place of the reward.

    Raises:
        InputError: an estimator that needs the whole log at once.
    """

    def __init__(self, names: Sequence[str | Estimator], *, metric: int | None = None):
        registry.refuse_one_name(names, "names")
        self.estimators = [_summed(registry.estimator(name)) for name in names]
        self.metric = metric
        self.n_rows = self.n_episodes = self.units = 0
        self.total_weight = 0.0
        self.form: LogForm | None = None
        self.source = ""
        # Of rows whose propensities have a known calibration error: how many, and the sum of their errors.
        self.calibrated, self.miscalibration = 0, 0.0
        self.moments: list[ColumnMoments] = []
        self.weights: dict[str, list[WeightSums]] = {}
        self.steps: list[Magnitudes] = []
        # By kind of weights, the rewards that these multiply; the lengths of the shortest and the longest episode.
        self.rewards: dict[str, list[RewardCounts]] = {}
        self.lengths: tuple[int, int] = (0, 0)
        self.range: Range | None = None

    def add(self, log: EvaluationLog) -> None:
        """Take in a batch of whole episodes.

        Raises:
            InputError: another gamma, bandwidth or kind of episodes than the batches before; what the estimators
                raise; weights that a float cannot hold, with the first such row.
        """
        if log.log_weights is not None:
            refuse_rows(is_extreme(log.log_weights), partial(_too_large, log.log_weights))
        if log.strata is not None:
            raise InputError("A stream has no strata.", where="strata", hint="Evaluate the whole log at once.")
        if log.fitted_weights:
            what = "Fitted weights move together on all batches."
            raise InputError(what, where="ratios", hint="Evaluate the whole log at once.")
        if log.episode_starts is not None:
            log = _in_steps(log)
        batch = Stream(self.estimators, metric=self.metric)
        batch.form = LogForm.of(log)
        batch.source = log.propensity_source
        batch.n_rows, batch.n_episodes, batch.total_weight = log.n_rows, log.n_episodes, log.total_weight
        if log.calibration_error is not None:
            batch.calibrated, batch.miscalibration = log.n_rows, log.n_rows * log.calibration_error
        batch.units = log.n_units
        for block in log.blocks() if log.clusters is None else [log]:
            moments = [ColumnMoments.of(estimator.parts(block, self.metric), block) for estimator in self.estimators]
            batch.moments = all_merged(batch.moments, moments)
        kinds = {"reward", *(kind for estimator in self.estimators for kind in estimator.kinds)}
        overlap = LogOverlap(log, self.metric)
        batch.rewards = {
            name: list(map(RewardCounts.of, overlap.outcomes(name), overlap.outcome_weights(name)))
            for name in sorted(set(map(layout, kinds)))
        }
        seen = both(self.rewards, batch.rewards)
        overlap.medians = {name: [counts.median for counts in several] for name, several in seen.items()}
        batch.weights = {kind: overlap.sums(kind) for kind in sorted(kinds)}
        batch.lengths, batch.range = (int(log.lengths.min()), int(log.lengths.max())), overlap.range
        batch.steps = step_magnitudes(log)
        self.merge(batch)

    def merge(self, other: Stream) -> None:
        """Take in what another stream has seen.

        Raises:
            InputError: a stream of other estimators or of another metric, or batches that do not fit.
        """
        if [each.label for each in self.estimators] != [each.label for each in other.estimators]:
            raise InputError("The two streams have different estimators.", where="names")
        if self.metric != other.metric:
            raise InputError("The two streams value different metrics.", where="metric")
        if self.form is not None and other.form is not None:
            self.form.check_same(other.form)
        if self.n_rows and other.n_rows:
            pairs = self.lengths, other.lengths
            self.lengths = min(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
            self.range = wider(self.range, other.range)
        elif other.n_rows:
            self.lengths, self.range = other.lengths, other.range
        self.form = self.form or other.form
        # A number that rests on some estimated propensities rests on estimated propensities.
        self.source = max(self.source, other.source, key=["", "uniform", "logged", "service", "estimated"].index)
        self.n_rows += other.n_rows
        self.n_episodes += other.n_episodes
        self.total_weight += other.total_weight
        self.units += other.units
        self.calibrated += other.calibrated
        self.miscalibration += other.miscalibration
        self.moments = all_merged(self.moments, other.moments)
        self.weights = both(self.weights, other.weights)
        self.steps = all_merged(self.steps, other.steps)
        self.rewards = both(self.rewards, other.rewards)

    def estimates(self, *, confidence: float = 0.95, gate: Gate | None = None) -> list[Estimate]:
        """Estimates with Student's t intervals (resampling would need the rows) and verdicts.

        Raises:
            InputError: nothing was added, or a confidence outside (0, 1).
        """
        from scipy.special import stdtrit

        checks.level("confidence", confidence)
        t = float(stdtrit(self.units - 1, (1 + confidence) / 2)) if self.units > 1 else np.nan
        gate, traits = gate or Gate(), self._traits()
        overlaps = {kind: self._overlaps(kind) for kind in self.weights}
        estimates = []
        for estimator, moments in zip(self.estimators, self.moments, strict=True):
            value, error, skewness = moments.measured(self.total_weight, self.units, self._largest)
            on_weights = worst([verdict_on(overlaps[kind], gate, kind, estimator.kinds) for kind in estimator.kinds])
            verdict, reasons = self._verdict(estimator, value, on_weights, skewness, gate, traits)
            estimates.append(
                Estimate(
                    estimator.reported(traits.bandwidth),
                    value,
                    value - t * error,
                    value + t * error,
                    interval="normal",
                    interval_kind="sampling-only" if uncovered(estimator, traits) else "sampling",
                    confidence=confidence,
                    std_error=error,
                    n_rows=self.n_rows,
                    n_episodes=self.n_episodes,
                    verdict=verdict,
                    reasons=reasons,
                    propensity_source=self.source,
                )
            )
        return estimates

    def diagnose(self, gate: Gate | None = None) -> Diagnostics:
        """`ope.diagnose` of the whole log; events are of the metric, where one is valued. The calibration error is the
        mean over all rows of which it is known, each with that of its batch."""
        missing = doubt(self._traits())
        sizes = self.rewards["rows"][0].sizes(self.range)
        of_log = diagnostics(self.weights["reward"][0], sizes, self.steps, gate or Gate(), missing)
        return replace(of_log, calibration_error=self.miscalibration / self.calibrated if self.calibrated else None)

    def margin(self, position: int, share: float) -> tuple[float, float]:
        """Value and standard error of V(target) - share V(behaviour), from the lift at that place of the estimators,
        which is one that `lifts.paired` made."""
        moments = self.moments[position].with_last(share)
        return moments.measured(self.total_weight, self.units, self._largest)[:2]

    @property
    def _largest(self) -> float:
        """The largest outcome, without its sign."""
        return max(float(np.abs(counts.values).max()) for several in self.rewards.values() for counts in several)

    def _traits(self) -> LogTraits:
        return LogTraits(self._form_of_all().bandwidth, self.source, uneven=self.lengths[0] < self.lengths[1])

    def _overlaps(self, kind: str) -> list[Overlap]:
        rewards = self.rewards[layout(kind)]
        pairs = zip(self.weights[kind], rewards, strict=True)
        return [sums.overlap(counts.sizes(self.range)) for sums, counts in pairs if sums.units]

    def _verdict(
        self,
        estimator: Estimator,
        value: float,
        verdict: Verdict,
        skewness: float | None,
        gate: Gate,
        traits: LogTraits,
    ) -> Verdict:
        if skewness is not None:
            verdict = judge_skewness(verdict, skewness, gate)
        verdict = qualified(estimator, value, verdict, traits)
        if skewness is None:
            verdict = doubted(verdict, "a stream does not tell how skewed an estimate over so many steps is")
        sums = self.weights["reward"][0]
        return judge_users(verdict, sums.effective_users if sums.by_user else None, gate)

    def to_dict(self) -> dict[str, Any]:
        """The state as plain values for JSON; see `stream_state`."""
        return to_dict(self)

    @staticmethod
    def from_dict(state: Mapping[str, Any]) -> Stream:
        """The stream whose state `to_dict` has given.

        Raises:
            InputError: something else.
        """
        return from_dict(Stream, state)

    def _form_of_all(self) -> LogForm:
        if self.form is None:
            raise InputError("Nothing was added.", where="stream")
        return self.form


def _summed(estimator: Estimator) -> Estimator:
    """The estimator, if it is made of sums over episodes."""
    if not estimator.by_blocks:
        raise InputError(f"'{estimator.id}' needs the whole log at once.", where="names", hint="Use sndr.")
    if estimator.outcomes is not None:
        raise InputError(f"'{estimator.id}' has an outcome of its own.", where="names", hint="Use metric=.")
    return estimator


def _in_steps(log: EvaluationLog) -> EvaluationLog:
    """The log as one of longer episodes, even if all of its episodes have one step: batches must have one form."""
    if not log.one_step:
        return log
    twin = replace(log)
    twin.__dict__["one_step"] = False
    return twin


def _too_large(log_weights: np.ndarray, row: int, count: int) -> InputError:
    what = f"The weight e^{log_weights[row]:.3g} at row {row} leaves the range of a stream."
    return InputError(what, where="target_propensities", hint="Evaluate the whole log at once.")
