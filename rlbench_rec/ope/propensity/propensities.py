"""What a model of the behaviour policy says of a log, and how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict, Unpack

import numpy as np

from ...errors import InputError
from ..data import checks
from ..data.evaluation_log import EvaluationLog
from ..data.log_fields import EstimatedLogFields


class EstimatedFields(TypedDict):
    """The fields of an EvaluationLog that follow from estimated propensities."""

    propensities: np.ndarray
    target_propensities: np.ndarray
    unsupported_mass: np.ndarray
    propensity_source: str
    calibration_error: float
    weights: NotRequired[np.ndarray]


@dataclass(frozen=True, eq=False)
class Propensities:
    """Estimated probabilities of the logged actions, from models that never saw the row's user.

    Attributes:
        propensities: (n,) in (0, 1]; never clipped.
        below_floor: (n,) whether that probability is below the floor: such an action counts as never logged.
        target_propensities: (n,) the target policy's, where its matrix was given.
        unsupported_mass: (n,) the target policy's mass on actions below the floor, likewise.
        model, calibration, folds, action_count: how they were made.
        temperatures: one a fold; empty for other calibrations.
        floor: see `below_floor`.
        log_loss: mean -log p of the logged actions; `raw_log_loss` before calibration.
        baseline_log_loss: that of the actions' popularity in the other folds. A model that is not below it knows
            nothing of the decision.
        weights: (n,) how many decisions each row stands for, where known.
        calibration_error: see `ope.propensity.calibration.ReliabilityDiagram.error`; `raw_calibration_error` before it.
    """

    propensities: np.ndarray
    below_floor: np.ndarray
    target_propensities: np.ndarray | None
    unsupported_mass: np.ndarray | None
    model: str
    calibration: str
    folds: int
    action_count: int
    temperatures: tuple[float, ...]
    floor: float
    log_loss: float
    raw_log_loss: float
    baseline_log_loss: float
    calibration_error: float
    raw_calibration_error: float
    weights: np.ndarray | None = None

    def fields(
        self, target_propensities: np.ndarray | None = None, *, unsupported_mass: np.ndarray | None = None
    ) -> EstimatedFields:
        """The fields of an EvaluationLog that follow from the propensities.

        Where the target policy's matrix is not known, its mass on actions below the floor is estimated by the share
        of the weights that lies on such rows.

        Args:
            target_propensities: (n,) of the logged actions, where the matrix was not given.
            unsupported_mass: (n,), where it is known better.

        Raises:
            InputError: neither they nor the matrix were given, or another number of them.
        """
        target = self.target_propensities if target_propensities is None else target_propensities
        if target is None:
            hint = "Give them here, or target_policy= to estimate_propensities."
            raise InputError("The target policy is not known.", where="target_propensities", hint=hint)
        target = checks.vector("target_propensities", target)
        if len(target) != len(self.propensities):
            what = f"{len(target)} entries for {len(self.propensities)} decisions."
            raise InputError(what, where="target_propensities")
        mass = self.unsupported_mass if unsupported_mass is None else unsupported_mass
        if mass is None:
            weights = target / self.propensities * (1.0 if self.weights is None else self.weights)
            share = float(weights[self.below_floor].sum() / weights.sum()) if weights.any() else 0.0
            mass = np.full(len(weights), share)
        fields: EstimatedFields = {
            "propensities": self.propensities,
            "target_propensities": target,
            "unsupported_mass": mass,
            "propensity_source": "estimated",
            "calibration_error": self.calibration_error,
        }
        if self.weights is not None:
            fields["weights"] = self.weights
        return fields

    def log(
        self,
        rewards: np.ndarray,
        target_propensities: np.ndarray | None = None,
        **fields: Unpack[EstimatedLogFields],
    ) -> EvaluationLog:
        """The log with these propensities; `fields` are further ones of EvaluationLog."""
        return EvaluationLog(rewards, **self.fields(target_propensities), **fields)

    def to_dict(self) -> dict[str, Any]:
        """The figures, without the vectors."""
        names = ("model", "calibration", "folds", "action_count", "temperatures", "floor", "log_loss", "raw_log_loss")
        more = ("baseline_log_loss", "calibration_error", "raw_calibration_error")
        return {name: getattr(self, name) for name in names + more} | {"share_below_floor": self.share_below_floor}

    @property
    def share_below_floor(self) -> float:
        """Share of decisions whose action counts as never logged."""
        return float(self.below_floor.mean())

    def summary(self) -> str:
        """One sentence."""
        worse = "" if self.log_loss < self.baseline_log_loss else ", so the features say nothing about what was logged"
        return (
            f"propensities estimated by '{self.model}' over {self.action_count:,} actions ({self.folds} folds, "
            f"calibration {self.calibration}): log loss {self.log_loss:.4g} against {self.baseline_log_loss:.4g} by "
            f"popularity{worse}; calibration error {self.calibration_error:.2%}; {self.share_below_floor:.2%} of "
            f"decisions below {self.floor:.2g}, which counts as no support"
        )
