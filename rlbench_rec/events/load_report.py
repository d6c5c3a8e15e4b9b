"""The account of every row of a raw log."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class LoadReport:
    """Nothing is dropped silently: rows read = rows kept + rows set aside.

    Attributes:
        rows_read: data rows in the files; header lines do not count.
        rows_kept: rows of the EventLog.
        set_aside: reason -> rows in quarantine.parquet (columns file, line, reason, text).
        lookups: column -> account of the side table that fills it: rows `read` = `taken` + `other` (not of the kind the
            card asks for) + `repeated` (a later row has the same key) + `malformed`.
        noted: what is odd about rows that are kept -> how often; each entry is also a DataWarning when loading.
    """

    rows_read: int
    rows_kept: int
    set_aside: dict[str, int] = field(default_factory=dict)
    lookups: dict[str, dict[str, int]] = field(default_factory=dict)
    noted: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.rows_read != self.rows_kept + sum(self.set_aside.values()):
            raise AssertionError(f"The account of rows does not balance: {self}")
        for account in self.lookups.values():
            if account["read"] != sum(count for name, count in account.items() if name != "read"):
                raise AssertionError(f"The account of a side table does not balance: {self}")

    def to_dict(self) -> dict[str, Any]:
        """Plain Python values."""
        return asdict(self)
