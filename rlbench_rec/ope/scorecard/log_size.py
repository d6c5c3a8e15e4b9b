"""What a scorecard says of the log that it was made from, whether that was in memory or went by in parts."""

from __future__ import annotations

from dataclasses import dataclass

from ..data.evaluation_log import EvaluationLog


@dataclass(frozen=True)
class LogSize:
    """How large a log is, and of which kind.

    Attributes:
        rows, episodes: how many decisions and sessions.
        users: how many users; None: not known.
        gamma, propensity_source: see `EvaluationLog`.
        in_parts: whether it was read in parts, of which no row is kept.
    """

    rows: int
    episodes: int
    users: int | None
    gamma: float
    propensity_source: str
    in_parts: bool = False

    @staticmethod
    def of(log: EvaluationLog) -> LogSize:
        """The size of a log."""
        users = None if log.clusters is None else log.n_units
        return LogSize(log.n_rows, log.n_episodes, users, log.gamma, log.propensity_source)

    @property
    def one_step(self) -> bool:
        """Whether every row is a session."""
        return self.rows == self.episodes

    def unit(self, units: int) -> str:
        """What the units of its intervals are called, `units` being how many there are."""
        return "users" if units != self.episodes else "decisions" if self.one_step else "sessions"


@dataclass(frozen=True)
class StreamedTable:
    """A table of logged decisions that was read in parts, of which no row is kept.

    Attributes:
        path: the file or folder.
        size: of the log.
        columns, metrics, notes, form: see `LoggedTable`.
        temperature, propensities, days: None, as a table in memory has them where nothing is tilted, estimated or
            sliced.
    """

    path: str
    size: LogSize
    columns: dict[str, str]
    metrics: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    form: str | None = None
    temperature: None = None
    propensities: None = None
    days: None = None
