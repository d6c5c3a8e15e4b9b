"""Side tables: what was known of an item at the time of an event, and not later."""

from __future__ import annotations

import numpy as np
import pytest

from rlbench_rec import events, mdp
from rlbench_rec.errors import InputError
from rlbench_rec.testing.datasets import check_log


@pytest.fixture
def retailrocket(raw):
    return raw("retailrocket")


def test_category_and_availability_are_those_of_the_events_own_time(retailrocket):
    log = events.load("retailrocket", retailrocket)
    check_log(log)
    assert (log.report.rows_read, log.report.rows_kept) == (6, 6)
    frame = log.to_pandas().fillna(-1)
    assert frame["item_id"].tolist() == [5, 5, 5, 5, 6, 7]
    # Nothing is known before the first snapshot; a snapshot counts from its own instant on.
    assert frame["category"].tolist() == [-1, 11, 11, 12, 13, -1]
    assert frame["available"].tolist() == [-1, 1, 1, 1, -1, -1]
    assert frame["parent_category"].tolist() == [-1, 1, 1, 2, -1, -1]
    assert log.report.lookups == {
        "category": {"read": 10, "taken": 3, "other": 5, "repeated": 0, "malformed": 2},
        "available": {"read": 10, "taken": 3, "other": 5, "repeated": 1, "malformed": 1},
        "parent_category": {"read": 4, "taken": 4, "other": 0, "repeated": 0, "malformed": 0},
    }


def test_nothing_of_the_chosen_item_is_in_the_state(retailrocket):
    data = mdp.build(events.load("retailrocket", retailrocket), mdp.MDPConfig(train_fraction=0.5))
    assert not [name for name in data.observation_names if "available" in name or "category" in name]


def test_the_log_loads_without_its_side_tables_and_is_another_log(retailrocket):
    full = events.load("retailrocket", retailrocket)
    for path in retailrocket.glob("[ic]*.csv"):
        path.unlink()
    bare = events.load("retailrocket", retailrocket)
    check_log(bare)
    assert bare.report.lookups == {} and "available" not in bare.to_arrow().column_names
    assert bare.to_pandas()["category"].isna().all()
    assert bare.source_sha256 != full.source_sha256


def test_a_side_table_without_its_column_names_the_file(retailrocket):
    (retailrocket / "category_tree.csv").write_text("category,parent\n1,2\n")
    with pytest.raises(InputError, match=r"category_tree\.csv.*categoryid"):
        events.load("retailrocket", retailrocket)


def test_as_of_is_the_last_row_at_or_before(retailrocket):
    """Against a plain search, on many rows with ties."""
    rng = np.random.default_rng(1)
    moments = np.sort(rng.integers(0, 300, 400))
    items = rng.integers(0, 6, 400)
    snapshots = [(int(rng.integers(0, 300)), int(rng.integers(0, 6)), number) for number in range(90)]
    (retailrocket / "item_properties_part1.csv").write_text(
        "timestamp,itemid,property,value\n" + "".join(f"{t},{i},categoryid,{c}\n" for t, i, c in snapshots)
    )
    (retailrocket / "item_properties_part2.csv").unlink()
    rows = "".join(f"{t},1,view,{i},\n" for t, i in zip(moments, items, strict=True))
    (retailrocket / "events.csv").write_text("timestamp,visitorid,event,itemid,transactionid\n" + rows)
    frame = events.load("retailrocket", retailrocket).to_pandas()

    def last(moment: int, item: int) -> int:
        known = [(t, line, c) for line, (t, i, c) in enumerate(snapshots) if i == item and t <= moment]
        return max(known)[2] if known else -1

    expected = [last(t, i) for t, i in zip(moments, items, strict=True)]
    assert frame["item_id"].tolist() == items.tolist()
    assert frame["category"].fillna(-1).tolist() == expected
