"""Rows as the loader's own dialects read them by a sample's layout."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from rlbench_rec.events.cards.card import DatasetCard
from rlbench_rec.events.dialects import DIALECTS
from rlbench_rec.events.infer.sample import Sample


def _rows_read(sample: Sample, path: Path) -> list[list[str] | None]:
    """The fields of every row of a file; None where a row is malformed."""
    card = DatasetCard.model_validate(
        {
            "id": "x",
            "title": "x",
            "licence": "x",
            "citation": "x",
            "files": [{"pattern": "*"}],
            "dialect": sample.dialect,
            "columns": {"timestamp": sample.names[0], "item": sample.names[1]},
            "event": "view",
            "session": "row",
            "action_source": "choice",
            "propensity": "none",
            "reward_weights": {"view": 1.0},
            **sample.layout,
        }
    )
    dialect = DIALECTS[sample.dialect]
    (names,) = dialect.names([path], card)
    with duckdb.connect() as connection:
        raw = dialect.rows(connection, [path], card, names)
        assert raw.names == sample.names
        cells = connection.execute(f"SELECT fields FROM {raw.relation} ORDER BY line").fetchall()
    return [fields if fields is not None and len(fields) == len(names) else None for (fields,) in cells]


@pytest.fixture(scope="session")
def rows_read() -> Callable[[Sample, Path], list[list[str] | None]]:
    """(sample, file) -> what the loader's dialect reads from the file by the sample's layout."""
    return _rows_read
