"""What every kind of suite has in common: jobs, and what a job leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

    from ..results.schema import Schema

Row = dict[str, Any]


class Job(Protocol):
    """One piece of work: a worker does it alone, and its result is a file."""

    suite: Any
    """The suite it belongs to."""

    @property
    def run_id(self) -> str:
        """Readable and unique within a suite; safe as a file name."""

    @property
    def config_hash(self) -> str:
        """Hash of all that shapes the job's numbers."""


@dataclass
class JobResult:
    """What a job leaves.

    Attributes:
        run_id: the job's.
        config_hash: the job's; a resumed run takes a result only when it matches.
        rows: of the kind's first table (runs.csv or estimates.csv), each with its `status`.
        curve: rows of curves.csv.
        timing: a row of timings.csv.
    """

    run_id: str
    config_hash: str
    rows: list[Row]
    curve: list[Row] = field(default_factory=list)
    timing: Row = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        return any(row["status"] != "ok" for row in self.rows)


def frame(rows: list[Row], schema: Schema) -> pd.DataFrame:
    """Rows as a table with the columns of a schema, even where there are none."""
    import pandas as pd

    return pd.DataFrame(rows, columns=list(schema))
