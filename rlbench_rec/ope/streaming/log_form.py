"""What all batches of a stream must share."""

from __future__ import annotations

from dataclasses import dataclass, fields

from ...errors import InputError
from ..data.evaluation_log import EvaluationLog


@dataclass(frozen=True)
class LogForm:
    """The form of a batch.

    Attributes:
        gamma, bandwidth: see `EvaluationLog`.
        sequential: whether it has episodes, of however many steps.
        by_user: whether it knows the users.
        weighted: whether its rows have weights.
    """

    gamma: float
    bandwidth: float | None
    sequential: bool
    by_user: bool
    weighted: bool

    @staticmethod
    def of(log: EvaluationLog) -> LogForm:
        """The form of a log."""
        return LogForm(
            gamma=float(log.gamma),
            bandwidth=log.bandwidth,
            sequential=log.episode_starts is not None,
            by_user=log.clusters is not None,
            weighted=log.weights is not None,
        )

    def check_same(self, other: LogForm) -> None:
        """Refuse batches of another form.

        Raises:
            InputError: names what differs.
        """
        for field in fields(self):
            before, after = getattr(self, field.name), getattr(other, field.name)
            if before != after:
                raise InputError(f"{after} after batches with {before}.", where=field.name)
