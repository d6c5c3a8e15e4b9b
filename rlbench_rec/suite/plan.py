"""What every kind of suite has in common: jobs, and what a job leaves behind."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from ..results.schema import STATUSES
from .config import config_hash
from .fingerprints import NOTHING, Content

if TYPE_CHECKING:
    import pandas as pd

    from ..results.schema import Schema

Row = dict[str, Any]
SuiteT = TypeVar("SuiteT", default=Any)
SourceT = TypeVar("SourceT", default=Any)
LONGEST_NAME = 150
"""Characters of a job's name in its run id: file systems take 255 bytes."""


@dataclass(frozen=True, kw_only=True)
class Job(ABC, Generic[SuiteT, SourceT]):
    """One piece of work: a worker does it alone, and its result is a file.

    Attributes:
        suite: the suite it belongs to.
        source: the log, or the shop.
        place: what tables call the source: unique within the suite.
        seed: of all that is random in it.
        content: what is in the source's files.
    """

    suite: SuiteT
    source: SourceT
    place: str
    seed: int
    content: Content = NOTHING

    @property
    @abstractmethod
    def name(self) -> str:
        """Readable, and unique within the suite."""

    @property
    @abstractmethod
    def settings(self) -> dict[str, Any]:
        """All that was chosen and shapes the job's numbers, the seed apart; nothing that says where files lie."""

    @property
    def home(self) -> Hashable:
        """What it shares with other jobs: the same worker does them one after the other, and no part of a run has some
        of them alone."""
        return self.place

    @property
    def like(self) -> tuple[Hashable, ...]:
        """What others may share with it that cost about as much, the nearest first; its own kind is the last."""
        return (self.place, type(self).__name__)

    @property
    def usual_seconds(self) -> float | None:
        """What its kind took where it was measured, in seconds of one core; None where none was."""
        return None

    @property
    def usual_bytes(self) -> float | None:
        """Likewise what it left on disk."""
        return None

    @property
    def needs(self) -> tuple[str, ...]:
        """Run ids of the jobs that must be done before this one."""
        return ()

    @cached_property
    def config_hash(self) -> str:
        """Hash of all that shapes the job's numbers, the seed and the code apart."""
        return config_hash([self.settings, asdict(self.content)])

    @cached_property
    def run_id(self) -> str:
        """The name, and a hash of everything that distinguishes the job; safe as a file name."""
        safe = "".join(c if c.isalnum() or c in "-._" else "-" for c in self.name)
        return f"{safe[:LONGEST_NAME]}-{config_hash([self.name, self.config_hash, self.seed])[:8]}"


@dataclass
class JobResult:
    """What a job leaves.

    Attributes:
        run_id: the job's.
        rows: of the kind's first table (runs.csv or estimates.csv), each with its `status`.
        curve: rows of curves.csv.
        frontier: rows of frontier.csv.
        ranking: rows of ranking.csv.
        needs_rl: rows of needs_rl_logs.csv.
        scale: rows of scale.csv.
        timing: a row of timings.csv.
        left_out: what has nothing to do on its source and why, where the job has no rows for that reason; else empty.
    """

    run_id: str
    rows: list[Row]
    curve: list[Row] = field(default_factory=list)
    frontier: list[Row] = field(default_factory=list)
    ranking: list[Row] = field(default_factory=list)
    needs_rl: list[Row] = field(default_factory=list)
    scale: list[Row] = field(default_factory=list)
    timing: Row = field(default_factory=dict)
    left_out: str = ""

    @property
    def status(self) -> str:
        """`ok`, `diverging`, or `failed:` and the reason."""
        return next((row["status"] for row in self.rows if row["status"] != "ok"), "ok")

    @property
    def failed(self) -> bool:
        return self.status not in STATUSES


def frame(rows: list[Row], schema: Schema) -> pd.DataFrame:
    """Rows as a table with the columns of a schema, even where there are none."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(schema))
